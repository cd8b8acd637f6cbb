package io.headwater.edge.mqtt;

import static io.headwater.edge.mqtt.Conversation.CLEAN;
import static io.headwater.edge.mqtt.Conversation.KEPT;
import static io.headwater.edge.mqtt.Conversation.QOS_1;
import static io.headwater.edge.mqtt.Conversation.QOS_2;
import static io.headwater.edge.mqtt.Conversation.WILL;
import static io.headwater.edge.mqtt.Conversation.connect5;
import static io.headwater.edge.mqtt.Conversation.properties;
import static io.headwater.edge.mqtt.Conversation.published;
import static io.headwater.edge.mqtt.Conversation.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogRow;
import io.headwater.edge.log.LogSettings;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What must hold over a SIGKILL, between which packets it may come; the real agent. */
@NullMarked
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class KillStatementsIT {
  @TempDir private Path folder;

  @SuppressWarnings("NullAway.Init") // before each
  private ChildProcess agent;

  private int port;

  @BeforeEach
  void start() {
    agent =
        Headwater.start(
            folder,
            "edge",
            "--data=" + folder.resolve("edge"),
            "--port=0",
            "--bridge=localhost:1",
            "--set=log.file-size=1MiB",
            "--set=http=127.0.0.1:0");
    String address = agent.awaitReady(Duration.ofSeconds(30)).getOrDefault("mqtt", "");
    port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  @AfterEach
  void stop() {
    agent.close();
  }

  private void killAndStart() {
    agent.kill();
    start();
  }

  private RawClient client(String id, int flags, String properties, boolean present)
      throws IOException {
    RawClient client = RawClient.open(port).send(connect5(id, flags, properties, ""));
    assertThat(client.receive()).as(id).matches(present ? "20..0100.*" : "20..0000.*");
    return client;
  }

  private List<LogRow> rows() {
    agent.kill();
    try (EdgeLog log =
        EdgeLog.open(
            folder.resolve("edge").resolve("log"),
            LogSettings.DEFAULTS,
            new EdgeLogMetrics(new SimpleMeterRegistry()))) {
      return List.copyOf(log.rows(1, 500, 1 << 20).rows());
    }
  }

  private List<String> rows(String topic) {
    return rows().stream()
        .filter(row -> row.mqttTopic().equals(topic))
        .map(row -> new String(row.value(), StandardCharsets.UTF_8))
        .toList();
  }

  @Test
  @Statement({"MQTT-4.3.3-10", "MQTT-4.3.3-11", "MQTT-4.3.3-12"})
  void qos2IsLoggedOnceOverAKillAtEachOfItsSteps() throws IOException {
    byte[] again = Packets.publish(QOS_2 | 8, 7, "t", "one");
    try (RawClient client = client("a", 0, KEPT, false);
        RawClient watcher = client("w", CLEAN, "", false)) {
      Conversation.subscribe(watcher, "t", 0);
      client.send(Packets.publish(QOS_2, 7, "t", "one"));
      assertThat(watcher.receive()).as("committed").matches(published(0, 0, "t", "one"));
      killAndStart(); // PUBREC may have left, the client has not seen it
    }
    try (RawClient client = client("a", 0, KEPT, true)) {
      client.send(again);
      assertThat(client.receive()).isEqualTo("50020007");
      killAndStart(); // PUBREC has arrived
    }
    try (RawClient client = client("a", 0, KEPT, true)) {
      client.send(again);
      assertThat(client.receive()).isEqualTo("50020007");
      client.send(Packets.ack(0x62, 7));
      assertThat(client.receive()).as("deletion is committed").isEqualTo("70020007");
      killAndStart(); // the client has not seen PUBCOMP
    }
    try (RawClient client = client("a", 0, KEPT, true)) {
      client.send(Packets.ack(0x62, 7));
      assertThat(client.receive()).startsWith("70").contains("0007");
      client.send(Packets.publish(QOS_2 | 8, 7, "t", "two"));
      assertThat(client.receive()).isEqualTo("50020007");
    }
    assertThat(rows("t")).containsExactly("one", "two");
  }

  @Test
  @Statement(
      value = {
        "MQTT-3.1.2-8",
        "MQTT-3.1.2-10",
        "MQTT-3.1.2-23",
        "MQTT-3.2.2-3",
        "MQTT-3.3.1-5",
        "MQTT-4.1.0-1",
        "MQTT-4.4.0-1"
      },
      old = {"MQTT-3.1.2-4", "MQTT-3.1.2-5", "MQTT-3.2.2-2", "MQTT-4.4.0-1"})
  void sessionsRetainedMessagesAndWillsAreThereAfterAKill() throws IOException {
    try (RawClient kept = client("kept", 0, KEPT, false);
        RawClient empty = client("empty", 0, KEPT, false);
        RawClient ends = client("ends", 0, "", false);
        RawClient old = RawClient.open(port).send(Conversation.connect4("old", 0, ""));
        RawClient doomed = RawClient.open(port)) {
      assertThat(old.receive()).isEqualTo("20020000");
      old.send(RawClient.subscribe(4, 1, "t"));
      assertThat(old.receive()).isEqualTo("9003000101");
      Conversation.subscribe(kept, "t", 2);
      Conversation.subscribe(ends, "t", 2);
      doomed.send(connect5("doomed", WILL | 8, "", properties("") + text("will") + text("gone")));
      assertThat(doomed.receive()).matches("20..0000.*");
      empty.send(Packets.publish(QOS_1 | 1, 1, "t", "kept"));
      assertThat(empty.receive()).isEqualTo("40020001");
      assertThat(kept.receive()).matches(published(QOS_1, 1, "t", "kept"));
      assertThat(old.receive()).matches("32.." + text("t") + "0001" + RawClient.hex("kept"));
      killAndStart();
    }
    for (int i = 0; i < 2; i++) {
      try (RawClient kept = client("kept", 0, KEPT, true);
          RawClient late = client("late", CLEAN, "", false);
          RawClient old = RawClient.open(port).send(Conversation.connect4("old", 0, ""))) {
        assertThat(kept.receive())
            .matches("3[2a].." + text("t") + "...." + "00" + RawClient.hex("kept"));
        client("empty", 0, KEPT, true).close();
        client("ends", 0, "", false).close();
        client("doomed", 0, "", false).close();
        assertThat(old.receive()).isEqualTo("20020100");
        assertThat(old.receive()).matches("3[2a].." + text("t") + "...." + RawClient.hex("kept"));
        late.send(Packets.subscribe(1, "t", 1, 0));
        assertThat(late.receive()).isEqualTo("900400010001");
        assertThat(late.receive()).matches(published(QOS_1 | 1, 1, "t", "kept"));
        killAndStart();
      }
    }
    assertThat(rows("will")).as("once").containsExactly("gone");
  }
}
