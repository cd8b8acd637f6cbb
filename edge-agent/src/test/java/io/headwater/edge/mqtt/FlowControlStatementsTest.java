package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What the standard says of Receive Maximum, in both directions. */
class FlowControlStatementsTest extends Conversation {
  @Test
  @Statement({"MQTT-3.3.4-9", "MQTT-3.3.4-10", "MQTT-4.9.0-1", "MQTT-4.9.0-2", "MQTT-4.9.0-3"})
  void serverSendsNoMoreThanTheClientsReceiveMaximumAndGoesOnWithTheRest() throws IOException {
    String topic = name();
    try (RawClient client = fresh(name(), "210003" + WORDLESS)) {
      subscribe(client, topic, 2);
      for (int i = 1; i <= 8; i++) {
        say(i % 2 == 0 ? QOS_2 : QOS_1, topic, "m" + i);
      }
      assertThat(client.receive()).matches(published(QOS_1, 1, topic, "m1"));
      assertThat(client.receive()).matches(published(QOS_2, 2, topic, "m2"));
      assertThat(client.receive()).matches(published(QOS_1, 3, topic, "m3"));
      assertSilent(client);
      client.send(
          Packets.publish(QOS_1, 1, name(), "x"),
          Packets.publish(QOS_2, 2, name(), "x"),
          Packets.subscribe(3, name(), 0, 0),
          Packets.unsubscribe(4, name()));
      assertThat(client.receive()).isEqualTo("40020001");
      assertThat(client.receive()).isEqualTo("50020002");
      assertThat(client.receive()).isEqualTo("900400030000");
      assertThat(client.receive()).isEqualTo("b00400040011");
      client.send(Packets.ack(0x62, 2));
      assertThat(client.receive()).isEqualTo("70020002");

      client.send(Packets.ack(0x50, 2));
      assertThat(client.receive()).isEqualTo("62020002");
      assertSilent(client); // PUBREC frees nothing
      client.send(Packets.ack(0x70, 2));
      assertThat(client.receive()).matches(published(QOS_2, 4, topic, "m4"));
      assertSilent(client);
      client.send(packet(0x50, "0004" + "80" + "00")); // but a refusal does
      assertThat(client.receive()).matches(published(QOS_1, 5, topic, "m5"));
      assertSilent(client);
      client.send(Packets.ack(0x40, 1), Packets.ack(0x40, 3));
      assertThat(client.receive()).matches(published(QOS_2, 6, topic, "m6"));
      assertThat(client.receive()).matches(published(QOS_1, 7, topic, "m7"));
      assertSilent(client);
    }
  }

  @Test
  @Statement({"MQTT-3.3.4-7", "MQTT-3.2.0-1"})
  void clientThatSendsMoreThanTheServersReceiveMaximumIsEnded() throws IOException {
    String topic = name();
    int most = MqttSettings.DEFAULTS.receiveMaximum();
    try (RawClient client = open(connect5(name(), CLEAN, "", ""))) {
      assertThat(client.receive()).as("announced").contains("21%04x".formatted(most));
      for (int id = 1; id <= most; id++) {
        client.send(Packets.publish(QOS_2, id, topic, ""));
        assertThat(client.receive()).isEqualTo("5002%04x".formatted(id));
      }
      client.send(Packets.publish(0, 0, topic, ""), Packets.publish(QOS_2, 1, topic, ""));
      assertThat(client.receive()).as("one of them again").isEqualTo("50020001");
      client.send(Packets.ack(0x62, 1));
      assertThat(client.receive()).isEqualTo("70020001");
      client.send(Packets.publish(QOS_1, 1, topic, ""));
      assertThat(client.receive()).isEqualTo("40020001");
      client.send(Packets.publish(QOS_2, 1, topic, ""));
      assertThat(client.receive()).isEqualTo("50020001");
      client.send(Packets.publish(QOS_1, most + 1, topic, ""));
      assertEnds(client, "93");
    }
    assertThat(rows(topic)).hasSize(most + 3);
  }

  @Test
  @Statement("MQTT-4.13.1-1")
  void receiveMaximumOf0IsAnError() throws IOException {
    try (RawClient client = open(connect5(name(), CLEAN, "210000", ""))) {
      assertThat(client.receive()).isEqualTo("2003008200");
      assertClosed(client);
    }
  }
}
