package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What the standard says of CONNECT and CONNACK. */
class ConnectStatementsTest extends Conversation {
  private static final String WILL_OF_NOTHING = "00" + "000177" + "0000"; // topic "w"

  @Test
  @Statement(
      value = {"MQTT-3.1.0-1", "MQTT-3.14.0-1", "MQTT-4.13.1-1"},
      old = {"MQTT-3.1.0-1", "MQTT-4.8.0-1"})
  void firstPacketIsConnectOrTheConnectionEndsWithoutAnAnswer() throws IOException {
    String topic = name();
    for (byte[] first :
        List.of(
            RawClient.ping(),
            Packets.publish(QOS_1, 1, topic, "x"),
            Packets.subscribe(1, topic, 0, 0),
            Packets.disconnect(0),
            packet(0x20, "000000"))) {
      try (RawClient client = open(first)) {
        assertClosed(client);
      }
    }
    assertThat(rows(topic)).isEmpty();
  }

  @Test
  @Statement(
      value = {"MQTT-3.1.0-2", "MQTT-3.2.0-2", "MQTT-3.14.2-1"},
      old = "MQTT-3.1.0-2")
  void secondConnectEndsTheConnection() throws IOException {
    assertEndsBoth(connect5(name(), CLEAN, "", ""), "82", connect4(name(), CLEAN, ""));
  }

  @Test
  @Statement(
      value = {"MQTT-3.1.2-1", "MQTT-3.1.2-2", "MQTT-3.2.2-8"},
      old = {"MQTT-3.1.2-1", "MQTT-3.1.2-2", "MQTT-3.2.2-5"})
  void otherProtocolsAndVersionsAreRefused() throws IOException {
    for (String start : List.of("00044d51545406", "00044d51545403", "00044d51545805")) {
      try (RawClient client = open(packet(0x10, start + "02003c00" + text("a")))) {
        assertThat(client.receive()).as(start).isEqualTo("20020001");
        assertClosed(client);
      }
    }
  }

  @Test
  @Statement(
      value = {"MQTT-3.1.2-3", "MQTT-3.1.4-1"},
      old = {"MQTT-3.1.2-3", "MQTT-3.1.4-1"})
  void reservedFlagEndsTheConnection() throws IOException {
    try (RawClient client = open(connect5(name(), CLEAN | 1, "", ""))) {
      assertThat(client.receive()).matches("closed|20..0081.*");
    }
    try (RawClient client = open(connect4(name(), CLEAN | 1, ""))) {
      assertClosed(client);
    }
  }

  @Test
  @Statement(
      value = {"MQTT-3.1.2-11", "MQTT-3.1.2-12", "MQTT-3.1.2-13"},
      old = {"MQTT-3.1.2-11", "MQTT-3.1.2-13", "MQTT-3.1.2-14", "MQTT-3.1.2-15", "MQTT-3.1.4-1"})
  void bitsOfAWillNeedAWillAndItsQosIsNot3() throws IOException {
    for (int flags : new int[] {8, 16, 32}) {
      try (RawClient client = open(connect5(name(), CLEAN | flags, "", ""))) {
        assertThat(client.receive()).as("%s", flags).isEqualTo("2003008100");
        assertClosed(client);
      }
      try (RawClient client = open(connect4(name(), CLEAN | flags, ""))) {
        assertClosed(client);
      }
    }
    try (RawClient client = open(connect5(name(), CLEAN | WILL | 0x18, "", WILL_OF_NOTHING))) {
      assertThat(client.receive()).isEqualTo("2003008100");
      assertClosed(client);
    }
    try (RawClient client = open(connect4(name(), CLEAN | WILL | 0x18, "000177" + "0000"))) {
      assertClosed(client);
    }
  }

