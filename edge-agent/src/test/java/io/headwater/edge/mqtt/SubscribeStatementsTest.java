package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the standard says of SUBSCRIBE, UNSUBSCRIBE, topic filters and PINGREQ. */
class SubscribeStatementsTest extends Conversation {
  @Test
  @Statement(
      value = {"MQTT-3.8.3-1", "MQTT-3.10.3-1", "MQTT-1.5.4-1", "MQTT-4.7.3-2"},
      old = {"MQTT-3.8.3-1", "MQTT-3.10.3-1", "MQTT-4.7.3-2"})
  void filtersAreWellFormedStrings() throws IOException {
    for (String bad : List.of("0002c328", "0003eda080", "0003610062", "0005" + "61")) {
      assertEndsBoth(
          packet(0x82, "0001" + "00" + bad + "00"), "81", packet(0x82, "0001" + bad + "00"));
      assertEndsBoth(packet(0xa2, "0001" + "00" + bad), "81", packet(0xa2, "0001" + bad));
    }
  }

  @Test
  @Statement(
      value = {"MQTT-3.8.3-2", "MQTT-3.10.3-2"},
      old = {"MQTT-3.8.3-3", "MQTT-3.10.3-2"})
  void requestWithoutAFilterEndsTheConnection() throws IOException {
    assertEndsBoth(packet(0x82, "0001" + "00"), "8[12]", packet(0x82, "0001"));
    assertEndsBoth(packet(0xa2, "0001" + "00"), "8[12]", packet(0xa2, "0001"));
  }

  @Test
  @Statement("MQTT-3.8.3-3")
  void noLocalKeepsTheClientsOwnMessagesFromIt() throws IOException {
    String topic = name();
    try (RawClient client = fresh()) {
      subscribe(client, topic, 4 | 1);
      client.send(Packets.publish(QOS_1, 1, topic, "own"));
      assertThat(client.receive()).isEqualTo("40020001");
      say(QOS_1, topic, "other");
      assertThat(client.receive()).matches(published(QOS_1, 1, topic, "other"));
      assertSilent(client);
    }
  }

  @Test
  @Statement(value = "MQTT-3.8.3-5", old = "MQTT-3.8.3-4")
  void reservedBitsOfTheOptionsEndTheConnection() throws IOException {
    for (int options : new int[] {0x40, 0x80, 0x03, 0x30}) {
      try (RawClient client = fresh()) {
        client.send(Packets.subscribe(1, "t", options, 0));
        assertEnds(client, "8[12]");
      }
    }
    for (int options : new int[] {0x03, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80}) {
      try (RawClient client = old()) {
        client.send(packet(0x82, "0001" + text("t") + "%02x".formatted(options)));
        assertClosed(client);
      }
    }
    try (RawClient client = fresh()) { // the bits of the second filter
      client.send(packet(0x82, "0001" + "00" + text("t") + "2d" + text("u") + "41"));
      assertEnds(client, "81");
    }
  }

  @Test
  @Statement(
      value = {
        "MQTT-2.2.1-6",
        "MQTT-3.8.4-1",
        "MQTT-3.8.4-2",
        "MQTT-3.8.4-5",
        "MQTT-3.8.4-6",
        "MQTT-3.8.4-7",
        "MQTT-3.9.2-1",
        "MQTT-3.9.2-2",
        "MQTT-3.9.3-1",
        "MQTT-3.9.3-2"
      },
      old = {
        "MQTT-2.3.1-7",
        "MQTT-3.8.3-2",
        "MQTT-3.8.4-1",
        "MQTT-3.8.4-2",
        "MQTT-3.8.4-4",
        "MQTT-3.8.4-5",
        "MQTT-3.9.3-1",
        "MQTT-3.9.3-2"
      })
  void eachFilterHasItsCodeInItsOrder() throws IOException {
    String base = name();
    String filters5 =
        text(base + "/0")
            + "00"
            + text(base + "/a#")
            + "01"
            + text(base + "/+")
            + "02"
            + text(base + "/1")
            + "01"
            + text("")
            + "00";
    try (RawClient client = fresh(name(), "2700000010"); // takes 16 bytes: codes without words
        RawClient old = old()) {
      client.send(packet(0x82, "a1b2" + "00" + filters5));
      assertThat(client.receive()).isEqualTo("9008a1b2" + "00" + "008f02018f");
      old.send(packet(0x82, "a1b2" + filters5));
      assertThat(old.receive()).isEqualTo("9007a1b2" + "0080020180");
      say(QOS_2, base + "/x", "x");
      assertThat(old.receive()).matches("34.." + text(base + "/x") + "0001" + "78");
    }
  }

