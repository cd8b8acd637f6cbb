package io.headwater.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.OutsideSoftware;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/**
 * A server's life with the packages that take the system's Java: hub, bridge and analytics, and an
 * agent beside them. Each test begins where the one before has ended.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ServerIT {
  private static final Duration SOON = Duration.ofMinutes(2);
  private static final String HUB = "headwater-hub@main.service";
  private static final String SECOND_HUB = "headwater-hub@two.service";
  private static final String BRIDGE = "headwater-bridge@main.service";
  private static final String ANALYTICS = "headwater-analytics.service";
  private static final String EDGE = "headwater-edge.service";
  private static final String TOPIC = "sensors.temperature";

  private static DebianMachine machine;

  /** Every value that the agent has acknowledged. */
  private static final List<String> ACKNOWLEDGED = new ArrayList<>();

  @BeforeAll
  static void boot() throws Exception {
    OutsideSoftware.find("mosquitto_pub");
    OutsideSoftware.find("kcat");
    Path target = Headwater.home().resolve("systemd/packages/target");
    Path folder = Files.createTempDirectory(target, "server");
    // The oldest Debian that has a Java 25.
    machine = DebianMachine.boot(folder.resolve("root"), "trixie", "openjdk-25-jre-headless");
    pack(Recipe.hub(), "0.0.1");
    pack(Recipe.edge(), "0.0.1");
    Files.copy(
        DebsIT.deb("headwater-hub", "all"), machine.root().resolve("root/headwater-hub_new.deb"));
    Files.copy(
        DebsIT.deb("headwater-sim", "all"), machine.root().resolve("root/headwater-sim_new.deb"));
  }

  @AfterAll
  static void end() {
    if (machine != null) {
      machine.close();
    }
  }

  /** The package of this build, as if it were an older version. */
  private static void pack(Recipe recipe, String version) throws Exception {
    Path stage = DebsIT.stage(recipe.packageName(), "all");
    new DebFile(stage, Instant.EPOCH)
        .write(
            machine.root().resolve("root/" + recipe.packageName() + "_" + version + ".deb"),
            recipe.fields(version, "Nobody <nobody@localhost>", stage),
            recipe.scripts());
  }

  private static String property(String unit, String name) {
    return machine.must("systemctl", "show", unit, "--property=" + name, "--value").strip();
  }

  private static void awaitActive(String unit) {
    machine.await(unit + " is ready", SOON, () -> property(unit, "ActiveState").equals("active"));
  }

  private static void publish(String value) {
    assertThat(
            machine
                .fromOutside(
                    "timeout",
                    "20",
                    "mosquitto_pub",
                    "-q",
                    "1",
                    "-t",
                    "sensors/lab/d1/temperature",
                    "-m",
                    value)
                .code())
        .isZero();
    ACKNOWLEDGED.add(value);
  }

  /** Waits until the hub has what the agent has acknowledged, each once and in order. */
  private static void awaitAllInTheHub() {
    machine.await(
        "the hub has " + ACKNOWLEDGED,
        SOON,
        () ->
            Arrays.asList(
                    machine
                        .fromOutside(
                            "timeout",
                            "20",
                            "kcat",
                            "-q",
                            "-C",
                            "-e",
                            "-b",
                            "127.0.0.1:9092",
                            "-t",
                            TOPIC,
                            "-X",
                            "isolation.level=read_committed")
                        .text()
                        .strip()
                        .split("\n"))
                .equals(ACKNOWLEDGED));
  }

  @Test
  @Order(1)
  void aServerIsUpAfterTheInstallation() {
    assertThat(machine.must("dpkg", "--install", "/root/headwater-hub_0.0.1.deb"))
        .doesNotContain("error", "warning");

    awaitActive(HUB);
    awaitActive(BRIDGE);
    assertThat(machine.must("systemctl", "is-enabled", HUB, BRIDGE, ANALYTICS))
        .isEqualTo("enabled\n".repeat(3));
    // It waits for queries.
    assertThat(property(ANALYTICS, "ActiveState")).isEqualTo("inactive");
    for (String process : List.of("hub", "bridge")) {
      String unit = "headwater-" + process + "@main.service";
      String folder = "/proc/" + property(unit, "MainPID");
      assertThat(machine.must("stat", "--format=%U", folder))
          .isEqualTo("headwater-" + process + "\n");
    }
    assertThat(machine.must("cat", "/proc/" + property(HUB, "MainPID") + "/cmdline"))
        .contains("/usr/lib/jvm/", "-XX:AOTCache=/usr/lib/headwater/hub/aot/hub.aot");
  }

  @Test
  @Order(2)
  void readingsGoFromSensorsToConsumersAndQueries() {
    machine.must(
        "cp", "/usr/share/doc/headwater-hub/examples/queries.yaml", "/etc/headwater/queries.yaml");
    machine.must("systemctl", "start", ANALYTICS);
    awaitActive(ANALYTICS);
    machine.must("dpkg", "--install", "/root/headwater-edge_0.0.1.deb");
    awaitActive(EDGE);

    publish("20.5");
    publish("21.5");

    awaitAllInTheHub();
    machine.await(
        "a result",
        SOON,
        () ->
            machine
                .fromOutside(
                    "timeout",
                    "20",
                    "kcat",
                    "-q",
                    "-C",
                    "-e",
                    "-b",
                    "127.0.0.1:9092",
                    "-t",
                    "analytics.temperature-10s")
                .text()
                .contains("\"max\":21.5"));
    assertThat(machine.must("headwater", "topics", "list")).contains(TOPIC);
  }

  @Test
  @Order(3)
  void aReloadTakesTheQueriesAsTheyAreNowAndRefusesAMistake() {
    String running = property(ANALYTICS, "MainPID");
    String file = "/etc/headwater/queries.yaml";
    String query = "  - {name: minutes, from: %s, window: {tumbling: 1m}, aggregates: [%s]}\n";
    machine.must("sh", "-c", "printf '" + query.formatted(TOPIC, "count") + "' >>" + file);

    machine.must("systemctl", "reload", ANALYTICS);

    assertThat(machine.must("headwater", "analytics", "list")).contains("minutes");

    machine.must("sh", "-c", "printf '" + query.formatted(TOPIC, "cuont") + "' >>" + file);
    assertThat(machine.run("systemctl", "reload", ANALYTICS).code()).isNotZero();
    assertThat(machine.must("journalctl", "-u", ANALYTICS)).contains("did you mean 'count'");
    assertThat(property(ANALYTICS, "MainPID")).isEqualTo(running);
    assertThat(property(ANALYTICS, "ActiveState")).isEqualTo("active");
    machine.must("sed", "-i", "$d", file);
  }

  @Test
  @Order(4)
  void systemdFindsNoFaultInAnInstalledUnit() {
    assertThat(machine.must("systemd-analyze", "verify", "--man=no", HUB, BRIDGE, ANALYTICS, EDGE))
        .isEmpty();
    for (String unit : List.of(HUB, BRIDGE, ANALYTICS, EDGE)) {
      machine.must("systemd-analyze", "security", "--threshold=20", "--no-pager", unit);
    }
  }

  @Test
  @Order(5)
  void aSecondHubHasAFileOfItsOwn() {
    machine.must(
        "sh",
        "-c",
        "sed -e 's#/hub/main#/hub/two#; s#:9092#:9192#; s#:8080#:8180#; s#:2181#:2281#'"
            + " /etc/headwater/hub/main.yaml >/etc/headwater/hub/two.yaml");

    machine.must("systemctl", "enable", "--now", "headwater-hub@two");

    assertThat(property(SECOND_HUB, "ActiveState")).isEqualTo("active");
    assertThat(machine.must("headwater", "topics", "list", "--hub", "127.0.0.1:9192"))
        .doesNotContain(TOPIC);
  }

  /** Neither does whoever starts it wait with it for ever, nor a machine that starts. */
  @Test
  @Order(6)
  void aBridgeWhoseHubIsAwayIsStartedAllTheSameAndSaysWhatItWaitsFor() {
    machine.must("systemctl", "stop", HUB);

    machine.must("timeout", "90", "systemctl", "restart", BRIDGE);

    assertThat(property(BRIDGE, "StatusText")).contains("hub localhost:9092");
    machine.must("systemctl", "start", HUB);
    machine.await(
        "the bridge has its lanes",
        SOON,
        () -> property(BRIDGE, "StatusText").equals("hands readings over to the hub"));
  }

  @Test
  @Order(7)
  void anUpgradeRestartsInOrderAndLosesNothing() {
    // The new version has to find what the running one has found: in its folder, by its
    // environment.
    machine.must("sh", "-c", "echo S3cret >/var/lib/headwater/bridge/main/secret");
    machine.must(
        "sh",
        "-c",
        "printf 'access: {site-secret-file: secret}\\n' >>/etc/headwater/bridge/main.yaml");
    machine.must("systemctl", "restart", BRIDGE);
    List<String> units = List.of(HUB, SECOND_HUB, BRIDGE, ANALYTICS);
    List<String> before = units.stream().map(unit -> property(unit, "MainPID")).toList();

    machine.must("dpkg", "--install", "/root/headwater-hub_new.deb");

    units.forEach(ServerIT::awaitActive);
    for (int i = 0; i < units.size(); i++) {
      assertThat(property(units.get(i), "MainPID")).as(units.get(i)).isNotEqualTo(before.get(i));
    }
    assertThat(
            units.stream()
                .map(unit -> Long.parseLong(property(unit, "ExecMainStartTimestampMonotonic"))))
        .isSorted();
    publish("22.5");
    awaitAllInTheHub();
  }

  /** As dpkg does when a package changes something there. */
  private static boolean learnsAnewAtAChangeOfJava() {
    String cache = "/usr/lib/headwater/hub/aot/hub.aot";
    machine.must("cp", cache, "/root/before");
    machine.must("dpkg-trigger", "--by-package=openjdk-25-jre-headless", "/usr/lib/jvm");
    machine.must("dpkg", "--triggers-only", "--pending");
    return machine.run("test", cache, "-nt", "/root/before").code() == 0;
  }

  @Test
  @Order(8)
  void anotherJavaIsLearntAnew() {
    assertThat(learnsAnewAtAChangeOfJava()).isFalse();

    machine.must("sh", "-c", "touch /usr/lib/jvm/*25*/lib/modules");

    assertThat(learnsAnewAtAChangeOfJava()).isTrue();
  }

  @Test
  @Order(9)
  void aTrainingThatIsKilledLeavesNothingRunning() {
    String trains = "grep -lsz AOTCache[O]utput /proc/[0-9]*/cmdline";
    machine.must(
        "sh",
        "-c",
        "headwater train hub >/dev/null & until "
            + trains
            + "; do kill -0 $! || exit 1; sleep 0.1; done; kill -9 $!");

    machine.await("no training runs", SOON, () -> machine.run("sh", "-c", trains).code() != 0);
  }

  /** As dpkg does with a package that breaks another's wish, and thinks better of it. */
  @Test
  @Order(10)
  void aRemovalThatComesToNothingStartsAgainWhatRan() {
    List<String> units = List.of(HUB, SECOND_HUB, BRIDGE, ANALYTICS);
    String scripts = "/var/lib/dpkg/info/headwater-hub.";

    machine.must(scripts + "prerm", "deconfigure", "in-favour", "other", "1");
    units.forEach(unit -> assertThat(property(unit, "ActiveState")).isNotEqualTo("active"));
    machine.must(scripts + "postinst", "abort-deconfigure", "in-favour", "other", "1");

    units.forEach(ServerIT::awaitActive);
    assertThat(machine.must("headwater", "--version")).contains("headwater");
    publish("22.75");
    awaitAllInTheHub();
  }

  @Test
  @Order(11)
  void theSimulatorsPackageVerifiesWhatTheHubHas() {
    machine.must("dpkg", "--install", "/root/headwater-sim_new.deb");

    assertThat(machine.must("headwater", "sim", "--help")).contains("Usage: headwater sim");
    assertThat(machine.must("headwater", "--help")).contains("  edge\n", "  hub\n", "  sim\n");
  }

  @Test
  @Order(12)
  void removedAndInstalledAgainItGoesOnAndPurgingLeavesNothingOfAnyInstance() {
    machine.must("dpkg", "--remove", "headwater-hub");
    machine.must("dpkg", "--install", "/root/headwater-hub_new.deb");
    List.of(HUB, SECOND_HUB, BRIDGE, ANALYTICS).forEach(ServerIT::awaitActive);
    publish("23.5");
    awaitAllInTheHub();

    machine.must("dpkg", "--purge", "headwater-sim", "headwater-edge", "headwater-hub");

    for (String unit : List.of(HUB, SECOND_HUB, BRIDGE, ANALYTICS, EDGE)) {
      assertThat(machine.run("systemctl", "is-active", unit).code()).as(unit).isNotZero();
    }
    assertThat(machine.root().resolve("usr/lib/headwater")).doesNotExist();
    assertThat(machine.root().resolve("usr/bin/headwater")).doesNotExist();
    assertThat(machine.root().resolve("var/lib/headwater")).doesNotExist();
    assertThat(machine.root().resolve("etc/systemd/system/multi-user.target.wants"))
        .isDirectoryNotContaining("glob:**headwater*");
  }
}