  @Test
  @Statement(
      value = {
        "MQTT-3.1.2-9",
        "MQTT-3.1.2-16",
        "MQTT-3.1.2-17",
        "MQTT-3.1.2-18",
        "MQTT-3.1.2-19",
        "MQTT-3.1.3-1"
      },
      old = {
        "MQTT-3.1.2-9",
        "MQTT-3.1.2-11",
        "MQTT-3.1.2-18",
        "MQTT-3.1.2-19",
        "MQTT-3.1.2-20",
        "MQTT-3.1.2-21",
        "MQTT-3.1.3-1"
      })
  void fieldsAreThereAsTheFlagsSay() throws IOException {
    record Case(int flags, String behind5, String behind4, boolean right) {}
    String will5 = WILL_OF_NOTHING;
    String will4 = "000177" + "0000";
    for (Case each :
        List.of(
            new Case(WILL | 0xC0, will5 + "000175" + "000170", will4 + "000175" + "000170", true),
            new Case(WILL, "", "", false),
            new Case(0, will5, will4, false),
            new Case(0x80, "", "", false),
            new Case(0, "000175", "000175", false),
            new Case(0xC0, "000175", "000175", false),
            new Case(0x80, "000175" + "000170", "000175" + "000170", false))) {
      try (RawClient client = open(connect5(name(), CLEAN | each.flags(), "", each.behind5()))) {
        assertThat(client.receive()).as("%s", each).matches(each.right() ? "20..0000.*" : "closed");
      }
      try (RawClient client = open(connect4(name(), CLEAN | each.flags(), each.behind4()))) {
        assertThat(client.receive()).as("%s", each).isEqualTo(each.right() ? "20020000" : "closed");
      }
    }
  }

  @Test
  @Statement(
      value = {"MQTT-3.1.2-22", "MQTT-3.2.2-22"},
      old = "MQTT-3.1.2-24")
  void silenceOfOneAndAHalfKeepAlivesEndsTheConnectionAsABreak() throws IOException {
    String will = name();
    String id = text(name());
    byte[] connect5 =
        packet(0x10, "00044d51545405" + "06" + "0001" + "00" + id + "00" + text(will) + "0000");
    byte[] connect4 = packet(0x10, "00044d51545404" + "02" + "0001" + text(name()));
    byte[] never = packet(0x10, "00044d51545404" + "02" + "0000" + text(name()));
    long start = System.nanoTime();
    try (RawClient client5 = open(connect5);
        RawClient client4 = open(connect4);
        RawClient silent = open(never)) {
      assertThat(client5.receive()).matches("20..0000.*");
      assertThat(client4.receive()).isEqualTo("20020000");
      assertThat(silent.receive()).isEqualTo("20020000");
      assertEnds(client5, "8d");
      assertThat(System.nanoTime() - start)
          .isGreaterThan(1_400_000_000L)
          .isLessThan(20_000_000_000L);
      assertClosed(client4);
      Awaitility.await().untilAsserted(() -> assertThat(rows(will)).containsExactly(will + "="));
      assertSilent(silent);
    }
  }

  @Test
  @Statement({"MQTT-3.1.2-24", "MQTT-3.1.2-25"})
  void largerPacketThanTheClientTakesCountsAsDelivered() throws IOException {
    String topic = name();
    try (RawClient client = fresh(name(), "2700000028" + "210001")) { // 40 B, one at a time
      subscribe(client, topic, 1);
      say(QOS_1, topic, "x".repeat(40));
      say(0, topic, "y".repeat(40));
      String largest = "z".repeat(40 - 2 - 2 - topic.length() - 2 - 1 - 3);
      say(QOS_1, topic, largest);
      assertThat(client.receive()).matches(published(QOS_1, 1, topic, largest));
    }
  }

  @Test
  @Statement({
    "MQTT-3.2.2-19",
    "MQTT-3.2.2-20",
    "MQTT-3.14.2-2",
    "MQTT-3.14.2-3",
    "MQTT-3.14.2-4",
    "MQTT-3.1.2-24"
  })
  void reasonsAreLeftOutWhereThePacketWouldBeTooLarge() throws IOException {
    try (RawClient client = open(connect5(name(), CLEAN, "2700000014" + "15000141", ""))) {
      assertThat(client.receive()).isEqualTo("2003008c00");
      assertClosed(client);
    }
    try (RawClient client = fresh(name(), "270000001e")) {
      client.send(connect5(name(), CLEAN, "", ""));
      assertThat(client.receive()).isEqualTo("e0028200");
      assertClosed(client);
    }
    try (RawClient client = fresh(name(), "")) {
      client.send(connect5(name(), CLEAN, "", ""));
      assertThat(client.receive()).as("else with one").matches("e0..82..1f.*");
    }
  }

  @Test
  @Statement("MQTT-3.1.2-24")
  void acknowledgementThatTheClientDoesNotTakeEndsTheConnection() throws IOException {
    try (RawClient client = open(connect5(name(), CLEAN, "270000000f", ""))) { // 15 B
      assertClosed(client); // a CONNACK has 16
    }
    try (RawClient client = fresh(name(), "2700000010")) {
      var filters = new StringBuilder("000100");
      for (int i = 0; i < 12; i++) {
        filters.append(text("f" + i)).append("00");
      }
      client.send(RawClient.packet(0x82, bytes(filters.toString())));
      assertClosed(client); // a SUBACK for twelve has 17
    }
  }

