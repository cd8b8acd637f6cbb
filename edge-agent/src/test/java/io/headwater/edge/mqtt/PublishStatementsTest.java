package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.clock.Capture;
import io.headwater.edge.clock.DeviceClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import java.io.IOException;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the standard says of PUBLISH and its acknowledgements. */
class PublishStatementsTest extends Conversation {
  @Test
  @Statement(
      value = {"MQTT-3.3.1-2", "MQTT-3.3.1-4", "MQTT-4.13.1-1"},
      old = {"MQTT-3.3.1-2", "MQTT-3.3.1-4"})
  void qos3AndDupAtQos0EndTheConnection() throws IOException {
    String topic = name();
    for (int flags : new int[] {6, 14, 8, 9}) {
      byte[] packet5 = packet(0x30 | flags, text(topic) + ((flags & 6) == 0 ? "" : "0001") + "00");
      byte[] packet4 = packet(0x30 | flags, text(topic) + ((flags & 6) == 0 ? "" : "0001"));
      assertEndsBoth(packet5, "81", packet4);
    }
    assertThat(rows(topic)).isEmpty();
  }

  @Test
  @Statement(
      value = {"MQTT-3.3.1-3", "MQTT-4.3.2-5", "MQTT-4.3.2-2", "MQTT-4.3.3-2"},
      old = {"MQTT-3.3.1-3", "MQTT-4.3.2-1", "MQTT-4.3.2-2"})
  void dupOfAPublisherIsNotHandedOnAndMakesNoDifferenceAtQos1() throws IOException {
    String topic = name();
    try (RawClient subscriber = fresh();
        RawClient publisher = fresh()) {
      subscribe(subscriber, topic, 2);
      publisher.send(
          Packets.publish(QOS_1, 5, topic, "x"),
          Packets.publish(QOS_1 | DUP, 5, topic, "x"),
          Packets.publish(QOS_2 | DUP, 6, topic, "y"));
      assertThat(publisher.receive()).isEqualTo("40020005");
      assertThat(publisher.receive()).isEqualTo("40020005");
      assertThat(publisher.receive()).isEqualTo("50020006");
      assertThat(subscriber.receive()).matches(published(QOS_1, 1, topic, "x"));
      assertThat(subscriber.receive()).matches(published(QOS_1, 2, topic, "x"));
      assertThat(subscriber.receive()).matches(published(QOS_2, 3, topic, "y"));
    }
    assertThat(rows(topic)).hasSize(3);
  }

  /** The standard asks for that within a QoS only. */
  @Test
  void whatIsPublishedInOneGoArrivesInItsOrder() throws IOException {
    String topic = name();
    try (RawClient live = fresh();
        RawClient publisher = fresh()) {
      subscribe(live, topic, 1);
      publisher.send(
          Packets.publish(QOS_1, 9, topic, "one"),
          Packets.publish(0, 0, topic, "two"),
          Packets.publish(QOS_1, 10, topic, "three"));
      assertThat(live.receive()).matches(published(QOS_1, 1, topic, "one"));
      assertThat(live.receive()).matches(published(0, 0, topic, "two"));
      assertThat(live.receive()).matches(published(QOS_1, 2, topic, "three"));
    }
  }

  @Test
  @Statement(
      value = {
        "MQTT-3.3.1-5",
        "MQTT-3.3.1-6",
        "MQTT-3.3.1-7",
        "MQTT-3.3.1-8",
        "MQTT-3.3.1-9",
        "MQTT-3.3.1-12"
      })
  void retainedMessageIsReplacedKeptAndRemoved() throws IOException {
    String topic = name();
    try (RawClient live = fresh()) {
      subscribe(live, topic, 1);
      say(QOS_1 | RETAIN, topic, "one");
      say(RETAIN, topic, "two");
      say(QOS_1, topic, "three");
      assertThat(live.receive()).matches(published(QOS_1, 1, topic, "one"));
      assertThat(live.receive()).matches(published(0, 0, topic, "two"));
      assertThat(live.receive()).matches(published(QOS_1, 2, topic, "three"));
      try (RawClient late = fresh()) {
        subscribe(late, topic, 1);
        assertThat(late.receive()).as("the last").matches(published(RETAIN, 0, topic, "two"));
        assertSilent(late);
      }
      say(QOS_1 | RETAIN, topic, "");
      assertThat(live.receive()).as("as any").matches(published(QOS_1, 3, topic, ""));
      try (RawClient late = fresh()) {
        subscribe(late, topic, 1);
        assertSilent(late);
      }
    }
  }