  @Test
  @Statement(
      value = {"MQTT-3.8.4-3", "MQTT-3.8.4-4"},
      old = "MQTT-3.8.4-3")
  void sameFilterAgainReplacesTheSubscription() throws IOException {
    String topic = name();
    say(QOS_1 | RETAIN, topic, "kept");
    try (RawClient client = fresh();
        RawClient old = old();
        RawClient publisher = fresh()) {
      client.send(Packets.subscribe(1, topic, 0, 5));
      assertThat(client.receive()).isEqualTo("900400010000");
      assertThat(client.receive()).matches(published(RETAIN, 0, topic, "0b05", "kept"));
      old.send(RawClient.subscribe(4, 1, topic));
      assertThat(old.receive()).isEqualTo("9003000101");
      assertThat(old.receive()).matches("33.." + text(topic) + "0001" + RawClient.hex("kept"));
      // Again and again, while messages pass: none is lost, none comes twice.
      int sent = 0;
      for (int round = 0; round < 20; round++) {
        publisher.send(Packets.publish(QOS_1, ++sent, topic, "m" + sent));
        client.send(Packets.subscribe(2, topic, 1 | 0x20, 6));
        publisher.send(Packets.publish(QOS_1, ++sent, topic, "m" + sent));
        for (int i = 0; i < 2; i++) {
          assertThat(publisher.receive()).startsWith("4002");
        }
      }
      int expected = 1;
      int acknowledged = 0;
      while (expected <= sent || acknowledged < 20) {
        String packet = client.receive();
        if (packet.startsWith("90")) {
          acknowledged++;
          assertThat(packet).isEqualTo("900400020001");
        } else {
          assertThat(packet).contains(text(topic)).endsWith(RawClient.hex("m" + expected));
          expected++;
        }
      }
      client.send(Packets.subscribe(3, topic, 2, 7));
      assertThat(client.receive()).isEqualTo("900400030002");
      assertThat(client.receive())
          .as("retained again, by the new options")
          .matches("33.." + text(topic) + "...." + "020b07" + RawClient.hex("kept"));
      assertSilent(client);
      old.send(packet(0x82, "0002" + text(topic) + "00"));
      String next = old.receive();
      while (!next.startsWith("90")) {
        next = old.receive();
      }
      assertThat(next).isEqualTo("9003000200");
      assertThat(old.receive()).matches("31.." + text(topic) + RawClient.hex("kept"));
      say(QOS_1, topic, "end");
      assertThat(old.receive()).matches("30.." + text(topic) + RawClient.hex("end"));
    }
  }

  @Test
  @Statement(
      value = {"MQTT-3.8.4-8", "MQTT-4.8.2-3"},
      old = "MQTT-3.8.4-6")
  void messageComesAtTheLowerOfBothQos() throws IOException {
    for (int granted = 0; granted <= 2; granted++) {
      String topic = name();
      try (RawClient client = fresh()) {
        subscribe(client, topic, granted);
        int packetId = 0;
        for (int qos = 0; qos <= 2; qos++) {
          say(qos << 1, topic, "x");
          int at = Math.min(qos, granted);
          packetId += at > 0 ? 1 : 0;
          assertThat(client.receive()).matches(published(at << 1, packetId, topic, "x"));
        }
      }
    }
  }