  @Test
  @Statement("MQTT-3.1.2-29")
  void whoWantsNoReasonsGetsNone() throws IOException {
    try (RawClient client = fresh()) {
      client.send(
          Packets.publish(QOS_1, 1, "$SYS/x", ""),
          Packets.publish(QOS_2, 2, "$SYS/x", ""),
          Packets.ack(0x62, 3),
          Packets.ack(0x50, 4),
          Packets.subscribe(5, "a/#/b", 0, 0),
          Packets.unsubscribe(6, "a"));
      var all = new HashSet<String>();
      for (int i = 0; i < 6; i++) {
        all.add(client.receive());
      }
      assertThat(all)
          .containsExactlyInAnyOrder(
              "400400018700",
              "500400028700",
              "700400039200",
              "620400049200",
              "90040005008f",
              "b00400060011");
    }
  }

  @Test
  @Statement({"MQTT-3.1.2-26", "MQTT-3.1.2-27", "MQTT-3.3.2-11"})
  void aliasesGoUpToTheClientsMaximum() throws IOException {
    String one = name() + "/1";
    String two = one + "2";
    String three = one + "3";
    try (RawClient client = fresh(name(), "220002");
        RawClient without = fresh()) {
      subscribe(client, "+/+", 0);
      subscribe(without, "+/+", 0);
      for (int i = 0; i < 2; i++) {
        say(QOS_1, one, "x");
        say(QOS_1, two, "x");
        say(QOS_1, three, "x");
      }
      assertThat(client.receive()).matches(published(0, 0, one, "230001", "x"));
      assertThat(client.receive()).matches(published(0, 0, two, "230002", "x"));
      assertThat(client.receive()).matches(published(0, 0, three, "x"));
      assertThat(client.receive()).matches(published(0, 0, "", "230001", "x"));
      assertThat(client.receive()).matches(published(0, 0, "", "230002", "x"));
      assertThat(client.receive()).matches(published(0, 0, three, "x"));
      for (String topic : List.of(one, two, three, one, two, three)) {
        assertThat(without.receive()).matches(published(0, 0, topic, "x"));
      }
    }
  }

  @Test
  @Statement({
    "MQTT-2.2.2-1",
    "MQTT-3.1.2-28",
    "MQTT-3.1.4-5",
    "MQTT-3.2.0-1",
    "MQTT-3.2.2-1",
    "MQTT-3.2.2-9",
    "MQTT-3.2.2-10",
    "MQTT-3.2.2-12",
    "MQTT-3.2.2-13",
    "MQTT-4.12.0-6"
  })
  void connackSaysWhatTheServerOffersAndNoMore() throws IOException {
    for (String asked : List.of("", "1900", "1901")) {
      try (RawClient client = open(connect5(name(), CLEAN, asked, ""))) {
        String connack = client.receive();
        assertThat(connack).startsWith("20").matches("20..0000.*");
        Set<Integer> properties = propertiesOf(connack.substring(8));
        assertThat(properties)
            .as("no Maximum QoS, Retain Available, Server Keep Alive, Response Information, AUTH")
            .contains(0x21, 0x22, 0x27)
            .isSubsetOf(0x21, 0x22, 0x27, 0x2a);
      }
    }
    String topic = name();
    try (RawClient client = fresh()) {
      subscribe(client, topic, 2);
      say(QOS_2 | RETAIN, topic, "x");
      assertThat(client.receive()).matches(published(QOS_2, 1, topic, "x"));
    }
    try (RawClient client =
        open(connect5(name(), CLEAN | WILL | 0x30, "", "00" + text(topic) + "0000"))) {
      assertThat(client.receive()).as("will QoS 2, retained").matches("20..0000.*");
      client.send(Packets.disconnect(0));
    }
  }

  /** The identifiers in a CONNACK's properties, by their lengths of 1, 2 and 4 bytes. */
  private static Set<Integer> propertiesOf(String hex) {
    var found = new HashSet<Integer>();
    byte[] bytes = bytes(hex);
    int at = 1;
    while (at < bytes.length) {
      int id = bytes[at];
      found.add(id);
      at +=
          1
              + switch (id) {
                case 0x21, 0x22, 0x13 -> 2;
                case 0x27, 0x11 -> 4;
                case 0x24, 0x25, 0x28, 0x29, 0x2a -> 1;
                default -> 2 + bytes[at + 2];
              };
    }
    assertThat(bytes[0]).as("length").isEqualTo((byte) (bytes.length - 1));
    return found;
  }