  @Test
  @Statement(
      old = {
        "MQTT-3.3.1-5",
        "MQTT-3.3.1-6",
        "MQTT-3.3.1-7",
        "MQTT-3.3.1-8",
        "MQTT-3.3.1-9",
        "MQTT-3.3.1-10",
        "MQTT-3.3.1-11",
        "MQTT-3.3.1-12",
        "MQTT-3.1.2-7"
      })
  void retainedMessageOfAnOldClientToo() throws IOException {
    String topic = name();
    try (RawClient live = old();
        RawClient publisher = old()) {
      live.send(RawClient.subscribe(4, 1, topic));
      assertThat(live.receive()).isEqualTo("9003000101");
      publisher.send(packet(0x33, text(topic) + "0001" + "6f6e65")); // one
      assertThat(publisher.receive()).isEqualTo("40020001");
      assertThat(live.receive()).matches("32.." + text(topic) + "00016f6e65");
      publisher.send(
          packet(0x31, text(topic) + "74776f"), // two
          packet(0x32, text(topic) + "0002" + "74"));
      assertThat(publisher.receive()).isEqualTo("40020002");
      assertThat(live.receive()).matches("30.." + text(topic) + "74776f");
      assertThat(live.receive()).matches("32.." + text(topic) + "000274");
      publisher.send(RawClient.disconnect()); // its session ends, what it retained does not
      assertClosed(publisher);
      try (RawClient late = old()) {
        late.send(RawClient.subscribe(4, 1, topic));
        assertThat(late.receive()).isEqualTo("9003000101");
        assertThat(late.receive()).as("the last one").matches("31.." + text(topic) + "74776f");
      }
      live.send(packet(0x33, text(topic) + "0003"));
      assertThat(List.of(live.receive(), live.receive()))
          .contains("40020003")
          .anyMatch(packet -> packet.matches("32.." + text(topic) + "0003"));
      try (RawClient late = old()) {
        late.send(RawClient.subscribe(4, 1, topic));
        assertThat(late.receive()).isEqualTo("9003000101");
        assertSilent(late);
      }
    }
  }

  @Test
  @Statement(
      value = {"MQTT-3.3.2-1", "MQTT-3.3.2-2", "MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-4.7.3-2"},
      old = {
        "MQTT-3.3.2-1",
        "MQTT-3.3.2-2",
        "MQTT-1.5.3-1",
        "MQTT-1.5.3-2",
        "MQTT-4.7.1-1",
        "MQTT-4.7.3-2"
      })
  void topicNameIsThereWellFormedAndWithoutWildcards() throws IOException {
    for (String bad :
        List.of(
            "",
            "0001",
            "0002c328",
            "0003eda080",
            "00036100" + "62",
            text("a/+"),
            text("#"),
            text("a+"))) {
      assertEndsBoth(packet(0x30, bad + "00"), "81", packet(0x30, bad));
    }
  }

  @Test
  @Statement(
      value = {"MQTT-4.7.3-1", "MQTT-3.3.2-8", "MQTT-3.3.2-9", "MQTT-3.2.2-17"},
      old = "MQTT-4.7.3-1")
  void emptyTopicNeedsAnAliasAndAliasesHaveTheirRange() throws IOException {
    record Case(String properties, String code) {}
    for (Case each :
        List.of(
            new Case("", "82"),
            new Case("230005", "82"),
            new Case("230000", "94"),
            new Case("230021", "94"),
            new Case("23ffff", "94"))) {
      try (RawClient client = fresh()) {
        client.send(packet(0x32, "0000" + "0001" + properties(each.properties())));
        assertEnds(client, each.code());
      }
    }
    try (RawClient client = old()) {
      client.send(packet(0x32, "0000" + "0001"));
      assertClosed(client);
    }
  }

