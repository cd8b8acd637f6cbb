package io.headwater.edge.mqtt;

import static io.headwater.edge.mqtt.Packets.ack;
import static io.headwater.edge.mqtt.Packets.connect;
import static io.headwater.edge.mqtt.Packets.connectOld;
import static io.headwater.edge.mqtt.Packets.publish;
import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.log.Append;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** QoS 2 from a client into the log: once, whatever is sent again. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class Qos2Test {
  private static final int QOS_2 = 4;
  private static final int DUP = 8;

  @TempDir Path folder;
  private TestServer server;

  @BeforeEach
  void start() {
    server = new TestServer(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void messageIsLoggedOnceHoweverOftenItIsSentBeforeItsRelease() throws IOException {
    try (RawClient client = server.client().send(connect("a", 60))) {
      assertThat(client.receive()).startsWith("20");
      client.send(publish(QOS_2, 7, "t", "1"), publish(QOS_2, 7, "t", "1"));
      assertThat(client.receive()).isEqualTo("50020007");
      assertThat(client.receive()).isEqualTo("50020007");
      client.send(publish(QOS_2 | DUP, 7, "t", "1"));
      assertThat(client.receive()).isEqualTo("50020007");
      client.send(ack(0x62, 7));
      assertThat(client.receive()).isEqualTo("70020007");
      assertThat(server.rows()).containsExactly("t=1");

      client.send(publish(QOS_2 | DUP, 7, "t", "2")); // a new message, whatever DUP says
      assertThat(client.receive()).isEqualTo("50020007");
      client.send(ack(0x62, 7));
      assertThat(client.receive()).isEqualTo("70020007");
      assertThat(server.rows()).containsExactly("t=1", "t=2");
      client.send(ack(0x62, 9));
      assertThat(client.receive()).as("PUBREL for nothing").startsWith("70").contains("000992");
    }
  }

  @Test
  void packetIdentifierIsKnownOverAReconnectAndARestart() throws IOException {
    try (RawClient client = server.client().send(connect("a", 60))) {
      client.receive();
      client.send(publish(QOS_2, 7, "t", "1"));
      assertThat(client.receive()).isEqualTo("50020007");
    }
    try (RawClient client = server.client().send(connect("a", 60))) {
      assertThat(client.receive()).as("session present").startsWith("20").matches("20..0100.*");
      client.send(publish(QOS_2 | DUP, 7, "t", "1"));
      assertThat(client.receive()).isEqualTo("50020007");
    }
    server.restart();
    try (RawClient client = server.client().send(connect("a", 60))) {
      assertThat(client.receive()).matches("20..0100.*");
      client.send(publish(QOS_2 | DUP, 7, "t", "1"), ack(0x62, 7));
      assertThat(client.receive()).isEqualTo("50020007");
      assertThat(client.receive()).isEqualTo("70020007");
    }
    server.restart();
    try (RawClient client = server.client().send(connect("a", 60))) {
      client.receive();
      client.send(publish(QOS_2 | DUP, 7, "t", "2"));
      assertThat(client.receive()).isEqualTo("50020007");
    }
    assertThat(server.rows()).containsExactly("t=1", "t=2");
  }

  @Test
  void cleanStartForgetsOpenPacketIdentifiers() throws IOException {
    try (RawClient client = server.client().send(connectOld("a", false))) {
      assertThat(client.receive()).isEqualTo("20020000");
      client.send(RawClient.publish(4, 2, 7, "t", "1"));
      assertThat(client.receive()).isEqualTo("50020007");
    }
    try (RawClient client = server.client().send(connectOld("a", true))) {
      assertThat(client.receive()).isEqualTo("20020000");
      client.send(RawClient.publish(4, 2, 7, "t", "2"));
      assertThat(client.receive()).isEqualTo("50020007");
    }
    assertThat(server.rows()).containsExactly("t=1", "t=2");
  }

  @Test
  void acknowledgementsOfAllKindsLeaveInTheOrderOfReceipt() throws IOException {
    server.hold.set(true);
    try (RawClient client = server.client().send(connect("a", 60))) {
      client.receive();
      client.send(
          publish(QOS_2, 1, "t", "1"),
          publish(2, 2, "t", "2"),
          Packets.subscribe(3, "x", 0, 0),
          RawClient.ping());
      assertThat(client.receive()).as("only the ping is answered").isEqualTo("d000");
      Awaitility.await().until(() -> server.published.size() == 2);
      server.letThrough(1);
      server.letThrough(0);

      assertThat(client.receive()).isEqualTo("50020001");
      assertThat(client.receive()).isEqualTo("40020002");
      assertThat(client.receive()).isEqualTo("900400030000");
    }
  }

  @Test
  void refusedMessageLeavesItsPacketIdentifierFree() throws IOException {
    server.hold.set(true);
    try (RawClient client = server.client().send(connect("a", 60))) {
      client.receive();
      client.send(publish(QOS_2, 7, "t", "1"));
      Awaitility.await().until(() -> server.published.size() == 1);
      server.published.getFirst().done().accept(Append.Outcome.DISK_FULL);
      assertThat(client.receive()).startsWith("50").contains("000797");
      server.hold.set(false);

      client.send(publish(QOS_2, 7, "t", "2"));

      assertThat(client.receive()).isEqualTo("50020007");
      assertThat(server.rows()).containsExactly("t=2");
    }
  }

  @Test
  void newcomerKnowsWhatItsPredecessorHadUnderWay() throws IOException {
    server.hold.set(true);
    try (RawClient first = server.client().send(connect("a", 60))) {
      first.receive();
      server.full.set(true); // the publish waits with its connection
      first.send(publish(QOS_2, 7, "t", "1"), RawClient.ping());
      assertThat(first.receive()).isEqualTo("d000");
      try (RawClient second = server.client().send(connect("a", 60))) {
        assertThat(first.receive()).startsWith("e0").contains("8e");
        server.hold.set(false);
        server.full.set(false);
        assertThat(second.receive()).matches("20..0100.*");

        second.send(publish(QOS_2 | DUP, 7, "t", "1"));

        assertThat(second.receive()).isEqualTo("50020007");
      }
    }
    assertThat(server.rows()).containsExactly("t=1");
  }

  @Test
  void openPacketIdentifiersCountAgainstReceiveMaximum() throws IOException {
    int most = MqttSettings.DEFAULTS.receiveMaximum();
    try (RawClient client = server.client().send(connect("a", 60))) {
      client.receive();
      for (int id = 1; id <= most; id++) {
        client.send(publish(QOS_2, id, "t", "x"));
        assertThat(client.receive()).startsWith("5002");
      }
      client.send(publish(QOS_2, most, "t", "again"), publish(QOS_2, most + 1, "t", "x"));
      assertThat(client.receive()).startsWith("5002");
      assertThat(client.receive()).startsWith("e0").contains("93");
    }
    assertThat(server.rows()).hasSize(most);
  }
}