  @Test
  @Statement(
      value = {"MQTT-3.1.3-5", "MQTT-3.1.4-5", "MQTT-3.2.2-2"},
      old = {"MQTT-3.1.3-5", "MQTT-3.1.4-3", "MQTT-3.1.4-4", "MQTT-3.2.0-1", "MQTT-3.2.2-1"})
  void identifiersOfTheStandardsCharactersAreTaken() throws IOException {
    String all = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (String id :
        List.of("a", all.substring(0, 23), all.substring(23, 46), all.substring(39, 62))) {
      fresh(id, "").close();
      try (RawClient client = open(connect4(id, CLEAN, ""))) {
        assertThat(client.receive()).isEqualTo("20020000");
      }
    }
  }

  @Test
  @Statement({"MQTT-3.1.3-6", "MQTT-3.1.3-7", "MQTT-3.2.2-16"})
  void emptyIdentifierIsReplacedByAnAssignedOneThatIsGoodForMore() throws IOException {
    var assigned = new HashSet<String>();
    String last = "";
    for (int i = 0; i < 3; i++) {
      try (RawClient client = open(connect5("", 0, KEPT, ""))) {
        String connack = client.receive();
        assertThat(connack).matches("20..0000.*");
        String hex = connack.substring(connack.indexOf("120029") + 6).substring(0, 2 * 41);
        last = new String(bytes(hex), StandardCharsets.UTF_8);
        assigned.add(last);
        subscribe(client, "for/" + last, 1);
      }
    }
    assertThat(assigned).hasSize(3);
    say(QOS_1, "for/" + last, "x");
    try (RawClient client = back(last, true)) {
      assertThat(client.receive()).matches(published(QOS_1, 1, "for/" + last, "x"));
    }
  }

  @Test
  @Statement(old = {"MQTT-3.1.3-6", "MQTT-3.1.3-7", "MQTT-3.1.3-8"})
  void emptyIdentifierOfAnOldClientNeedsACleanSession() throws IOException {
    try (RawClient one = open(connect4("", CLEAN, ""));
        RawClient two = open(connect4("", CLEAN, ""))) {
      assertThat(one.receive()).isEqualTo("20020000");
      assertThat(two.receive()).isEqualTo("20020000");
      assertSilent(one);
    }
    try (RawClient client = open(connect4("", 0, ""))) {
      assertThat(client.receive()).isEqualTo("20020002");
      assertClosed(client);
    }
  }

  @Test
  @Statement(
      value = {"MQTT-3.1.3-8", "MQTT-3.2.2-6", "MQTT-3.2.2-7", "MQTT-4.13.2-1"},
      old = {"MQTT-3.1.3-9", "MQTT-3.2.2-4", "MQTT-3.2.2-5"})
  void refusedIdentifierEndsTheConnection() throws IOException {
    try (RawClient client = open(connect5("i".repeat(257), CLEAN, "", ""))) {
      assertThat(client.receive()).matches("20..0085.*");
      assertClosed(client);
    }
    try (RawClient client = open(connect4("i".repeat(257), CLEAN, ""))) {
      assertThat(client.receive()).isEqualTo("20020002");
      assertClosed(client);
    }
  }

  @Test
  @Statement(
      value = {"MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-3.1.3-3", "MQTT-3.1.3-4", "MQTT-3.1.3-11"},
      old = {
        "MQTT-1.5.3-1",
        "MQTT-1.5.3-2",
        "MQTT-3.1.3-3",
        "MQTT-3.1.3-4",
        "MQTT-3.1.3-10",
        "MQTT-3.1.3-11"
      })
  void stringsOfConnectAreThereAndWellFormed() throws IOException {
    for (String bad : List.of("", "0002c328", "0003eda080", "00016100", "0002", "000100")) {
      String start = "4d515454";
      try (RawClient client = open(packet(0x10, "0004" + start + "0502003c00" + bad))) {
        assertThat(client.receive()).as(bad).matches("closed|20..0081.*");
      }
      try (RawClient client = open(packet(0x10, "0004" + start + "0402003c" + bad))) {
        assertClosed(client);
      }
    }
    for (String bad : List.of("0002c328", "0003eda080", "000100")) {
      for (String behind : List.of(bad + "0000", "000177" + "0000" + bad)) {
        int flags = behind.startsWith(bad) ? WILL : WILL | 0x80;
        try (RawClient client = open(connect5(name(), CLEAN | flags, "", "00" + behind))) {
          assertThat(client.receive()).as(behind).matches("closed|20..0081.*");
        }
        try (RawClient client = open(connect4(name(), CLEAN | flags, behind))) {
          assertClosed(client);
        }
      }
    }
  }

