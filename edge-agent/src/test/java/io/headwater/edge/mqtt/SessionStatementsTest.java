package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.log.StateWrite;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What the standard says of sessions, of sending again, and of DISCONNECT. */
class SessionStatementsTest extends Conversation {
  private boolean isForgotten(String id) {
    var found = new CompletableFuture<Boolean>();
    server
        .log()
        .write(new StateWrite(List.of(), id, result -> found.complete(result.session().isEmpty())));
    return found.join();
  }

  private RawClient oldBack(String id, boolean present) throws IOException {
    RawClient client = open(connect4(id, 0, ""));
    assertThat(client.receive()).isEqualTo(present ? "20020100" : "20020000");
    return client;
  }

  @Test
  @Statement({
    "MQTT-3.1.2-4",
    "MQTT-3.1.2-5",
    "MQTT-3.1.2-6",
    "MQTT-3.1.2-23",
    "MQTT-3.1.3-2",
    "MQTT-3.1.4-4",
    "MQTT-3.2.2-2",
    "MQTT-3.2.2-3"
  })
  void sessionIsMadeResumedAndDiscarded() throws IOException {
    String id = name();
    String topic = name();
    try (RawClient client = back(id, false)) {
      subscribe(client, topic, 1);
    }
    say(QOS_1, topic, "one");
    back(name(), false).close(); // another identifier is another session
    try (RawClient client = back(id, true)) {
      assertThat(client.receive()).matches(published(QOS_1, 1, topic, "one"));
      client.send(Packets.ack(0x40, 1));
    }
    say(QOS_1, topic, "two");
    try (RawClient client = fresh(id, KEPT)) {
      assertSilent(client);
      say(QOS_1, topic, "three");
      assertSilent(client);
    }
    back(id, true).close(); // the new one
  }

  @Test
  @Statement(
      old = {
        "MQTT-3.1.2-4",
        "MQTT-3.1.2-5",
        "MQTT-3.1.2-6",
        "MQTT-3.1.3-2",
        "MQTT-3.1.4-3",
        "MQTT-3.2.2-1",
        "MQTT-3.2.2-2",
        "MQTT-3.2.2-3",
        "MQTT-4.1.0-1",
        "MQTT-4.1.0-2"
      })
  void sessionOfAnOldClientIsMadeResumedAndDiscarded() throws IOException {
    String id = name();
    String topic = name();
    try (RawClient client = oldBack(id, false)) {
      client.send(packet(0x82, "0001" + text(topic) + "02"));
      assertThat(client.receive()).isEqualTo("9003000102");
      client.send(RawClient.disconnect());
      assertClosed(client);
    }
    say(QOS_1, topic, "one");
    say(QOS_2, topic, "two");
    try (RawClient client = oldBack(id, true)) {
      assertThat(client.receive()).matches("32.." + text(topic) + "0001" + RawClient.hex("one"));
      assertThat(client.receive()).matches("34.." + text(topic) + "0002" + RawClient.hex("two"));
    }
    try (RawClient client = open(connect4(id, CLEAN, ""))) {
      assertThat(client.receive()).isEqualTo("20020000");
      say(QOS_1, topic, "three");
      assertSilent(client);
    }
    oldBack(id, false).close(); // a clean one leaves nothing
  }

  @Test
  @Statement({"MQTT-4.1.0-1", "MQTT-4.1.0-2", "MQTT-3.14.4-1"})
  void sessionLastsAsLongAsItsConnectionAndItsExpiry() throws IOException {
    String none = name();
    String changed = name();
    String one = name();
    String topic = name();
    try (RawClient client = open(connect5(one, 0, "1100000001", ""))) {
      assertThat(client.receive()).matches("20..0000.*");
      subscribe(client, topic, 1);
      long connected = System.nanoTime();
      try (RawClient other = open(connect5(none, 0, "", ""))) {
        assertThat(other.receive()).matches("20..0000.*");
        subscribe(other, topic, 1);
      }
      try (RawClient other = back(none, false)) { // no expiry: it ended with its connection
        other.send(packet(0xe0, "0005" + "1100000000"));
        assertClosed(other);
      }
      back(none, false).close(); // its DISCONNECT has ended it
      back(changed, false).send(packet(0xe0, "0005" + "1100000001")).close();
      Awaitility.await()
          .until(() -> System.nanoTime() - connected > TimeUnit.MILLISECONDS.toNanos(1300));
      say(QOS_1, topic, "x"); // it has been there for longer than its expiry
      assertThat(client.receive()).matches(published(QOS_1, 1, topic, "x"));
    }
    Awaitility.await().pollInterval(Duration.ofMillis(100)).until(() -> isForgotten(one));
    Awaitility.await().pollInterval(Duration.ofMillis(100)).until(() -> isForgotten(changed));
    back(one, false).close();
    back(changed, false).close();
  }

