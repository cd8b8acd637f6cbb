package io.headwater.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.packages.Natives.Machine;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(60)
class JarCopyTest {
  @TempDir private Path folder;

  private Path copy(Path jar) throws Exception {
    Path copy = folder.resolve("copy.jar");
    new JarCopy(Set.of(Machine.ARM64), folder.resolve("native")).copy(jar, copy);
    return copy;
  }

  private Path jar(String... entries) throws Exception {
    Path jar = folder.resolve("a.jar");
    try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
      for (String entry : entries) {
        out.putNextEntry(new JarEntry(entry));
        out.write(entry.getBytes(java.nio.charset.StandardCharsets.UTF_8));
      }
    }
    return jar;
  }

  @Test
  void oldClassesBecomeSuchThatACacheTakesAndDoWhatTheyDid() throws Exception {
    Path picocli =
        Path.of(CommandLine.class.getProtectionDomain().getCodeSource().getLocation().toURI());

    Path copy = copy(picocli);

    int classes = 0;
    try (var jar = new JarFile(copy.toFile())) {
      for (JarEntry entry : jar.stream().toList()) {
        if (entry.getName().matches("picocli/.*\\.class")) {
          classes++;
          ClassModel model = ClassFile.of().parse(jar.getInputStream(entry).readAllBytes());
          assertThat(model.majorVersion()).as(entry.getName()).isEqualTo(52);
          assertThat(ClassFile.of().verify(model)).as(entry.getName()).isEmpty();
        }
      }
    }
    assertThat(classes).isGreaterThan(100);
    try (var loader =
        new URLClassLoader(
            new URL[] {copy.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
      // The JVM checks them by their maps, and does not fall back for this version.
      Object help =
          loader
              .loadClass("picocli.CommandLine")
              .getConstructor(Object.class)
              .newInstance(
                  loader
                      .loadClass("picocli.AutoComplete$GenerateCompletion")
                      .getConstructor()
                      .newInstance());
      assertThat(help.getClass().getMethod("getUsageMessage").invoke(help).toString())
          .contains("Usage: generate-completion", "--help");
    }
  }

  @Test
  void nativeCodeThatALibraryCanBeToldOfLiesBesideTheJar() throws Exception {
    Path jar =
        jar(
            "a.txt",
            "org/sqlite/native/Linux/aarch64/libsqlitejdbc.so",
            "org/sqlite/native/Linux/x86_64/libsqlitejdbc.so",
            "linux/aarch64/libzstd-jni-1.5.7-28.so",
            "lib/aarch64/pi4j-gpiod/libpi4j-gpiod.so");

    Path copy = copy(jar);

    try (var copied = new JarFile(copy.toFile())) {
      assertThat(copied.stream().map(JarEntry::getName))
          .containsExactly("a.txt", "lib/aarch64/pi4j-gpiod/libpi4j-gpiod.so");
    }
    assertThat(folder.resolve("native/aarch64/libsqlitejdbc.so"))
        .hasContent("org/sqlite/native/Linux/aarch64/libsqlitejdbc.so");
    assertThat(folder.resolve("native/aarch64/libzstd-jni.so")).exists();
    assertThat(folder.resolve("native/amd64")).doesNotExist();
  }

  @Test
  void aJarWithoutAnyOfTheseStaysAsItIs() throws Exception {
    Path jar = jar(List.of("a.txt", "b/c.txt").toArray(String[]::new));

    assertThat(copy(jar)).hasSameBinaryContentAs(jar);
  }
}