  @Test
  @Statement({"MQTT-3.3.2-7", "MQTT-3.3.2-12"})
  void aliasesAreSetUsedRedefinedAndForgottenWithTheConnection() throws IOException {
    String id = name();
    String one = name();
    String two = name();
    try (RawClient client = back(id, false)) {
      for (int alias = 1; alias <= 32; alias++) {
        client.send(Packets.publish(QOS_1, alias, one, "s" + alias, 0x23, 0, alias));
        client.send(Packets.publish(QOS_1, 100 + alias, "", "u" + alias, 0x23, 0, alias));
        assertThat(client.receive()).isEqualTo("4002%04x".formatted(alias));
        assertThat(client.receive()).isEqualTo("4002%04x".formatted(100 + alias));
      }
      client.send(Packets.publish(QOS_1, 1, two, "new", 0x23, 0, 7));
      client.send(Packets.publish(QOS_1, 2, "", "used", 0x23, 0, 7));
      client.send(Packets.publish(QOS_1, 3, "", "other", 0x23, 0, 8));
      for (int i = 1; i <= 3; i++) {
        assertThat(client.receive()).isEqualTo("4002000" + i);
      }
    }
    assertThat(rows(one)).hasSize(65).endsWith(one + "=u32", one + "=other");
    assertThat(rows(two)).containsExactly(two + "=new", two + "=used");
    try (RawClient client = back(id, true)) {
      client.send(Packets.publish(QOS_1, 1, "", "x", 0x23, 0, 7));
      assertEnds(client, "82");
    }
    assertThat(rows("")).as("a row without a topic").isEmpty();
  }

  @Test
  @Statement({
    "MQTT-3.3.2-3",
    "MQTT-3.3.2-4",
    "MQTT-3.3.2-15",
    "MQTT-3.3.2-16",
    "MQTT-3.3.2-17",
    "MQTT-3.3.2-18",
    "MQTT-3.3.2-20"
  })
  void propertiesReachTheSubscriberUnaltered() throws IOException {
    String topic = name();
    String properties =
        "0101" // payload format
            + "03"
            + text("text/ä")
            + "08"
            + text("answers/here")
            + "0900050001ff0002"
            + "26"
            + text("b")
            + text("1")
            + "26"
            + text("a")
            + text("2")
            + "26"
            + text("b")
            + text("0")
            + "26"
            + text("")
            + text("");
    try (RawClient subscriber = fresh();
        RawClient publisher = fresh()) {
      subscribe(subscriber, topic, 1);
      publisher.send(packet(0x32, text(topic) + "0001" + properties(properties) + "78"));
      assertThat(publisher.receive()).isEqualTo("40020001");
      String received = subscriber.receive();
      assertThat(received).startsWith("32").endsWith("78").contains(text(topic) + "0001");
      assertThat(received)
          .contains("0101", "03" + text("text/ä"), "08" + text("answers/here"), "0900050001ff0002")
          .contains(
              "26" + text("b") + text("1") + "26" + text("a") + text("2") + "26" + text("b")
                  + text("0") + "26" + text("") + text(""))
          .hasSize(("32ff" + text(topic) + "0001" + properties(properties) + "78").length());
    }
  }

  @Test
  @Statement({"MQTT-3.3.2-13", "MQTT-3.3.2-14", "MQTT-3.3.2-19"})
  void responseTopicAndContentTypeAreWellFormed() throws IOException {
    record Case(String properties, String code) {}
    for (Case each :
        List.of(
            new Case("080002c328", "81"),
            new Case("030002c328", "81"),
            new Case("08" + text("a/+"), "82"),
            new Case("08" + text("a/#"), "82"))) {
      try (RawClient client = fresh()) {
        client.send(packet(0x30, text("t") + properties(each.properties())));
        assertEnds(client, each.code());
      }
    }
  }

