package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.Mosquitto;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** {@code headwater sim run} as users call it. */
@Timeout(400)
class ScenarioIT {
  private static final Duration RUNS_WITHIN = Duration.ofMinutes(5);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private ChildProcess sim(String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "sim";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return Headwater.start(folder, all);
  }

  /** The same network outage for Headwater and for two brokers that bridge, beside each other. */
  @Test
  void outageEndsGreenOnHeadwaterAndRedOnTwoBridgedMosquittos() throws IOException {
    int through = Mosquitto.freePort();
    Path json = folder.resolve("result.json");
    Path record = folder.resolve("run.jsonl.gz");
    try (Mosquitto far = Mosquitto.start(folder);
        Mosquitto near = Mosquitto.bridging(folder, "127.0.0.1:" + through);
        ChildProcess own =
            sim(
                "run",
                "outage",
                "--data=" + folder.resolve("data"),
                "--json=" + json,
                "--record=" + record);
        ChildProcess others =
            sim(
                "run",
                "outage",
                "--mqtt=" + near.address(),
                "--far=mqtt://" + far.address() + "/sensors/#",
                "--link=uplink=" + through + ":" + far.address())) {
      assertThat(own.awaitExit(RUNS_WITHIN)).as(own.output()).isZero();
      assertThat(own.output()).endsWith("PASSED\n");
      JsonNode result = new JsonMapper().readTree(json.toFile());
      assertThat(result.path("passed").asBoolean()).isTrue();
      assertThat(result.path("phases")).hasSize(4);
      assertThat(result.path("verdict").path("lost").asLong(-1)).isZero();
      assertThat(result.path("verdict").path("readings").path("acknowledged").asLong())
          .isGreaterThan(20_000);
      try (ChildProcess again = sim("judge", record.toString())) {
        assertThat(again.awaitExit(RUNS_WITHIN)).as(again.output()).isZero();
        assertThat(again.output()).endsWith("PASSED\n");
      }

      assertThat(others.awaitExit(RUNS_WITHIN)).as(others.output()).isEqualTo(1);
      assertThat(others.output())
          .containsPattern("(?m)^ +[1-9][0-9]{3,}  lost ")
          .containsPattern("(?m)^  lost: sim-[a-z0-9]+-[0-9]{4} [0-9]+-[0-9]+$")
          .containsPattern("BROKEN lost <= 0 \\(measured: [1-9][0-9]{3,}\\)")
          .endsWith("FAILED\n");
    }
  }

  @Test
  void killEverythingEndsGreen() {
    try (ChildProcess sim = sim("run", "kill-everything", "--data=" + folder.resolve("data"))) {
      assertThat(sim.awaitExit(RUNS_WITHIN)).as(sim.output()).isZero();
      assertThat(sim.output())
          .contains("kill edge", "kill bridge", "kill hub", "suspend bridge", "seed ")
          .endsWith("PASSED\n");
    }
  }

  @Test
  void ctrlCEndsARunWithAVerdictOnWhatWasMeasuredSoFar() {
    Mosquitto broker = Mosquitto.start(folder);
    try (broker;
        ChildProcess sim =
            sim(
                "run",
                "--mqtt=" + broker.address(),
                "--far=mqtt://" + broker.address() + "/sensors/#",
                "--qos=2",
                "--mqtt-version=5")) {
      Awaitility.await()
          .atMost(RUNS_WITHIN)
          .until(() -> sim.output().contains("   3 s ") || !sim.isAlive());
      sim.signal("INT");
      sim.awaitExit(RUNS_WITHIN);
      assertThat(sim.output())
          .containsPattern("(?m)^ +[1-9][0-9]+  acknowledged ")
          .containsPattern("(?m)^ +0  lost ")
          .endsWith("PASSED\n");
    }
  }

  @Test
  void namesWhatIsWrongInOneLineAndWithinFiveSeconds() throws IOException {
    Path scenario =
        Files.writeString(
            folder.resolve("mine.yaml"), "phases:\n- {name: a, for: 1s, faults: [{kill: egde}]}\n");
    expect(
        2,
        scenario + " line 2: kill: 'egde' is not one of hub, bridge, analytics, edge",
        "run",
        scenario.toString());
    expect(
        2, "there is no scenario and no file 'outrage': did you mean 'outage'?", "run", "outrage");
    expect(
        2,
        "scenario outage breaks the link 'uplink', and addresses are given: lead it through here"
            + " with --link uplink=PORT:HOST:PORT, or leave the addresses out",
        "run",
        "outage",
        "--mqtt=localhost:1");
    expect(
        2,
        "scenario kill-everything strikes the process 'edge', which only works on processes that"
            + " this command starts itself; leave the addresses out",
        "run",
        "kill-everything",
        "--mqtt=localhost:1");
    expect(
        1,
        "no hub answers at 127.0.0.1:1; start it, or name another with --hub",
        "run",
        "--hub=127.0.0.1:1");
    // A port that takes connections and never answers.
    try (var silent = new ServerSocket(0)) {
      String address = "127.0.0.1:" + silent.getLocalPort();
      expect(1, "no hub answers at " + address, "run", "--hub=" + address);
      expect(1, "no MQTT broker answers at " + address, "run", "--far=mqtt://" + address + "/#");
    }
  }

  private void expect(int exitCode, String message, String... arguments) {
    try (ChildProcess sim = sim(arguments)) {
      long start = System.nanoTime();
      assertThat(sim.awaitExit(RUNS_WITHIN)).as(sim.output()).isEqualTo(exitCode);
      // 5 s for the target, the rest for a JVM on a busy machine.
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
      assertThat(sim.output().lines().toList().getLast()).startsWith(message);
    }
  }
}
