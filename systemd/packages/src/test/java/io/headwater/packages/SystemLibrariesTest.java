package io.headwater.packages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With the libraries of the JVM that runs it; {@code Arm64IT} has another vendor's. */
@Timeout(10)
class SystemLibrariesTest {
  private static final Path JAVA = Path.of(System.getProperty("java.home"));

  @TempDir private Path folder;

  @Test
  void readsWhatAProgramNeeds() throws Exception {
    ElfFile java = ElfFile.read(JAVA.resolve("bin/java"));

    assertThat(java.machine())
        .isEqualTo(System.getProperty("os.arch").equals("aarch64") ? ElfFile.ARM64 : ElfFile.AMD64);
    assertThat(java.needed()).contains("libjli.so", "libc.so.6");
    assertThat(java.versions().get("libc.so.6")).isNotEmpty().allMatch(v -> v.startsWith("GLIBC_"));
  }

  @Test
  void knowsTheOldestCLibraryThatSufficesAndLeavesOutTheRuntimesOwn() throws Exception {
    assertThat(SystemLibraries.neededBy(JAVA.resolve("lib/server")))
        .matches("libc6 \\(>= 2\\.[0-9]+\\)(, libgcc-s1, libstdc\\+\\+6)?");
    assertThat(SystemLibraries.neededBy(folder)).isEqualTo("libc6 (>= 2.17)");
  }

  @Test
  void saysWhichLibraryItHasNoPackageFor() throws Exception {
    Files.copy(JAVA.resolve("bin/java"), folder.resolve("java"));

    assertThatThrownBy(() -> SystemLibraries.neededBy(folder))
        .hasMessageContaining("the runtime needs libjli.so");
  }
}
