package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headwater.apachekafka.ApacheKafka;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.OutsideSoftware;
import io.headwater.testsupport.Seed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Several gateways and bridges under faults, as users call it: short forms of the scenarios that
 * ship, on systems that are smaller. Some minutes, so not part of the build: {@code mvn -pl
 * device-sim -am verify -Dit.test=BridgesRun}.
 */
@Timeout(400)
class BridgesRun {
  private static final Duration RUNS_WITHIN = Duration.ofMinutes(5);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private final Seed seed = Seed.next();

  /** Runs a scenario to a good end; what it measured. */
  private JsonNode run(String text, String... more) throws IOException {
    Path scenario = Files.writeString(folder.resolve("short.yaml"), text);
    Path json = folder.resolve("result.json");
    var arguments =
        new ArrayList<>(
            List.of(
                "sim",
                "run",
                scenario.toString(),
                "--seed=" + seed.value(),
                "--json=" + json,
                "--data=" + folder.resolve("data")));
    arguments.addAll(List.of(more));
    try (ChildProcess sim = Headwater.start(folder, arguments.toArray(String[]::new))) {
      assertThat(sim.awaitExit(RUNS_WITHIN)).as("%s%n%s", seed, sim.output()).isZero();
      assertThat(sim.output()).as("%s", seed).endsWith("PASSED\n");
    }
    JsonNode result = new JsonMapper().readTree(json.toFile());
    assertThat(result.path("verdict").path("lost").asLong(-1)).as("%s", seed).isZero();
    assertThat(result.path("verdict").path("readings").path("acknowledged").asLong())
        .as("%s", seed)
        .isGreaterThan(1_000);
    return result;
  }

  /** A scenario that ships, on a system of this size, its first and last phases short. */
  private static String shorter(String ready, String system) throws IOException {
    return Files.readString(
            Headwater.home().resolve("device-sim/src/main/resources/scenarios/" + ready + ".yaml"))
        .replaceFirst("system: \\{.*}", "system: {" + system + "}")
        .replaceAll("(name: (before|after|back again)\\n +for:) \\d+s", "$1 6s")
        .replaceFirst("(name: restart in the middle of traffic\\n +for:) \\d+s", "$1 10s");
  }

  @Test
  void threeBridgesAndAMosquittoThatForgetsLoseAndDoubleNothing() throws IOException {
    OutsideSoftware.find("mosquitto");
    run(shorter("mosquitto", "gateways: 4, bridges: 3, broker: mosquitto"), "--for=18s");
  }

  @Test
  void threeBridgesWithTheirOwnBrokersLoseAndDoubleNothing() throws IOException {
    run(shorter("bridges", "gateways: 4, bridges: 3"), "--for=18s");
  }

  @Test
  void aBrokerWithoutASessionThreadIsStartedAnew() throws IOException {
    run(
        """
        system: {gateways: 4}
        load: {devices: 8, rate: 150}
        phases:
          - {name: before, for: 3s}
          - {name: broken, for: 20s, faults: [{break-broker: bridge, at: 1s..2s}]}
          - {name: after, for: 5s, expect: {arrived-p99: 10s}}
        expect: {reordered: 0}
        drain: 60s
        """);
  }

  @Test
  void apacheKafkaInPlaceOfTheHubLosesAndDoublesNothing() throws IOException {
    try (ApacheKafka kafka = ApacheKafka.start(folder.resolve("kafka"))) {
      run(
          """
          load: {devices: 10, rate: 150}
          phases:
            - {name: before, for: 3s}
            - name: kill both
              for: 8s
              faults:
                - {kill: bridge, at: 1s..2s, for: 0s..1s}
                - {kill: edge, at: 3s..4s}
            - name: freeze the bridge, and cut it off
              for: 18s
              faults:
                - {suspend: bridge, at: 1s, for: 12s}
                - {cut: uplink, at: 14s, for: 2s}
          expect: {reordered: 0}
          drain: 90s
          """,
          "--system-hub=" + kafka.address());
    }
  }

  @Test
  void aPausedBridgeHoldsBackNoReaderForLong() throws IOException {
    OutsideSoftware.find("mosquitto");
    JsonNode result =
        run(
            shorter("paused-bridge", "gateways: 3, bridges: 2, broker: mosquitto")
                .replace("for: 60s", "for: 18s")
                .replace("for: 65s", "for: 21s"));
    assertThat(result.path("verdict").path("longestStallMs").asLong(-1))
        .as("%s", seed)
        .isBetween(0L, 12_000L);
  }
}
