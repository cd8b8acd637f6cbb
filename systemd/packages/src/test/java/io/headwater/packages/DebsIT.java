package io.headwater.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.packages.Natives.Machine;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is in the packages that the build has just made. */
@Timeout(300)
class DebsIT {
  private static final long MEGABYTE = 1_000_000;

  @TempDir private Path folder;

  private static Path target() {
    return Headwater.home().resolve("systemd/packages/target");
  }

  static Path stage(String name, String architecture) throws IOException {
    return only(target().resolve("stage"), name + "_[^_]*_" + architecture);
  }

  static Path deb(String name, String architecture) throws IOException {
    return only(target(), name + "_[^_]*_" + architecture + "\\.deb");
  }

  private static Path only(Path folder, String pattern) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      List<Path> found =
          all.filter(path -> path.getFileName().toString().matches(pattern)).toList();
      assertThat(found).as(pattern).hasSize(1);
      return found.getFirst();
    }
  }

  /** Of all jars in a package and beside them: native code. */
  static Set<String> natives(Path home) throws IOException {
    var found = new TreeSet<String>();
    try (Stream<Path> jars = Files.list(home.resolve("lib"))) {
      for (Path jar : jars.toList()) {
        try (var file = new JarFile(jar.toFile())) {
          file.stream().map(entry -> entry.getName()).filter(Natives::isNative).forEach(found::add);
        }
      }
    }
    Path placed = home.resolve("native");
    if (!Files.exists(placed)) {
      return found;
    }
    try (Stream<Path> files = Files.walk(placed)) {
      files
          .filter(Files::isRegularFile)
          .forEach(file -> found.add("native/" + placed.relativize(file)));
    }
    return found;
  }

  private static long bytes(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile)
          .mapToLong(path -> {
            try {
              return Files.size(path);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          })
          .sum();
    }
  }

  @Test
  void aPackageForAllMachinesHasTheNativeCodeOfBothAndOfNoOther() throws Exception {
    Set<String> natives = natives(stage("headwater-edge", "all").resolve("usr/lib/headwater/edge"));

    assertThat(natives)
        .contains(
            "org/sqlite/native/Linux/aarch64/libsqlitejdbc.so",
            "org/sqlite/native/Linux/x86_64/libsqlitejdbc.so",
            "lib/aarch64/pi4j-gpiod/libpi4j-gpiod.so",
            "lib/aarch64/pi4j-linuxfs/libpi4j-linuxfs.so")
        .anyMatch(name -> name.matches("linux/aarch64/libzstd-jni-.*\\.so"))
        .anyMatch(name -> name.matches("linux/amd64/libzstd-jni-.*\\.so"))
        .allMatch(name -> Natives.isWanted(name, Set.of(Machine.values())));
  }

  @Test
  void aPackageForOneMachineHasOnlyItsNativeCode() throws Exception {
    Path home = stage("headwater-edge", "amd64").resolve("usr/lib/headwater/edge");

    assertThat(natives(home))
        .contains("native/amd64/libsqlitejdbc.so", "native/amd64/libzstd-jni.so")
        .noneMatch(name -> name.contains("aarch64"))
        .filteredOn(name -> !name.startsWith("native/"))
        .allMatch(name -> Natives.isWanted(name, Set.of(Machine.AMD64)));
    assertThat(bytes(home.resolve("runtime"))).isLessThan(65 * MEGABYTE);
    assertThat(bytes(home.resolve("lib"))).isLessThan(30 * MEGABYTE);
  }

  @Test
  void everyCommandOfTheLauncherIsInAPackage() throws Exception {
    var packaged = new TreeSet<String>();
    for (Recipe recipe : List.of(Recipe.edge(), Recipe.hub(), Recipe.sim())) {
      Path commands =
          stage(recipe.packageName(), "all")
              .resolve("usr/lib/headwater")
              .resolve(recipe.name())
              .resolve("commands");
      try (Stream<Path> all = Files.list(commands)) {
        all.forEach(path -> packaged.add(path.getFileName().toString()));
      }
    }

    assertThat(packaged)
        .containsExactlyElementsOf(
            LauncherTable.read(Headwater.home().resolve("headwater")).stream()
                .flatMap(line -> line.names().stream())
                .collect(Collectors.toCollection(TreeSet::new)));
  }

  @Test
  void pagesTellEveryOptionAndTheShellCompletesThem() throws Exception {
    Path root = stage("headwater-edge", "all");

    assertThat(Files.readString(root.resolve("usr/lib/headwater/edge/words/edge.words")))
        .contains("edge: ", " --config", "edge log: ", "edge log cat: ");
    assertThat(root.resolve("usr/share/man/man1/headwater-edge.1.gz")).exists();
  }

  @Test
  void dpkgReadsThePackages() throws Exception {
    Path dpkg = OutsideSoftware.find("dpkg-deb");

    for (String name : List.of("headwater-edge", "headwater-hub", "headwater-sim")) {
      Path deb = deb(name, "all");
      assertThat(Tools.run(List.of(dpkg.toString(), "--field", deb.toString())))
          .contains("Package: " + name + "\n", "Architecture: all\n", "Depends: java25-runtime");
      Tools.run(List.of(dpkg.toString(), "--extract", deb.toString(), folder.toString()));
    }
    String control =
        Tools.run(List.of(dpkg.toString(), "--info", deb("headwater-edge", "amd64").toString()));
    assertThat(control).contains("Depends: libc6", "postinst", "prerm", "postrm", "conffiles");
    assertThat(folder.resolve("usr/lib/headwater/edge/headwater")).isExecutable();
    assertThat(folder.resolve("etc/headwater/edge.yaml"))
        .content()
        .contains("\ndata: /var/lib/headwater/edge\n");
    assertThat(folder.resolve("etc/headwater/hub/main.yaml"))
        .content()
        .contains("\ndata: /var/lib/headwater/hub/main\n");
  }

  @Test
  void checksumsFitAllThatIsMade() throws Exception {
    Path sha256sum = OutsideSoftware.find("sha256sum");
    Path sums = target().resolve("SHA256SUMS");

    assertThat(
            Tools.run(
                List.of(
                    "env",
                    "--chdir=" + target(),
                    sha256sum.toString(),
                    "--check",
                    "--strict",
                    sums.toString())))
        .contains("_amd64.tar.gz: OK", "headwater-sim_", "headwater-hub_", "_all.deb: OK");
  }

  @Test
  void lintianFindsNoFault() throws Exception {
    Path lintian = OutsideSoftware.find("lintian");
    var line = new ArrayList<String>();
    line.addAll(List.of(lintian.toString(), "--allow-root", "--fail-on=warning,error"));
    line.add(deb("headwater-edge", "amd64").toString());
    for (String name : List.of("headwater-edge", "headwater-hub", "headwater-sim")) {
      line.add(deb(name, "all").toString());
    }

    assertThat(Tools.run(line)).isEmpty();
  }

  @Test
  void twoBuildsGiveTheSameBytes() throws Exception {
    Path root = stage("headwater-sim", "all");
    Path again = folder.resolve("again");
    new Staging(Headwater.home(), version(root), again, Recipe.sim()).make(null);
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        assertThat(again.resolve(root.relativize(file).toString())).hasSameBinaryContentAs(file);
      }
    }
    new DebFile(root, Instant.EPOCH).writeTar(folder.resolve("first.tar.gz"), "./");
    new DebFile(again, Instant.EPOCH).writeTar(folder.resolve("second.tar.gz"), "./");
    assertThat(folder.resolve("second.tar.gz"))
        .hasSameBinaryContentAs(folder.resolve("first.tar.gz"));
  }

  private static String version(Path root) throws IOException {
    return Files.readString(root.resolve("usr/lib/headwater/sim/version")).strip();
  }
}
