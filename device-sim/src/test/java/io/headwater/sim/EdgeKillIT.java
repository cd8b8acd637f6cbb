package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headwater.process.HostPort;
import io.headwater.sim.fleet.Fleet;
import io.headwater.sim.fleet.FleetSettings;
import io.headwater.sim.judge.Arrival;
import io.headwater.sim.judge.Judge;
import io.headwater.sim.judge.Ledger;
import io.headwater.sim.judge.Rules;
import io.headwater.sim.judge.Verdict;
import io.headwater.sim.local.LocalPorts;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.Seed;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.SplittableRandom;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The edge agent alone, without a bridge: what it acknowledged is in its log. */
@Timeout(120)
class EdgeKillIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int KILLS = 3;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private final LocalPorts ports = LocalPorts.free();

  private ChildProcess startEdge() {
    ChildProcess edge =
        Headwater.start(
            folder,
            "edge",
            "--data=" + folder.resolve("edge"),
            "--port=" + ports.mqtt(),
            "--bridge=127.0.0.1:" + ports.uplink(),
            "--set",
            "http=127.0.0.1:0");
    edge.awaitReady(LIMIT);
    return edge;
  }

  @Test
  void everyAcknowledgedPublishIsInTheLogAfterSigkill() throws Exception {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    var ledger = new Ledger();
    var broker = new HostPort("127.0.0.1", ports.mqtt());
    ChildProcess edge = startEdge();
    try (var fleet =
        new Fleet(
            FleetSettings.of(broker, "edge-", 10, 500, "sensors/demo", seed.value()),
            ledger,
            Clock.systemUTC())) {
      fleet.connect(LIMIT);
      fleet.begin();
      for (int kill = 0; kill < KILLS; kill++) {
        long enough = ledger.acknowledgedCount() + random.nextLong(200, 800);
        Awaitility.await()
            .atMost(LIMIT)
            .pollInterval(Duration.ofMillis(1))
            .until(() -> ledger.acknowledgedCount() >= enough);
        edge.kill();
        edge = startEdge();
      }
      fleet.stop();
      assertThat(fleet.drain(LIMIT)).as("%s", seed).isTrue();

      var judge = new Judge("edge-", Rules.DEFAULTS);
      try (ChildProcess cat =
          Headwater.start(
              folder, "edge", "log", "cat", "--format=json", "--data=" + folder.resolve("edge"))) {
        assertThat(cat.awaitExit(LIMIT)).as(cat.output()).isZero();
        var json = new JsonMapper();
        for (String line : cat.output().lines().toList()) {
          JsonNode row = json.readTree(line);
          judge.take(
              new Arrival(
                  0,
                  "log",
                  row.path("key").asText().getBytes(StandardCharsets.UTF_8),
                  row.path("value").asText().getBytes(StandardCharsets.UTF_8),
                  "0:" + row.path("stream").asText() + ":0:" + row.path("offset").asText(),
                  "edge",
                  null));
        }
      }
      Verdict verdict = judge.verdict(ledger);
      assertThat(verdict.passed() && verdict.reordered().total() == 0)
          .as("%s%n%s", seed, verdict.describe())
          .isTrue();
      assertThat(verdict.readings().acknowledged()).isEqualTo(ledger.readingCount());
    } finally {
      edge.close();
    }
  }
}
