package io.headwater.edge;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.FreePorts;
import io.headwater.testsupport.Headwater;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command status, as users type it: beside the agent, and after its end. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class EdgeStatusIT {
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir private Path folder;

  private record Ended(int exit, String output) {}

  private Ended status(String http) {
    try (var process =
        Headwater.start(
            folder, "edge", "status", "--http=" + http, "--data=" + folder.resolve("data"))) {
      int exit = process.awaitExit(SOON);
      return new Ended(exit, process.output());
    }
  }

  private static String closedPort() {
    return "127.0.0.1:" + FreePorts.take();
  }

  @Test
  void tellsWhatWaitsAlsoWhenTheAgentIsGone() throws Exception {
    String bridge = closedPort();
    try (var agent =
        Headwater.start(
            folder,
            "edge",
            "--data=" + folder.resolve("data"),
            "--port=0",
            "--bridge=" + bridge,
            "--set=http=127.0.0.1:0",
            "--set=gateway=site-7")) {
      Map<String, String> addresses = agent.awaitReady(SOON);
      String mqtt = requireNonNull(addresses.get("mqtt"));
      String http = requireNonNull(addresses.get("http"));
      int port = Integer.parseInt(mqtt.substring(mqtt.lastIndexOf(':') + 1));
      try (var client = new TestClient(port, "dev42")) {
        for (int i = 0; i < 3; i++) {
          assertThat(client.publish("sensors/lab/dev42/temperature", "21." + i)).isTrue();
        }
      }

      Ended running = status(http);
      assertThat(running.exit()).as(running.output()).isZero();
      assertThat(running.output())
          .contains("gateway site-7", "waiting 3 readings, the oldest for ")
          .contains("sensors.temperature/0  3", "uplink  not connected for ")
          .contains("last tried " + bridge)
          .containsPattern("error   uplink, \\d+ s ago: no connection to " + bridge);

      agent.kill();

      Ended gone = status(http);
      assertThat(gone.exit()).isEqualTo(1);
      assertThat(gone.output())
          .contains("agent   not running", "waiting 3 readings", "sensors.temperature/0  3")
          .contains("no agent answers at http://" + http);
    }
  }
}
