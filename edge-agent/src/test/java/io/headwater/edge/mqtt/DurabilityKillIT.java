package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogRow;
import io.headwater.edge.log.LogSettings;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A killed agent has what it acknowledged in class interval: the kernel has it. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class DurabilityKillIT {
  private static final int N = 500;

  @TempDir private Path folder;

  @Test
  void intervalSurvivesSigkill() throws Exception {
    Path config =
        Files.writeString(
            folder.resolve("edge.yaml"),
            """
            data: %s
            listen: {mqtt: "127.0.0.1:0"}
            http: 127.0.0.1:0
            log: {sync-interval: 1h}
            uplink: {bridges: ["localhost:1"]}
            routes:
              - {topic: "lazy/#", stream: lazy, key: k, durability: interval}
            """
                .formatted(folder.resolve("edge")));
    try (ChildProcess agent = Headwater.start(folder, "edge", "--config=" + config)) {
      String address = agent.awaitReady(Duration.ofSeconds(30)).getOrDefault("mqtt", "");
      int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
      try (RawClient client = RawClient.open(port).connected(4, "c")) {
        for (int i = 1; i <= N; i++) {
          client.send(RawClient.publish(4, 1, i, "lazy/x", "v" + i));
          assertThat(client.receive()).startsWith("4002");
        }
        agent.kill();
      }
    }
    var values = new ArrayList<String>();
    try (EdgeLog log =
        EdgeLog.open(
            folder.resolve("edge").resolve("log"),
            LogSettings.DEFAULTS,
            new EdgeLogMetrics(new SimpleMeterRegistry()))) {
      long next = 1;
      for (List<LogRow> rows = log.rows(next, 500, 1 << 20).rows();
          !rows.isEmpty();
          rows = log.rows(next, 500, 1 << 20).rows()) {
        rows.forEach(row -> values.add(new String(row.value(), StandardCharsets.UTF_8)));
        next = rows.getLast().seq() + 1;
      }
    }
    assertThat(values).hasSize(N).startsWith("v1").endsWith("v" + N);
  }
}