  @Test
  @Statement(
      value = {
        "MQTT-2.2.1-5",
        "MQTT-3.3.4-1",
        "MQTT-4.3.2-4",
        "MQTT-4.3.3-8",
        "MQTT-4.3.3-11",
        "MQTT-4.3.3-12"
      },
      old = {"MQTT-2.3.1-6", "MQTT-3.3.4-1", "MQTT-4.3.2-2", "MQTT-4.3.3-2"})
  void eachQosHasItsAnswerWithThePacketIdentifier() throws IOException {
    String topic = name();
    try (RawClient client = fresh();
        RawClient old = old()) {
      for (int round = 1; round <= 2; round++) {
        client.send(
            Packets.publish(0, 0, topic, "x"),
            Packets.publish(QOS_1, 0xfffe, topic, "x"),
            Packets.publish(QOS_2, 0xffff, topic, "x"));
        assertThat(client.receive()).isEqualTo("4002fffe");
        assertThat(client.receive()).isEqualTo("5002ffff");
        client.send(Packets.ack(0x62, 0xffff));
        assertThat(client.receive()).isEqualTo("7002ffff");
        old.send(RawClient.publish(4, 0, 0, topic, "x"), RawClient.publish(4, 1, 1, topic, "x"));
        old.send(RawClient.publish(4, 2, 2, topic, "x"));
        assertThat(old.receive()).isEqualTo("40020001");
        assertThat(old.receive()).isEqualTo("50020002");
        old.send(Packets.ack(0x62, 2));
        assertThat(old.receive()).isEqualTo("70020002");
        assertThat(rows(topic)).as("an identifier is good again").hasSize(6 * round);
      }
    }
  }

  @Test
  @Statement(
      value = {"MQTT-4.3.3-10", "MQTT-4.3.3-12"},
      old = "MQTT-4.3.3-2")
  void untilItsReleaseAQos2MessageIsTheSameHoweverItComes() throws IOException {
    String topic = name();
    try (RawClient subscriber = fresh();
        RawClient client = fresh()) {
      subscribe(subscriber, topic, 2);
      for (int flags : new int[] {QOS_2, QOS_2, QOS_2 | DUP}) {
        client.send(Packets.publish(flags, 1, topic, "x"));
        assertThat(client.receive()).isEqualTo("50020001");
      }
      client.send(Packets.ack(0x62, 1));
      assertThat(client.receive()).isEqualTo("70020001");
      assertThat(rows(topic)).hasSize(1);
      client.send(Packets.publish(QOS_2 | DUP, 1, topic, "new"));
      assertThat(client.receive()).isEqualTo("50020001");
      assertThat(subscriber.receive()).matches(published(QOS_2, 1, topic, "x"));
      assertThat(subscriber.receive()).matches(published(QOS_2, 2, topic, "new"));
    }
  }

  @Test
  @Statement({
    "MQTT-3.4.2-1",
    "MQTT-3.5.2-1",
    "MQTT-4.3.3-9",
    "MQTT-3.4.2-2",
    "MQTT-3.4.2-3",
    "MQTT-3.5.2-2",
    "MQTT-3.5.2-3"
  })
  void refusalIsACodeWithoutWordsAndTheIdentifierIsFreeAgain() throws IOException {
    String topic = name();
    try (RawClient client = fresh(name(), "2700000010")) { // takes 16 bytes
      client.send(
          Packets.publish(QOS_1, 1, "$SYS/" + topic, "x"),
          Packets.publish(QOS_2, 2, "$SYS/" + topic, "x"),
          Packets.publish(QOS_1, 3, "a/".repeat(16) + topic, "x"),
          Packets.publish(QOS_2, 4, "a/".repeat(16) + topic, "x"),
          Packets.publish(0, 0, "$SYS/" + topic, "x"));
      assertThat(client.receive()).isEqualTo("400400018700");
      assertThat(client.receive()).isEqualTo("500400028700");
      assertThat(client.receive()).isEqualTo("400400039000");
      assertThat(client.receive()).isEqualTo("500400049000");
      client.send(Packets.publish(QOS_2, 2, topic, "new"));
      assertThat(client.receive()).isEqualTo("50020002");
    }
    assertThat(server.rows())
        .filteredOn(row -> row.contains(topic))
        .containsExactly(topic + "=new");
  }

  @Test
  @Statement({
    "MQTT-3.6.2-1",
    "MQTT-3.6.2-2",
    "MQTT-3.6.2-3",
    "MQTT-3.7.2-1",
    "MQTT-3.7.2-2",
    "MQTT-3.7.2-3"
  })
  void releaseAndReceiptOfNothingAreAnsweredByTheirCode() throws IOException {
    try (RawClient client = fresh(name(), "2700000010");
        RawClient old = old()) {
      client.send(Packets.ack(0x62, 77), Packets.ack(0x50, 78));
      assertThat(List.of(client.receive(), client.receive()))
          .containsExactlyInAnyOrder("7004004d9200", "6204004e9200");
      client.send(Packets.ack(0x40, 79), Packets.ack(0x70, 80));
      assertSilent(client);
      old.send(Packets.ack(0x62, 77));
      assertThat(old.receive()).isEqualTo("7002004d");
      old.send(Packets.ack(0x50, 78));
      assertThat(old.receive()).isEqualTo("6202004e");
    }
  }

