package io.headwater.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.packages.DebianMachine.Answer;
import io.headwater.packages.Natives.Machine;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
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
 * One device's life with the package that has its own Java: each test begins where the one before
 * has ended, as booting a machine for each would take too long.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class PackagesIT {
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final String UNIT = "headwater-edge.service";
  private static final String CONFIG = "/etc/headwater/edge.yaml";
  private static final String DATA = "/var/lib/headwater/edge";

  private static DebianMachine machine;

  /** Every value that an agent has acknowledged. */
  private static final List<String> ACKNOWLEDGED = new ArrayList<>();

  @BeforeAll
  static void bootAndInstall() throws Exception {
    OutsideSoftware.find("mosquitto_pub");
    Path folder = Files.createTempDirectory(target(), "machine");
    machine = DebianMachine.boot(folder.resolve("root"), "bookworm");
    Path newest = only(target(), "headwater-edge_[^_]*_amd64\\.deb");
    Files.copy(newest, machine.root().resolve("root/newest.deb"));
    pack("0.0.1", machine.root().resolve("root/older.deb"));
    machine.must("dpkg", "--install", "/root/older.deb");
  }

  @AfterAll
  static void end() {
    if (machine != null) {
      machine.close();
    }
  }

  private static Path target() {
    return Headwater.home().resolve("systemd/packages/target");
  }

  private static Path only(Path folder, String pattern) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      List<Path> found =
          all.filter(path -> path.getFileName().toString().matches(pattern)).toList();
      assertThat(found).as(pattern).hasSize(1);
      return found.getFirst();
    }
  }

  /** The package of this build, as if it were another version. */
  private static void pack(String version, Path deb) throws IOException {
    Recipe recipe = Recipe.edge(Machine.AMD64);
    Path stage = only(target().resolve("stage"), "headwater-edge_[^_]*_amd64");
    new DebFile(stage, Instant.EPOCH)
        .write(deb, recipe.fields(version, "Nobody <nobody@localhost>", stage), recipe.scripts());
  }

  private static String property(String name) {
    return machine.must("systemctl", "show", UNIT, "--property=" + name, "--value").strip();
  }

  private static void awaitRunning() {
    machine.await("the agent is ready", SOON, () -> property("ActiveState").equals("active"));
  }

  /** Publishes one reading at QoS 1; returns whether it was acknowledged. */
  private static boolean publish(String value) {
    Answer answer =
        machine.fromOutside(
            "timeout", "10", "mosquitto_pub", "-q", "1", "-t", "sensors/lab/d1/t", "-m", value);
    if (answer.code() == 0) {
      ACKNOWLEDGED.add(value);
    }
    return answer.code() == 0;
  }

  private static void assertNothingAcknowledgedIsLost() {
    assertThat(machine.must("headwater", "edge", "log", "cat", "--data", DATA).lines())
        .extracting(line -> line.replaceAll(".* ", ""))
        .containsAll(ACKNOWLEDGED);
  }

  /** What {@code systemctl status} shows, once it shows it: the journal lags behind. */
  private static void awaitStatus(String part) {
    machine.await(
        "systemctl status shows " + part,
        SOON,
        () ->
            machine
                .run("systemctl", "status", "--no-pager", "--lines=50", UNIT)
                .text()
                .contains(part));
  }

  @Test
  @Order(1)
  void takesReadingsAfterTheInstallationByItself() {
    awaitRunning();

    assertThat(publish("installed")).isTrue();
    assertThat(machine.must("systemctl", "is-enabled", UNIT)).contains("enabled");
    awaitStatus("Status: \"takes readings, 1 wait for the hub");
    String process = "/proc/" + property("MainPID");
    assertThat(machine.must("stat", "--format=%U", process)).isEqualTo("headwater-edge\n");
    assertThat(machine.must("cat", process + "/cmdline"))
        .contains("-XX:AOTCache=/usr/lib/headwater/edge/aot/edge.aot");
    assertThat(machine.must("journalctl", "--output=verbose", "LOGGER=io.headwater.edge.SelfTest"))
        .contains("PRIORITY=6", "HEADWATER_PUBLISHED=1");
    measure();
  }

  /** For the record: how large and how quick it is here. */
  @SuppressWarnings("SystemOut")
  private static void measure() {
    machine.must("systemctl", "stop", UNIT);
    long begun = System.nanoTime();
    machine.must("systemctl", "start", UNIT);
    long startMillis = (System.nanoTime() - begun) / 1_000_000;
    System.out.println(
        "measured: systemctl start "
            + startMillis
            + " ms; "
            + machine.must("grep", "VmRSS", "/proc/" + property("MainPID") + "/status").strip()
            + "; MB installed:\n"
            + machine.must(
                "sh",
                "-c",
                "cd /usr/lib/headwater/edge && du -sm --apparent-size runtime lib aot"));
  }

  @Test
  @Order(2)
  void aKilledAgentIsBackAndHasAllThatItAcknowledged() {
    int killed = Integer.parseInt(property("MainPID"));
    for (int i = 0; i < 20; i++) {
      publish("kill-" + i);
      if (i == 10) {
        machine.must("sh", "-c", "kill -KILL " + killed);
      }
    }

    awaitRunning();
    assertThat(Integer.parseInt(property("MainPID"))).isNotEqualTo(killed);
    assertThat(ACKNOWLEDGED).hasSizeGreaterThan(10);
    assertNothingAcknowledgedIsLost();
  }

  @Test
  @Order(3)
  void theWatchdogRestartsAnAgentThatHangs() throws Exception {
    // The same with a shorter time.
    Path dropIn = machine.root().resolve("etc/systemd/system/headwater-edge.service.d/test.conf");
    Files.createDirectories(dropIn.getParent());
    Files.writeString(dropIn, "[Service]\nWatchdogSec=5\nTimeoutAbortSec=1\n");
    machine.must("systemctl", "daemon-reload");
    machine.must("systemctl", "restart", UNIT);
    String hangs = property("MainPID");

    machine.must("sh", "-c", "kill -STOP " + hangs);

    machine.await(
        "another process",
        SOON,
        () -> !property("MainPID").equals(hangs) && property("ActiveState").equals("active"));
    assertThat(machine.must("journalctl", "-u", UNIT)).contains("Watchdog timeout");
    assertThat(publish("after-hang")).isTrue();
    Files.delete(dropIn);
    machine.must("systemctl", "daemon-reload");
  }

  @Test
  @Order(4)
  void isThereAgainAfterAReboot() throws Exception {
    machine.reboot();

    awaitRunning();
    assertThat(publish("rebooted")).isTrue();
    assertNothingAcknowledgedIsLost();
  }

  @Test
  @Order(5)
  void anUpgradeKeepsConfigurationAndData() {
    machine.must("sh", "-c", "echo '# mine' >>" + CONFIG);
    String before = property("MainPID");

    machine.must("dpkg", "--install", "/root/newest.deb");

    awaitRunning();
    assertThat(property("MainPID")).isNotEqualTo(before);
    assertThat(machine.must("cat", CONFIG)).contains("# mine");
    assertThat(publish("upgraded")).isTrue();
    assertNothingAcknowledgedIsLost();
  }

  @Test
  @Order(6)
  void reloadsItsFilesAndRefusesBrokenOnes() {
    machine.must("systemctl", "reload", UNIT);
    String running = property("MainPID");
    machine.must("cp", CONFIG, "/root/good.yaml");
    machine.must("sh", "-c", "printf 'log:\\n  linger: 50 sec\\n' >" + CONFIG);

    assertThat(machine.run("systemctl", "reload", UNIT).code()).isNotZero();
    assertThat(property("MainPID")).isEqualTo(running);

    // An upgrade that would not start leaves alone what runs, and says so.
    assertThat(machine.must("dpkg", "--install", "/root/newest.deb"))
        .contains("line 2: log.linger: '50 sec'", "still runs in its old version");
    assertThat(property("MainPID")).isEqualTo(running);
    assertThat(publish("old-version")).isTrue();
  }

  @Test
  @Order(7)
  void aBrokenConfigurationFailsTheStartWithItsLine() {
    assertThat(machine.run("systemctl", "restart", UNIT).code()).isNotZero();

    awaitStatus("Status: \"" + CONFIG + " line 2: log.linger: '50 sec' is not a duration");
    machine.must("cp", "/root/good.yaml", CONFIG);
    machine.must("systemctl", "restart", UNIT);
    assertThat(publish("mended")).isTrue();
  }

  @Test
  @Order(8)
  void doesNotTrustACacheOfOtherJars() {
    String check = "headwater edge --check --config " + CONFIG;
    String jar = "/usr/lib/headwater/edge/lib/slf4j-api-*.jar";
    // Another inode with the same bytes, as in a copied image: the checksums tell.
    machine.must("sh", "-c", "cp -p " + jar + " /root/copy && cp -p /root/copy " + jar);
    assertThat(machine.must("sh", "-c", check)).isEmpty();

    // Written since: the JVM would refuse it.
    machine.must("sh", "-c", "touch " + jar);
    assertThat(machine.must("sh", "-c", check)).contains("was made from other files");

    // Other bytes of the same size and time: the JVM would use it.
    machine.must(
        "sh",
        "-c",
        "printf x | dd of="
            + "$(echo "
            + jar
            + ") bs=1 seek=9 conv=notrunc && touch -r /root/copy "
            + jar);
    assertThat(machine.must("sh", "-c", check)).contains("was made from other files");
    machine.must("sh", "-c", "cp -p /root/copy " + jar);
  }

  @Test
  @Order(9)
  void whatWasBackedUpIsRestored() {
    String backup = "/root/edge.zip";
    assertThat(machine.run("headwater", "edge", "backup", "--data", DATA, "--into", backup).text())
        .contains("is in use by pid " + property("MainPID"));
    machine.must("systemctl", "stop", UNIT);
    machine.must("headwater", "edge", "backup", "--data", DATA, "--into", backup);
    machine.must("mv", DATA, DATA + ".lost");

    machine.must("headwater", "edge", "restore", "--from", backup, "--data", DATA);
    machine.must("chown", "-R", "headwater-edge:", DATA);

    assertThat(machine.must("headwater", "edge", "log", "verify", "--data", DATA)).isNotEmpty();
    machine.must("systemctl", "start", UNIT);
    assertThat(publish("restored")).isTrue();
    assertNothingAcknowledgedIsLost();
    machine.must("rm", "-r", DATA + ".lost");
  }

  @Test
  @Order(10)
  void aFullDiskRefusesReadingsAndEndsNothing() {
    machine.must("systemctl", "stop", UNIT);
    assertNothingAcknowledgedIsLost();
    machine.must("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", DATA);
    machine.must("chown", "headwater-edge:", DATA);
    machine.must("systemctl", "start", UNIT);
    ACKNOWLEDGED.clear();
    assertThat(publish("roomy")).isTrue();
    String running = property("MainPID");

    machine.run("dd", "if=/dev/zero", "of=" + DATA + "/filler", "bs=4k");

    // What the log has set aside for itself is used up first.
    String large = "x".repeat(60_000);
    machine.await("a reading is refused", SOON, () -> !publish(large));
    assertThat(property("MainPID")).isEqualTo(running);
    machine.must("rm", DATA + "/filler");
    machine.await("readings are taken again", SOON, () -> publish("room-again"));
    assertThat(property("MainPID")).isEqualTo(running);
    assertNothingAcknowledgedIsLost();
    machine.must("systemctl", "stop", UNIT);
    machine.must("umount", DATA);
    machine.must("systemctl", "start", UNIT);
  }

  @Test
  @Order(11)
  void removingLeavesConfigurationAndDataAndPurgingNothing() {
    machine.must("dpkg", "--remove", "headwater-edge");

    assertThat(machine.run("systemctl", "is-active", UNIT).code()).isNotZero();
    assertThat(machine.root().resolve("usr/lib/headwater/edge")).doesNotExist();
    assertThat(machine.root().resolve(CONFIG.substring(1))).exists();
    assertThat(machine.root().resolve(DATA.substring(1)).resolve("log")).exists();

    machine.must("dpkg", "--install", "/root/newest.deb");
    awaitRunning();
    assertThat(publish("installed-again")).isTrue();
    machine.must("dpkg", "--purge", "headwater-edge");

    assertThat(machine.root().resolve("etc/headwater")).doesNotExist();
    assertThat(machine.root().resolve("var/lib/headwater")).doesNotExist();
    assertThat(machine.run("systemctl", "cat", UNIT).code()).isNotZero();
  }
}