  @Test
  @Statement({"MQTT-3.3.1-9", "MQTT-3.3.1-10", "MQTT-3.3.1-11", "MQTT-3.3.1-12", "MQTT-3.3.1-13"})
  void retainHandlingAndRetainAsPublished() throws IOException {
    String topic = name();
    say(QOS_1 | RETAIN, topic, "kept");
    try (RawClient client = fresh()) {
      subscribe(client, topic, 0x20); // 2: none
      assertSilent(client);
      subscribe(client, topic, 0x10); // 1: there was one already
      assertSilent(client);
      subscribe(client, topic, 0x00); // 0: always
      assertThat(client.receive()).matches(published(RETAIN, 0, topic, "kept"));
      say(QOS_1 | RETAIN, topic, "live");
      assertThat(client.receive()).matches(published(0, 0, topic, "live"));
      subscribe(client, topic, 0x28); // as published
      say(QOS_1 | RETAIN, topic, "live");
      assertThat(client.receive()).matches(published(RETAIN, 0, topic, "live"));
      say(QOS_1, topic, "plain");
      assertThat(client.receive()).matches(published(0, 0, topic, "plain"));
    }
    try (RawClient client = fresh()) {
      subscribe(client, topic, 0x10); // 1, and new
      assertThat(client.receive()).matches(published(RETAIN, 0, topic, "live"));
    }
  }

  @Test
  @Statement(
      value = {"MQTT-4.7.1-1", "MQTT-4.7.1-2", "MQTT-4.7.3-1", "MQTT-4.7.3-3"},
      old = {"MQTT-4.7.1-2", "MQTT-4.7.1-3", "MQTT-4.7.3-1", "MQTT-4.7.3-3"})
  void wildcardsStandWhereTheyMay() throws IOException {
    try (RawClient client = fresh();
        RawClient old = old()) {
      for (String bad : List.of("a/#/b", "a#", "#a", "a/b+", "+a/b", "a/+b/c", "##", "++", "")) {
        client.send(Packets.subscribe(1, bad, 0, 0));
        assertThat(client.receive()).as(bad).isEqualTo("90040001008f");
        old.send(packet(0x82, "0001" + text(bad) + "00"));
        assertThat(old.receive()).as(bad).isEqualTo("9003000180");
      }
      for (String good : List.of("#", "+", "/", "+/+", "a/+/c", "+/#", "a/#", "/+", "a//b", " ")) {
        client.send(Packets.subscribe(1, good, 0, 0));
        String answer = client.receive();
        while (!answer.startsWith("90")) {
          answer = client.receive(); // retained ones of other tests
        }
        assertThat(answer).as(good).isEqualTo("900400010000");
      }
    }
  }

  @Test
  @Statement(value = "MQTT-4.7.2-1", old = "MQTT-4.7.2-1")
  void leadingWildcardsFitNoTopicThatBeginsWithADollar() throws IOException {
    String topic = name();
    try (RawClient wild = fresh();
        RawClient old = old();
        RawClient named = fresh()) {
      subscribe(wild, "+/" + topic + "/#", 1);
      subscribe(wild, "#", 0x21);
      old.send(packet(0x82, "0001" + text("#") + "00" + text("+/" + topic) + "00"));
      assertThat(old.receive()).isEqualTo("900400010000");
      subscribe(named, "$else/#", 1);
      say(QOS_1, "$else/" + topic, "x");
      assertThat(named.receive()).matches(published(QOS_1, 1, "$else/" + topic, "x"));
      say(QOS_1, topic, "y");
      assertThat(wild.receive()).matches(published(QOS_1, 1, topic, "y"));
      String next = old.receive();
      while (next.startsWith("31")) {
        next = old.receive(); // retained ones of other tests
      }
      assertThat(next).matches("30.." + text(topic) + "79");
    }
  }