  @Test
  @Statement(
      value = {
        "MQTT-2.1.3-1",
        "MQTT-3.6.1-1",
        "MQTT-3.8.1-1",
        "MQTT-3.10.1-1",
        "MQTT-3.14.1-1",
        "MQTT-4.13.1-1"
      },
      old = {
        "MQTT-2.2.2-1",
        "MQTT-2.2.2-2",
        "MQTT-3.6.1-1",
        "MQTT-3.8.1-1",
        "MQTT-3.10.1-1",
        "MQTT-3.14.1-1"
      })
  void reservedFlagsEndTheConnection() throws IOException {
    for (int first : new int[] {0x41, 0x51, 0x60, 0x63, 0x71, 0x80, 0x83, 0xa0, 0xa3, 0xc1, 0xe1}) {
      String behind5 =
          switch (first >> 4) {
            case 8 -> "0001" + "00" + text("t") + "00";
            case 10 -> "0001" + "00" + text("t");
            case 12, 14 -> "";
            default -> "0001";
          };
      String behind4 =
          switch (first >> 4) {
            case 8 -> "0001" + text("t") + "00";
            case 10 -> "0001" + text("t");
            case 12, 14 -> "";
            default -> "0001";
          };
      assertEndsBoth(packet(first, behind5), "81", packet(first, behind4));
    }
  }

  @Test
  @Statement(
      value = {"MQTT-2.2.1-2", "MQTT-2.2.1-3"},
      old = {"MQTT-2.3.1-1", "MQTT-2.3.1-5"})
  void packetIdentifierIsThereExactlyWhereItIsNeededAndNotZero() throws IOException {
    assertEndsBoth(packet(0x32, text("t") + "0000" + "00"), "81", packet(0x32, text("t") + "0000"));
    assertEndsBoth(packet(0x34, text("t") + "0000" + "00"), "81", packet(0x34, text("t") + "0000"));
    assertEndsBoth(
        packet(0x82, "0000" + "00" + text("t") + "00"),
        "81",
        packet(0x82, "0000" + text("t") + "00"));
    assertEndsBoth(packet(0xa2, "0000" + "00" + text("t")), "81", packet(0xa2, "0000" + text("t")));
    String topic = name();
    try (RawClient subscriber = fresh()) {
      subscribe(subscriber, topic, 0);
      say(QOS_1, topic, "x");
      assertThat(subscriber.receive()).matches(published(0, 0, topic, "x"));
    }
  }

  @Test
  @Statement(
      value = {"MQTT-3.3.4-2", "MQTT-3.3.4-3", "MQTT-3.3.4-4", "MQTT-3.3.4-5"},
      old = "MQTT-3.3.5-1")
  void overlappingFiltersGiveOneMessageAtTheHighestQosWithAllIdentifiers() throws IOException {
    String topic = name();
    try (RawClient client = fresh();
        RawClient old = old()) {
      client.send(
          Packets.subscribe(1, topic + "/#", 0, 5),
          Packets.subscribe(2, topic + "/+", 2, 6),
          Packets.subscribe(3, topic + "/a", 1, 0));
      for (int i = 0; i < 3; i++) {
        assertThat(client.receive()).startsWith("90");
      }
      old.send(packet(0x82, "0001" + text(topic + "/#") + "00" + text(topic + "/a") + "02"));
      assertThat(old.receive()).isEqualTo("900400010002");
      say(QOS_2, topic + "/a", "x");
      assertThat(client.receive())
          .matches(
              "34.." + text(topic + "/a") + "0001" + "04(0b050b06|0b060b05)" + RawClient.hex("x"));
      assertThat(old.receive()).matches("34.." + text(topic + "/a") + "0001" + RawClient.hex("x"));
      assertSilent(client);
      assertSilent(old);
    }
  }

  @Test
  @Statement("MQTT-3.3.4-6")
  void subscriptionIdentifierInAPublishEndsTheConnection() throws IOException {
    String topic = name();
    try (RawClient client = fresh()) {
      client.send(packet(0x32, text(topic) + "0001" + properties("0b05")));
      assertEnds(client, "81");
    }
    assertThat(rows(topic)).isEmpty();
  }

