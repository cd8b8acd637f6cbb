package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.log.Append;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogSettings;
import io.headwater.testsupport.powercut.Event;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.StreamPartition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the test of power cuts finds, and what it lets pass. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class AfterCutTest {
  private static final int PUBREC = 0x50;
  private static final int PUBACK = 0x40;
  private static final int QOS1 = 2;
  private static final int QOS2 = 4;
  private static final int RETAIN = 1;

  @TempDir private Path folder;
  private final Told told = new Told();

  private void said(byte[] packet) {
    told.apply(new Event.Received(1, packet));
  }

  private void answered(byte[] packet) {
    told.apply(new Event.SendBegun(1, packet));
  }

  private void logged(String... payloads) {
    try (EdgeLog log =
        EdgeLog.open(folder, LogSettings.DEFAULTS, new EdgeLogMetrics(new SimpleMeterRegistry()))) {
      for (String payload : payloads) {
        var outcome = new CompletableFuture<Append.Outcome>();
        log.offer(
            new Append(
                new StreamPartition("s", 0),
                null,
                payload.getBytes(StandardCharsets.UTF_8),
                1,
                ClockQuality.SYNCED,
                "t",
                "c",
                outcome::complete));
        assertThat(outcome.join()).isEqualTo(Append.Outcome.COMMITTED);
      }
    }
  }

  @Test
  void letsPassWhatWasSentAndNotYetAcknowledged() {
    said(Packets.connect("c", 60));
    said(Packets.publish(QOS1, 1, "t", "p:1"));
    said(Packets.publish(QOS1, 2, "t", "p:2"));
    said(Packets.publish(QOS1, 1, "t", "p:1")); // again
    answered(Packets.ack(PUBACK, 1));
    logged("p:1", "p:1");

    assertThat(AfterCut.findings(folder, told)).isEmpty();
  }

  @Test
  void findsWhatIsLostInventedOrThereTooOften() {
    said(Packets.connect("c", 60));
    byte[] lost = Packets.publish(QOS1, 1, "t", "p:1");
    said(Arrays.copyOf(lost, 5)); // a packet comes in parts
    said(Arrays.copyOfRange(lost, 5, lost.length));
    said(Packets.publish(QOS1, 2, "t", "p:2"));
    said(Packets.publish(QOS1, 3, "elsewhere", "p:3"));
    answered(Packets.ack(PUBACK, 1));
    logged("p:2", "p:2", "p:3", "p:4");

    assertThat(AfterCut.findings(folder, told))
        .containsExactlyInAnyOrder(
            "lost: p:1",
            "once too often: p:2",
            "never published: p:3 on t",
            "never published: p:4 on t");
  }

  @Test
  void lossThatIsToldAsDamageIsALoss() throws Exception {
    said(Packets.connect("c", 60));
    said(Packets.publish(QOS1, 1, "t", "p:1"));
    said(Packets.publish(QOS1, 2, "t", "p:2"));
    answered(Packets.ack(PUBACK, 1));
    answered(Packets.ack(PUBACK, 2));
    logged("p:1", "p:2");
    String file;
    try (Stream<Path> files = Files.list(folder)) {
      file =
          files
              .map(Path::toString)
              .filter(each -> each.endsWith(".edgelog"))
              .findFirst()
              .orElseThrow();
    }
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      assertThat(statement.executeUpdate("UPDATE batch SET rows = x'00' WHERE seq = 1")).isOne();
    }

    assertThat(AfterCut.findings(folder, told)).containsExactly("lost: p:1");
  }

  @Test
  void findsWhatMqttHasForgotten() {
    said(Packets.connect("c", 60));
    said(Packets.publish(QOS2, 1, "t", "p:1"));
    said(Packets.publish(QOS2, 1, "t", "p:1")); // again
    answered(Packets.ack(PUBREC, 1));
    said(Packets.publish(QOS1 | RETAIN, 2, "t", "p:2"));
    answered(Packets.ack(PUBACK, 2));
    logged("p:1", "p:1", "p:2");

    assertThat(AfterCut.findings(folder, told))
        .containsExactlyInAnyOrder(
            "once too often: p:1", "retained message lost on t: none < 2", "session lost: c");
  }
}