  @Test
  @Statement("MQTT-3.1.3-12")
  void userNameIsWellFormed() throws IOException {
    try (RawClient client = open(connect5(name(), CLEAN | 0x80, "", "0002c328"))) {
      assertThat(client.receive()).matches("closed|20..0081.*");
    }
  }

  @Test
  @Statement("MQTT-1.5.7-1")
  void bothStringsOfAUserPropertyAreWellFormed() throws IOException {
    for (String bad : List.of("26" + "0002c328" + "0000", "26" + "0000" + "0002c328")) {
      try (RawClient client = open(connect5(name(), CLEAN, bad, ""))) {
        assertThat(client.receive()).as(bad).matches("closed|20..0081.*");
      }
      try (RawClient client = fresh()) {
        client.send(packet(0x30, text("t") + properties(bad)));
        assertEnds(client, "81");
      }
    }
  }

  @Test
  @Statement(
      value = {"MQTT-3.1.4-3", "MQTT-3.1.3-2", "MQTT-3.14.4-1", "MQTT-3.14.4-2", "MQTT-4.13.2-1"},
      old = {"MQTT-3.1.4-2", "MQTT-3.1.3-2"})
  void newcomerWithTheIdentifierEndsTheConnectionBefore() throws IOException {
    String id = name();
    try (RawClient first = fresh(id, "");
        RawClient second = fresh(id, "")) {
      assertEnds(first, "8e");
      assertSilent(second);
      try (RawClient third = open(connect4(id, CLEAN, ""))) {
        assertThat(third.receive()).isEqualTo("20020000");
        assertEnds(second, "8e");
        try (RawClient fourth = open(connect4(id, CLEAN, ""))) {
          assertThat(fourth.receive()).isEqualTo("20020000");
          assertClosed(third);
          assertSilent(fourth);
        }
      }
    }
  }

  @Test
  @Statement(
      value = {"MQTT-3.1.4-6", "MQTT-3.2.2-6", "MQTT-4.12.0-1", "MQTT-4.12.0-4"},
      old = {"MQTT-3.1.4-5", "MQTT-3.2.2-4"})
  void behindARefusedConnectNothingIsLookedAt() throws IOException {
    String id = name();
    String topic = name();
    back(id, false).close(); // it has a session
    try (RawClient client =
        open(connect5(id, 0, "15000141", ""), Packets.publish(QOS_1, 1, topic, "x"))) {
      assertThat(client.receive()).matches("20..008c.*");
      assertClosed(client);
    }
    try (RawClient client =
        open(connect4("i".repeat(257), 0, ""), RawClient.publish(4, 1, 1, topic, "x"))) {
      assertThat(client.receive()).isEqualTo("20020002");
      assertClosed(client);
    }
    assertThat(rows(topic)).isEmpty();
    back(id, true).close();
  }

  @Test
  @Statement({"MQTT-3.15.1-1", "MQTT-4.12.0-7"})
  void authIsOutOfPlace() throws IOException {
    for (byte[] auth : List.of(packet(0xf0, ""), packet(0xf0, "1800"), packet(0xf0, "1900"))) {
      try (RawClient client = fresh()) {
        client.send(auth);
        assertEnds(client, "82");
      }
    }
    try (RawClient client = fresh()) {
      client.send(packet(0xf1, "1800"));
      assertEnds(client, "81");
    }
  }

  @Test
  @Statement(old = "MQTT-3.1.2-22")
  void passwordOfAnOldClientNeedsAUserName() throws IOException {
    try (RawClient client = open(connect4(name(), CLEAN | 0x40, "000170"))) {
      assertClosed(client);
    }
  }

  @Test
  @Statement(
      value = {"MQTT-4.7.0-1", "MQTT-4.7.3-1", "MQTT-3.1.4-2"},
      old = {"MQTT-4.7.1-1", "MQTT-4.7.3-1", "MQTT-3.2.2-6"})
  void topicOfAWillIsATopicName() throws IOException {
    for (String topic : List.of("a/+", "#", "")) {
      try (RawClient client =
          open(connect5(name(), CLEAN | WILL, "", "00" + text(topic) + "0000"))) {
        assertThat(client.receive()).as(topic).matches("20..0090.*");
        assertClosed(client);
      }
      try (RawClient client = open(connect4(name(), CLEAN | WILL, text(topic) + "0000"))) {
        assertClosed(client);
      }
    }
  }
}