  @Test
  @Statement(
      value = {"MQTT-2.2.1-4", "MQTT-4.3.2-1", "MQTT-4.3.3-1"},
      old = {"MQTT-2.3.1-4", "MQTT-4.3.2-1", "MQTT-4.3.3-1"})
  void serverUsesNoPacketIdentifierThatIsInUse() {
    var channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
    ChannelHandlerContext ctx = channel.pipeline().lastContext();
    var outbox =
        new Outbox(new MqttMetrics(new SimpleMeterRegistry()), DeviceClock.of(Clock.systemUTC()));
    var held = new HashSet<Integer>();
    for (int i = 1; i <= 70_000; i++) {
      outbox.add(
          ctx,
          new Outgoing(
              i, "t", new byte[0], null, Capture.UNKNOWN, 1 + i % 2, false, List.of(), null, null));
      outbox.send(ctx);
      MqttPublishMessage sent = channel.readOutbound();
      int id = sent.variableHeader().packetId();
      sent.release();
      assertThat(held).as("message %s", i).doesNotContain(id);
      assertThat(id).isBetween(1, 65_535);
      if (i % 1000 == 1 && i < 60_000) {
        held.add(id); // never acknowledged
      } else if (i % 2 == 0) {
        outbox.acknowledged(id, 0);
      } else {
        outbox.received(ctx, id, 0);
        channel.readOutbound();
        outbox.completed(id);
      }
    }
    assertThat(held).hasSize(60);
    channel.finishAndReleaseAll();
  }

  @Test
  @Statement(
      value = {"MQTT-4.6.0-5", "MQTT-4.6.0-6", "MQTT-4.5.0-1"},
      old = {"MQTT-4.6.0-5", "MQTT-4.6.0-6", "MQTT-4.5.0-1"})
  void messagesArriveInTheOrderInWhichTheyCame() throws IOException {
    String topic = name();
    try (RawClient one = fresh();
        RawClient two = fresh();
        RawClient publisher = fresh()) {
      subscribe(one, topic, 2);
      subscribe(two, topic, 1);
      for (int i = 1; i <= 60; i++) {
        publisher.send(Packets.publish(2 * (1 + i % 2), i, topic, "v" + i));
      }
      for (int i = 1; i <= 60; i++) {
        assertThat(publisher.receive()).isEqualTo("%d002%04x".formatted(i % 2 == 0 ? 4 : 5, i));
      }
      for (int i = 1; i <= 60; i++) {
        assertThat(one.receive()).matches(published(2 * (1 + i % 2), i, topic, "v" + i));
        assertThat(two.receive()).matches(published(QOS_1, i, topic, "v" + i));
      }
    }
  }

  @Test
  @Statement(
      value = {"MQTT-1.5.4-3", "MQTT-4.7.3-4"},
      old = {"MQTT-1.5.3-3", "MQTT-4.7.3-4"})
  void topicsAreComparedAsTheyAre() throws IOException {
    String base = name();
    List<String> all =
        List.of(
            base + "/é",
            base + "/e\u0301",
            base + "/\uFEFFa",
            base + "/a",
            base + "/A",
            base + "/a ",
            base + "//a",
            "/" + base + "/a");
    try (RawClient client = fresh()) {
      for (String filter : all) {
        client.send(Packets.subscribe(1, filter, 1, 1 + all.indexOf(filter)));
        assertThat(client.receive()).isEqualTo("900400010001");
      }
      for (String topic : all) {
        say(0, topic, "x");
        assertThat(client.receive())
            .matches(published(0, 0, topic, "0b%02x".formatted(1 + all.indexOf(topic)), "x"));
      }
    }
  }

  @Test
  @Statement(value = "MQTT-4.3.1-1", old = "MQTT-4.3.1-1")
  void qos0GoesOutWithoutDup() throws IOException {
    String topic = name();
    try (RawClient client = old()) {
      client.send(packet(0x82, "0001" + text(topic) + "00"));
      assertThat(client.receive()).isEqualTo("9003000100");
      say(QOS_1, topic, "x");
      assertThat(client.receive()).matches("30.." + text(topic) + "78");
    }
  }
}
