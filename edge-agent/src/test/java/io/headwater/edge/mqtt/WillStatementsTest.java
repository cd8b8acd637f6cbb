package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What the standard says of wills. */
class WillStatementsTest extends Conversation {
  /**
   * A client of MQTT 5 with a will.
   *
   * @param flags QoS in bits 3-4, retain in bit 5
   */
  private RawClient withWill(String id, int flags, String expiry, String properties, String topic)
      throws IOException {
    RawClient client =
        open(
            connect5(
                id,
                WILL | flags,
                "11" + expiry,
                properties(properties) + text(topic) + text("gone")));
    assertThat(client.receive()).startsWith("20");
    return client;
  }

  private void awaitRows(String topic, int count) {
    Awaitility.await().untilAsserted(() -> assertThat(rows(topic)).hasSize(count));
  }

  private void assertRowsStay(String topic, int count) {
    Awaitility.await()
        .during(Duration.ofMillis(300))
        .untilAsserted(() -> assertThat(rows(topic)).hasSize(count));
  }

  @Test
  @Statement(
      value = {"MQTT-3.1.2-7", "MQTT-3.1.2-8", "MQTT-3.1.2-10", "MQTT-3.14.4-3"},
      old = {"MQTT-3.1.2-8", "MQTT-3.1.2-10", "MQTT-3.1.2-12", "MQTT-3.14.4-3"})
  void brokenConnectionPublishesTheWillOnceAndDisconnectDropsIt() throws IOException {
    String topic = name();
    withWill(name(), 0, "00000000", "", topic).close();
    awaitRows(topic, 1);
    try (RawClient client = withWill(name(), 8, "00000000", "", topic)) {
      client.send(Packets.disconnect(0));
      assertClosed(client);
    }
    try (RawClient client = withWill(name(), 8, "00000000", "", topic)) {
      client.send(Packets.disconnect(4));
      assertClosed(client);
    }
    awaitRows(topic, 2);
    try (RawClient client = withWill(name(), 16, "00000000", "", topic)) {
      client.send(connect5(name(), CLEAN, "", "")); // a protocol error
      assertEnds(client, "82");
    }
    awaitRows(topic, 3);
    String oldTopic = name();
    try (RawClient client = open(connect4(name(), CLEAN | WILL, text(oldTopic) + text("gone")))) {
      assertThat(client.receive()).isEqualTo("20020000");
    }
    awaitRows(oldTopic, 1);
    try (RawClient client = open(connect4(name(), CLEAN | WILL, text(oldTopic) + text("gone")))) {
      assertThat(client.receive()).isEqualTo("20020000");
      client.send(RawClient.disconnect());
      assertClosed(client);
    }
    old().close(); // none
    String id = name();
    withWill(id, 8, "00000064", "", topic).close();
    awaitRows(topic, 4);
    back(id, true).close(); // its will has been published
    assertRowsStay(topic, 4);
    assertRowsStay(oldTopic, 1);
  }

  @Test
  @Statement(
      value = {"MQTT-3.1.2-14", "MQTT-3.1.2-15", "MQTT-3.1.3-10"},
      old = {"MQTT-3.1.2-9", "MQTT-3.1.2-16", "MQTT-3.1.2-17"})
  void willIsPublishedAsItsFlagsAndPropertiesSay() throws IOException {
    String topic = name();
    String kept = topic + "/kept";
    String properties =
        "26" + text("b") + text("1") + "26" + text("a") + text("2") + "26" + text("b") + text("0");
    try (RawClient watcher = fresh()) {
      subscribe(watcher, topic + "/#", 2 | 8);
      withWill(name(), 16, "00000000", properties, topic).close();
      assertThat(watcher.receive()).matches(published(QOS_2, 1, topic, properties, "gone"));
      withWill(name(), 8 | 32, "00000000", "", kept).close();
      assertThat(watcher.receive()).matches(published(QOS_1 | RETAIN, 2, kept, "gone"));
    }
    try (RawClient late = fresh()) {
      subscribe(late, topic + "/#", 1);
      assertThat(late.receive()).matches(published(QOS_1 | RETAIN, 1, kept, "gone"));
      assertSilent(late);
    }
    String oldTopic = name();
    try (RawClient client =
        open(connect4(name(), CLEAN | WILL | 32, text(oldTopic) + text("gone")))) {
      assertThat(client.receive()).isEqualTo("20020000");
    }
    awaitRows(oldTopic, 1);
    try (RawClient late = old()) {
      late.send(RawClient.subscribe(4, 1, oldTopic));
      assertThat(late.receive()).isEqualTo("9003000101");
      assertThat(late.receive()).matches("31.." + text(oldTopic) + RawClient.hex("gone"));
    }
  }

  @Test
  @Statement({"MQTT-3.1.2-8", "MQTT-3.1.3-9"})
  void delayedWillWaitsForItsTimeOrTheSessionsEnd() throws IOException {
    String back = name();
    String early = name();
    String late = name();
    String session = name();
    long start = System.nanoTime();
    withWill(back, 8, "00000064", "1800000003", early).close();
    withWill(name(), 8, "00000064", "1800000001", late).close();
    withWill(name(), 8, "00000001", "18000000ff", session).close();
    try (RawClient client = back(back, true)) {
      awaitRows(late, 1);
      awaitRows(session, 1);
      assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(950));
      assertThat(rows(early)).as("its client was back in time").isEmpty();
      client.send(Packets.disconnect(4));
    }
    Awaitility.await().until(() -> System.nanoTime() - start > TimeUnit.MILLISECONDS.toNanos(3100));
    assertRowsStay(early, 0);
  }

  @Test
  @Statement(value = "MQTT-3.1.4-3", old = "MQTT-3.1.2-8")
  void takeoverPublishesTheWillOfTheConnectionThatEnds() throws IOException {
    String id = name();
    String topic = name();
    try (RawClient first = withWill(id, 8, "00000000", "", topic);
        RawClient second = fresh(id, "")) {
      assertEnds(first, "8e");
      awaitRows(topic, 1);
      assertSilent(second);
    }
    assertRowsStay(topic, 1);
  }
}