  @Test
  @Statement(
      value = {
        "MQTT-3.3.1-1",
        "MQTT-4.3.2-3",
        "MQTT-4.3.3-3",
        "MQTT-4.3.3-4",
        "MQTT-4.3.3-5",
        "MQTT-4.3.3-6",
        "MQTT-4.4.0-1",
        "MQTT-2.2.1-5"
      },
      old = {"MQTT-3.3.1-1", "MQTT-4.3.2-1", "MQTT-4.3.3-1", "MQTT-4.4.0-1", "MQTT-4.6.0-1"})
  void whatIsNotAcknowledgedComesAgainInItsOrderUnderItsIdentifierWithDup() throws IOException {
    String id = name();
    String topic = name();
    try (RawClient client = back(id, false)) {
      subscribe(client, topic, 2);
      say(QOS_1, topic, "one");
      say(QOS_2, topic, "two");
      say(QOS_1, topic, "three");
      say(QOS_2, topic, "four");
      for (int i = 1; i <= 4; i++) {
        assertThat(client.receive()).startsWith(i % 2 == 0 ? "34" : "32").contains("000" + i);
      }
      client.send(Packets.ack(0x40, 1), Packets.ack(0x50, 2));
      assertThat(client.receive()).isEqualTo("62020002");
      assertSilent(client);
    }
    for (int i = 0; i < 2; i++) {
      try (RawClient client = back(id, true)) {
        assertThat(client.receive()).as("PUBREL, no PUBLISH").isEqualTo("62020002");
        assertThat(client.receive()).matches(published(QOS_1 | DUP, 3, topic, "three"));
        assertThat(client.receive()).matches(published(QOS_2 | DUP, 4, topic, "four"));
        assertSilent(client);
      }
    }
    try (RawClient client = back(id, true)) {
      for (int i = 0; i < 3; i++) {
        client.receive();
      }
      client.send(Packets.ack(0x70, 2), Packets.ack(0x40, 3), Packets.ack(0x50, 4));
      assertThat(client.receive()).isEqualTo("62020004");
      client.send(Packets.ack(0x70, 4));
      assertSilent(client);
      client.send(Packets.disconnect(0));
      assertClosed(client);
    }
    try (RawClient client = back(id, true)) {
      assertSilent(client);
    }
  }

  @Test
  @Statement({"MQTT-4.4.0-2", "MQTT-4.8.2-6"})
  void refusedMessageCountsAsAcknowledged() throws IOException {
    String id = name();
    String topic = name();
    try (RawClient client = back(id, false)) {
      subscribe(client, topic, 2);
      say(QOS_1, topic, "one");
      say(QOS_2, topic, "two");
      assertThat(client.receive()).matches(published(QOS_1, 1, topic, "one"));
      assertThat(client.receive()).matches(published(QOS_2, 2, topic, "two"));
      client.send(packet(0x40, "0001" + "80" + "00"), packet(0x50, "0002" + "87" + "00"));
      assertSilent(client); // no PUBREL
      client.send(Packets.disconnect(0));
      assertClosed(client);
    }
    try (RawClient client = back(id, true)) {
      assertSilent(client);
    }
  }

  @Test
  @Statement({"MQTT-3.3.2-5", "MQTT-3.3.2-6", "MQTT-4.3.3-7", "MQTT-4.3.3-13"})
  void expiryEndsWhatHasNotBegunAndNothingElse() throws IOException {
    String id = name();
    String topic = name();
    byte[] last = Packets.publish(QOS_2, 7, topic, "begun", 2, 0, 0, 0, 1);
    try (RawClient client = back(id, false);
        RawClient publisher = back(name(), false)) {
      subscribe(client, topic, 2);
      publisher.send(last);
      assertThat(publisher.receive()).isEqualTo("50020007");
      assertThat(client.receive()).matches(published(QOS_2, 1, topic, "0200000001", "begun"));
      client.send(Packets.disconnect(0));
      assertClosed(client);
      say(QOS_1, topic, "short", 2, 0, 0, 0, 1);
      say(QOS_1 | RETAIN, topic, "kept short", 2, 0, 0, 0, 1);
      say(QOS_1, topic, "long", 2, 0, 0, 1, 0);
      long published = System.nanoTime();
      Awaitility.await()
          .until(() -> System.nanoTime() - published > TimeUnit.MILLISECONDS.toNanos(1100));
      publisher.send(Packets.ack(0x62, 7)); // expired or not
      assertThat(publisher.receive()).isEqualTo("70020007");
    }
    try (RawClient client = back(id, true)) {
      assertThat(client.receive()).matches(published(QOS_2 | DUP, 1, topic, "0200000001", "begun"));
      assertThat(client.receive())
          .as("what is left of 256 s")
          .matches("32.." + text(topic) + "0002" + "0502000000f[def]" + RawClient.hex("long"));
      client.send(Packets.ack(0x50, 1));
      assertThat(client.receive()).isEqualTo("62020001");
    }
    try (RawClient late = fresh()) {
      subscribe(late, topic, 1);
      assertSilent(late);
    }
  }

  @Test
  @Statement(
      value = {"MQTT-3.14.4-1", "MQTT-3.14.4-2", "MQTT-4.13.1-1"},
      old = "MQTT-4.8.0-1")
  void behindTheEndOfAConnectionNothingIsLookedAt() throws IOException {
    String topic = name();
    try (RawClient client = fresh()) {
      client.send(Packets.disconnect(0), Packets.publish(QOS_1, 1, topic, "x"));
      assertClosed(client);
    }
    try (RawClient client = fresh()) {
      client.send(connect5(name(), CLEAN, "", ""), Packets.publish(QOS_1, 1, topic, "x"));
      assertEnds(client, "82");
    }
    try (RawClient client = old()) {
      client.send(RawClient.disconnect(), RawClient.publish(4, 1, 1, topic, "x"));
      assertClosed(client);
    }
    assertThat(rows(topic)).isEmpty();
  }

  @Test
  @Statement("MQTT-4.13.1-1")
  void disconnectCannotGiveAnExpiryToASessionWithoutOne() throws IOException {
    try (RawClient client = fresh()) {
      client.send(packet(0xe0, "0005" + "1100000001"));
      assertEnds(client, "82");
    }
  }
}