  @Test
  @Statement(
      value = {
        "MQTT-2.2.1-6",
        "MQTT-3.10.4-1",
        "MQTT-3.10.4-2",
        "MQTT-3.10.4-4",
        "MQTT-3.10.4-5",
        "MQTT-3.10.4-6",
        "MQTT-3.11.2-1",
        "MQTT-3.11.2-2",
        "MQTT-3.11.3-1",
        "MQTT-3.11.3-2"
      },
      old = {
        "MQTT-2.3.1-7",
        "MQTT-3.10.4-1",
        "MQTT-3.10.4-2",
        "MQTT-3.10.4-4",
        "MQTT-3.10.4-5",
        "MQTT-3.10.4-6"
      })
  void unsubscribingTakesExactlyTheFilterThatIsNamed() throws IOException {
    String base = name();
    try (RawClient client = fresh(name(), "270000001e");
        RawClient old = old()) {
      subscribe(client, base + "/+", 0);
      subscribe(client, base + "/b", 0);
      client.send(
          packet(0xa2, "a1b2" + "00" + text(base + "/a") + text(base + "/+") + text(base + "/#")));
      assertThat(client.receive()).isEqualTo("b006a1b2" + "00" + "110011");
      say(QOS_1, base + "/a", "x");
      say(QOS_1, base + "/b", "y");
      assertThat(client.receive()).matches(published(0, 0, base + "/b", "y"));

      old.send(RawClient.subscribe(4, 1, base + "/+", base + "/b"));
      assertThat(old.receive()).isEqualTo("900400010101");
      old.send(packet(0xa2, "a1b2" + text(base + "/a") + text(base + "/+")));
      assertThat(old.receive()).isEqualTo("b002a1b2");
      old.send(packet(0xa2, "a1b3" + text("never/subscribed")));
      assertThat(old.receive()).isEqualTo("b002a1b3");
      say(QOS_1, base + "/a", "x");
      say(QOS_1, base + "/b", "y");
      assertThat(old.receive()).matches("32.." + text(base + "/b") + "0001" + "79");
    }
  }

  @Test
  @Statement(value = "MQTT-3.10.4-3", old = "MQTT-3.10.4-3")
  void deliveryThatHasBegunIsBroughtToItsEndBehindAnUnsubscribe() throws IOException {
    String id = name();
    String topic = name();
    try (RawClient client = back(id, false)) {
      subscribe(client, topic, 2);
      say(QOS_1, topic, "one");
      say(QOS_2, topic, "two");
      assertThat(client.receive()).matches(published(QOS_1, 1, topic, "one"));
      assertThat(client.receive()).matches(published(QOS_2, 2, topic, "two"));
      client.send(Packets.unsubscribe(9, topic));
      assertThat(client.receive()).isEqualTo("b00400090000");
      say(QOS_1, topic, "three");
    }
    try (RawClient client = back(id, true)) {
      assertThat(client.receive()).matches(published(QOS_1 | DUP, 1, topic, "one"));
      assertThat(client.receive()).matches(published(QOS_2 | DUP, 2, topic, "two"));
      client.send(Packets.ack(0x40, 1), Packets.ack(0x50, 2));
      assertThat(client.receive()).isEqualTo("62020002");
      client.send(Packets.ack(0x70, 2));
      assertSilent(client);
    }
  }

  @Test
  @Statement(value = "MQTT-3.12.4-1", old = "MQTT-3.12.4-1")
  void pingIsAnswered() throws IOException {
    try (RawClient client = fresh();
        RawClient old = old()) {
      assertSilent(client);
      assertSilent(old);
      client.send(packet(0xc0, "00"));
      assertEnds(client, "81");
    }
  }

  @Test
  @Statement({"MQTT-4.8.2-4", "MQTT-4.8.2-5"})
  void qos2MessageOfASharedSubscriptionStaysWithItsMember() throws IOException {
    String topic = name();
    String id = name();
    try (RawClient other = back(name(), false)) {
      try (RawClient member = back(id, false)) {
        subscribe(member, "$share/g/" + topic, 2);
        subscribe(other, "$share/g/" + topic, 2);
        say(QOS_2, topic, "x");
        say(QOS_2, topic, "x");
        assertThat(member.receive()).matches(published(QOS_2, 1, topic, "x"));
        assertThat(other.receive()).matches(published(QOS_2, 1, topic, "x"));
      }
      try (RawClient member = back(id, true)) {
        assertThat(member.receive()).matches(published(QOS_2 | DUP, 1, topic, "x"));
      }
      fresh(id, WORDLESS).close(); // its session ends
      say(QOS_1, topic, "next");
      assertThat(other.receive()).as("nothing before").matches(published(QOS_1, 2, topic, "next"));
    }
  }
}
