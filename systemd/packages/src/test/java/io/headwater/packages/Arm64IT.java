package io.headwater.packages;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.packages.Natives.Machine;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.OutsideSoftware;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/**
 * The package for arm64 with a Java of its own, made from Debian's JDK, unpacked and run by qemu's
 * emulation of a processor. The kernel, its devices and the init are this machine's: a board is
 * another matter.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class Arm64IT {
  private static final Duration SLOWLY = Duration.ofMinutes(3);
  private static final long MEGABYTE = 1_000_000;
  private static final Recipe RECIPE = Recipe.edge(Machine.ARM64);

  /**
   * What the JVM compiles, the emulator has to translate once more: in a run of some seconds the
   * second compiler costs more than it brings.
   */
  private static final Map<String, String> ENVIRONMENT =
      Map.of("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1");

  private static Path folder = Path.of("");
  private static Arm64Root root;
  private static Path deb;
  private static Path home;

  @BeforeAll
  static void makeAndUnpack() throws Exception {
    OutsideSoftware.find("mosquitto_pub");
    Path target = Headwater.home().resolve("systemd/packages/target");
    folder = Files.createTempDirectory(target, "arm64");
    long begun = System.nanoTime();
    root = Arm64Root.fetch(folder);
    measured("fetched", begun);
    begun = System.nanoTime();
    Path stage = folder.resolve("stage");
    Path built = DebsIT.stage("headwater-edge", "all").resolve("usr/lib/headwater/edge");
    String version = Files.readString(built.resolve("version")).strip();
    new Staging(Headwater.home(), version, stage, RECIPE).make(root.jdk());
    deb = folder.resolve("headwater-edge_0.0.1_arm64.deb");
    new DebFile(stage, Instant.parse("2026-01-01T00:00:00Z"))
        .write(
            deb,
            RECIPE.fields("0.0.1", "Headwater maintainers <maintainers@headwater.io>", stage),
            RECIPE.scripts());
    Path installed = folder.resolve("installed");
    Tools.run(List.of("dpkg-deb", "--extract", deb.toString(), installed.toString()));
    home = installed.resolve("usr/lib/headwater/edge");
    measured("made and unpacked", begun);
  }

  @AfterAll
  static void delete() throws Exception {
    Tools.run(List.of("rm", "-rf", "--one-file-system", folder.toString()));
  }

  /** For the record. */
  @SuppressWarnings("SystemOut")
  private static void measured(String what, long begun) {
    System.out.println(
        "measured: " + what + " in " + (System.nanoTime() - begun) / 1_000_000 + " ms");
  }

  /** Starts a command of the package, emulated. */
  private static ChildProcess headwater(String... arguments) {
    return ChildProcess.start(
        folder,
        ENVIRONMENT,
        Stream.concat(Stream.of(home.resolve("headwater").toString()), Arrays.stream(arguments))
            .toArray(String[]::new));
  }

  @Test
  @Order(1)
  void dpkgAndLintianFindNoFault() throws Exception {
    String control = Tools.run(List.of("dpkg-deb", "--field", deb.toString()));

    assertThat(control).contains("Package: headwater-edge\n", "Architecture: arm64\n");
    // Debian's own tools, which we have not, found the same for the same libraries.
    String libc = root.javaDepends().replaceAll(".*(libc6 \\(>= [0-9.]+\\)).*", "$1");
    assertThat(control).contains("\nDepends: " + libc + ", libgcc-s1, libstdc++6, zlib1g, systemd");
    Path lintian = OutsideSoftware.find("lintian");
    assertThat(
            Tools.run(
                List.of(
                    lintian.toString(), "--allow-root", "--fail-on=warning,error", deb.toString())))
        .isEmpty();
  }

  @Test
  @Order(2)
  void hasNativeCodeForArm64Only() throws Exception {
    assertThat(DebsIT.natives(home))
        .contains(
            "native/aarch64/libsqlitejdbc.so",
            "native/aarch64/libzstd-jni.so",
            "lib/aarch64/pi4j-gpiod/libpi4j-gpiod.so",
            "lib/aarch64/pi4j-linuxfs/libpi4j-linuxfs.so")
        .noneMatch(name -> name.contains("amd64"))
        .filteredOn(name -> !name.startsWith("native/"))
        .allMatch(name -> Natives.isWanted(name, Set.of(Machine.ARM64)));
    long bytes = 0;
    try (Stream<Path> all = Files.walk(home.resolve("runtime"))) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
        if (ElfFile.isOne(file)) {
          assertThat(ElfFile.read(file).machine()).as(file.toString()).isEqualTo(ElfFile.ARM64);
        }
      }
    }
    assertThat(bytes).isLessThan(65 * MEGABYTE);
  }

  @Test
  @Order(3)
  void isTrainedAsByItsInstallation() throws Exception {
    root.emulate(home.resolve("runtime/bin/java"));
    // By it the JVM starts the one that writes the cache.
    root.emulate(home.resolve("runtime/lib/jspawnhelper"));

    long begun = System.nanoTime();
    ChildProcess training = headwater("train", "edge");

    assertThat(training.awaitExit(SLOWLY)).as(training::output).isZero();
    assertThat(home.resolve("aot/edge.aot")).isNotEmptyFile();
    measured("trained", begun);
  }

  @Test
  @Order(4)
  void takesAPublishAndKeepsItOverItsEnd() throws Exception {
    Path data = folder.resolve("data");
    long begun = System.nanoTime();
    try (ChildProcess agent =
        headwater(
            "edge",
            "--data=" + data,
            "--port=0",
            "--set=http=127.0.0.1:0",
            "--bridge=127.0.0.1:1")) {
      Map<String, String> ready = agent.awaitReady(SLOWLY);
      measured("ready", begun);
      // The emulator runs arm64's code and no other.
      Path process = Path.of("/proc", Long.toString(agent.pid()));
      assertThat(process.resolve("exe").toRealPath()).isEqualTo(root.qemu().toRealPath());
      assertThat(Files.readString(process.resolve("cmdline")))
          .contains("-XX:AOTCache=" + home.resolve("aot/edge.aot"));
      assertThat(agent.output()).doesNotContain("is not used");

      String port = requireNonNull(ready.get("mqtt")).replaceAll(".*:", "");
      Tools.run(
          List.of(
              "timeout",
              "60",
              OutsideSoftware.find("mosquitto_pub").toString(),
              "-p",
              port,
              "-q",
              "1",
              "-t",
              "sensors/lab/d1/t",
              "-m",
              "emulated"));

      // 128 and SIGTERM: as a JVM ends that was asked to.
      assertThat(agent.terminate()).isEqualTo(128 + 15);
    }

    // By this machine's own Java: what one has written, the other reads.
    try (ChildProcess cat = Headwater.start(folder, "edge", "log", "cat", "--data=" + data)) {
      assertThat(cat.awaitExit(SLOWLY)).isZero();
      assertThat(cat.output()).contains(" sensors/lab/d1/t emulated\n");
    }
  }

  @Test
  @Order(5)
  void itsDriversOfPinsAndSpiLoad() throws Exception {
    // Plain files: whatever the drivers' native code asks of them, the kernel refuses.
    root.makeUp("/proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0");
    root.makeUp("/dev/gpiochip0", "");
    root.makeUp("/dev/spidev0.0", "");
    Path config =
        Files.writeString(
            folder.resolve("inputs.yaml"),
            """
            data: %s
            inputs:
              - {name: door, type: digital, pin: 17, topic: door, interval: 10s}
              - {name: light, type: mcp3008, channel: 0, topic: light, interval: 10s}
            """
                .formatted(folder.resolve("none")));

    ChildProcess read = headwater("edge", "inputs", "read", "--config=" + config);

    assertThat(read.awaitExit(SLOWLY)).as(read::output).isEqualTo(1);
    assertThat(read.output())
        .containsPattern("door +fault: .*gpiod_chip_iter_new failed! \\(Inappropriate ioctl")
        .containsPattern("light +fault: .*Could not read SPI mode")
        .doesNotContain("UnsatisfiedLinkError");
  }
}
