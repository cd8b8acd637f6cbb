package io.headwater.edge.mqtt;

import static io.headwater.edge.mqtt.Packets.ack;
import static io.headwater.edge.mqtt.Packets.connect;
import static io.headwater.edge.mqtt.Packets.connectOld;
import static io.headwater.edge.mqtt.Packets.disconnect;
import static io.headwater.edge.mqtt.Packets.publish;
import static io.headwater.edge.mqtt.Packets.subscribe;
import static io.headwater.edge.mqtt.Packets.unsubscribe;
import static io.headwater.edge.mqtt.RawClient.hex;
import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.log.StateWrite;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sessions and what they deliver: by raw packets, on a real log. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SessionTest {
  private static final int QOS_1 = 2;
  private static final int QOS_2 = 4;
  private static final int NO_LOCAL = 4;
  private static final int RETAIN_AS_PUBLISHED = 8;

  @TempDir Path folder;
  private TestServer server;
  private RawClient sensor;

  @BeforeEach
  void start() throws IOException {
    server = new TestServer(folder, MqttSettings.DEFAULTS, TestServer.SMALL_FILES);
    sensor = server.client().connected(5, "sensor");
  }

  @AfterEach
  void stop() throws IOException {
    sensor.close();
    server.close();
  }

  private void restart() throws IOException {
    sensor.close();
    server.restart();
    sensor = server.client().connected(5, "sensor");
  }

  /** A PUBLISH to a client as hex, its length left out. */
  private static String expected(int flags, int packetId, String topic, String payload) {
    return "%02x..%04x%s%s00%s"
        .formatted(
            0x30 | flags,
            topic.length(),
            hex(topic),
            (flags & 6) == 0 ? "" : "%04x".formatted(packetId),
            hex(payload));
  }

  private RawClient subscriber(int expirySeconds, boolean present) throws IOException {
    RawClient client = server.client().send(connect("pump", expirySeconds));
    assertThat(client.receive()).matches(present ? "20..0100.*" : "20..0000.*");
    return client;
  }

  @Test
  void messagesWaitForAClientThatIsAwayAndSurviveARestart() throws IOException {
    try (RawClient pump = subscriber(60, false)) {
      pump.send(subscribe(1, "a/#", 2, 0));
      assertThat(pump.receive()).isEqualTo("9004000100" + "02");
    }
    sensor.say(QOS_1, "a/1", "one");
    sensor.say(0, "a/1", "at QoS 0 to nobody");
    sensor.say(QOS_2, "a/2", "two");
    sensor.say(QOS_1, "b", "not wanted");
    restart();
    sensor.say(QOS_1, "a", "three");
    try (RawClient pump = subscriber(60, true)) {
      assertThat(pump.receive()).matches(expected(QOS_1, 1, "a/1", "one"));
      assertThat(pump.receive()).matches(expected(QOS_2, 2, "a/2", "two"));
      assertThat(pump.receive()).matches(expected(QOS_1, 3, "a", "three"));
      pump.send(ack(0x40, 1), ack(0x50, 2), ack(0x40, 3));
      assertThat(pump.receive()).isEqualTo("62020002");
      pump.send(ack(0x70, 2), disconnect(0));
      assertThat(pump.receive()).isEqualTo("closed");
    }
    try (RawClient pump = subscriber(60, true)) {
      sensor.say(QOS_1, "a/1", "four");
      assertThat(pump.receive())
          .as("nothing comes again")
          .matches(expected(QOS_1, 1, "a/1", "four"));
    }
  }

  @Test
  void whatWasNotAcknowledgedComesAgainUnderItsIdentifier() throws IOException {
    try (RawClient pump = subscriber(60, false)) {
      pump.send(subscribe(1, "a/#", 2, 0));
      pump.receive();
      sensor.say(QOS_1, "a/1", "one");
      sensor.say(QOS_2, "a/2", "two");
      sensor.say(QOS_2, "a/3", "three");
      assertThat(pump.receive()).matches(expected(QOS_1, 1, "a/1", "one"));
      assertThat(pump.receive()).matches(expected(QOS_2, 2, "a/2", "two"));
      assertThat(pump.receive()).matches(expected(QOS_2, 3, "a/3", "three"));
      pump.send(ack(0x50, 2));
      assertThat(pump.receive()).isEqualTo("62020002");
    }
    restart();
    try (RawClient pump = subscriber(60, true)) {
      assertThat(pump.receive()).as("its PUBREC is remembered").isEqualTo("62020002");
      assertThat(pump.receive()).matches(expected(8 | QOS_1, 1, "a/1", "one"));
      assertThat(pump.receive()).matches(expected(8 | QOS_2, 3, "a/3", "three"));
      pump.send(ack(0x70, 2), ack(0x40, 1), ack(0x50, 3));
      assertThat(pump.receive()).isEqualTo("62020003");
      pump.send(ack(0x70, 3), ack(0x50, 77));
      assertThat(pump.receive()).as("PUBREC for nothing").startsWith("62").contains("004d92");
    }
  }

  @Test
  void sessionEndsWithItsExpiryOrACleanStart() throws IOException {
    try (RawClient pump = subscriber(1, false)) {
      pump.send(subscribe(1, "a", 1, 0));
      pump.receive();
    }
    Awaitility.await().pollInterval(Duration.ofMillis(100)).until(this::isForgotten);
    try (RawClient pump = subscriber(60, false)) {
      pump.send(subscribe(1, "a", 1, 0));
      pump.receive();
    }
    sensor.say(QOS_1, "a", "x");
    try (RawClient pump = server.client().send(connect("pump", true, 60, null, 0))) {
      assertThat(pump.receive()).matches("20..0000.*");
      sensor.say(QOS_1, "a", "y");
      assertThat(pump.send(RawClient.ping()).receive()).isEqualTo("d000");
    }
    subscriber(60, true).close(); // the clean one has begun another
  }

  private boolean isForgotten() {
    var found = new CompletableFuture<Boolean>();
    server
        .log()
        .write(
            new StateWrite(
                List.of(), "pump", result -> found.complete(result.session().isEmpty())));
    return found.join();
  }

  @Test
  void whatWasAcknowledgedIsOnDiskSoonSoThatAKillDoesNotRepeatIt() throws IOException {
    try (RawClient pump = subscriber(60, false)) {
      pump.send(subscribe(1, "a", 1, 0));
      assertThat(pump.receive()).startsWith("90");
      sensor.say(QOS_1, "a", "x");
      assertThat(pump.receive()).matches(expected(QOS_1, 1, "a", "x"));
      pump.send(ack(0x40, 1));
      Awaitility.await()
          .atMost(Duration.ofSeconds(5)) // a cursor that only passes rows over has ten
          .until(this::cursorOnDisk, cursor -> cursor == server.log().endSeq());
    }
  }

  private long cursorOnDisk() {
    var found = new CompletableFuture<Long>();
    server
        .log()
        .write(
            new StateWrite(
                List.of(),
                "pump",
                result -> found.complete(result.session().orElseThrow().cursor())));
    return found.join();
  }

  @Test
  void sessionOfAnOldClientIsKeptWithoutEnd() throws IOException {
    try (RawClient pump = server.client().send(connectOld("old", false))) {
      assertThat(pump.receive()).isEqualTo("20020000");
      pump.send(RawClient.subscribe(4, 1, "a"));
      assertThat(pump.receive()).isEqualTo("9003000101");
    }
    restart();
    sensor.say(QOS_2, "a", "x");
    try (RawClient pump = server.client().send(connectOld("old", false))) {
      assertThat(pump.receive()).isEqualTo("20020100");
      assertThat(pump.receive()).isEqualTo("32060001" + hex("a") + "0001" + hex("x"));
    }
  }

  @Test
  void optionsAndIdentifiersDecideHowAMessageComes() throws IOException {
    try (RawClient pump = subscriber(60, false)) {
      pump.send(subscribe(1, "a/#", 1 | NO_LOCAL, 5), subscribe(2, "a/1", RETAIN_AS_PUBLISHED, 6));
      assertThat(pump.receive()).startsWith("90");
      assertThat(pump.receive()).startsWith("90");
      sensor.say(QOS_2 | 1, "a/1", "x");
      assertThat(pump.receive())
          .as("one message, the highest QoS, both identifiers, the publisher's retain flag")
          .matches("33..0003" + hex("a/1") + "0001" + "04(0b050b06|0b060b05)" + hex("x"));
      pump.send(publish(0, 0, "a/2", "own"), publish(0, 0, "a/1", "own"));
      assertThat(pump.receive())
          .as("only the filter that takes its own")
          .matches("30..0003" + hex("a/1") + "020b06" + hex("own"));
      pump.send(unsubscribe(3, "a/1"), unsubscribe(4, "zzz"));
      assertThat(pump.receive()).isEqualTo("b00400030000");
      assertThat(pump.receive()).startsWith("b0").contains("0004").endsWith("11");
    }
    restart();
    try (RawClient pump = subscriber(60, true)) {
      assertThat(pump.receive()).as("not acknowledged").startsWith("3a");
      sensor.say(0, "a/1", "y");
      assertThat(pump.receive()).matches("30..0003" + hex("a/1") + "020b05" + hex("y"));
    }
  }

  @Test
  void windowIsTheClientsReceiveMaximum() throws IOException {
    byte[] connect =
        RawClient.packet(
            0x10,
            HexFormat.of()
                .parseHex(
                    "00044d5154540500003c" + "08" + "110000003c" + "210002" + "000470756d70"));
    try (RawClient pump = server.client().send(connect)) {
      pump.receive();
      pump.send(subscribe(1, "#", 1, 0));
      pump.receive();
      for (int i = 1; i <= 5; i++) {
        sensor.say(QOS_1, "t", "" + i);
      }
      assertThat(pump.receive()).matches(expected(QOS_1, 1, "t", "1"));
      assertThat(pump.receive()).matches(expected(QOS_1, 2, "t", "2"));
      assertThat(pump.send(RawClient.ping()).receive()).isEqualTo("d000");
      pump.send(ack(0x40, 2));
      assertThat(pump.receive()).matches(expected(QOS_1, 3, "t", "3"));
      assertThat(pump.send(RawClient.ping()).receive()).isEqualTo("d000");
    }
  }

  @Test
  void backlogOverFilesComesInTheOrderOfTheLog() throws IOException {
    try (RawClient pump = subscriber(60, false)) {
      pump.send(subscribe(1, "t/+", 1, 0));
      pump.receive();
    }
    String filling = "x".repeat(500);
    for (int i = 0; i < 1500; i++) {
      sensor.say(QOS_1, "t/" + i % 7, i + filling);
    }
    try (RawClient pump = subscriber(60, true)) {
      for (int i = 0; i < 1500; i++) {
        String received = pump.receive();
        assertThat(received).contains(hex("t/" + i % 7)).contains(hex(i + "xxxx"));
        pump.send(ack(0x40, Integer.parseInt(received.substring(14, 18), 16)));
      }
    }
  }

  @Test
  void retainedMessagesFollowTheSubscription() throws IOException {
    sensor.say(QOS_1 | 1, "r/1", "one");
    sensor.say(QOS_1 | 1, "r/2", "two");
    sensor.say(QOS_1 | 1, "r/2", "");
    sensor.say(QOS_2 | 1, "r/3", "three");
    restart();
    try (RawClient pump = subscriber(60, false)) {
      pump.send(subscribe(1, "r/+", 1, 0));
      assertThat(pump.receive()).startsWith("90");
      assertThat(pump.receive()).matches(expected(QOS_1 | 1, 1, "r/1", "one"));
      assertThat(pump.receive()).matches(expected(QOS_1 | 1, 2, "r/3", "three"));
      sensor.say(QOS_1 | 1, "r/1", "live");
      assertThat(pump.receive()).matches(expected(QOS_1, 3, "r/1", "live"));
      assertThat(pump.send(subscribe(2, "r/1", 0x10, 0)).receive()).startsWith("90");
      assertThat(pump.receive()).as("a new filter").matches(expected(1, 0, "r/1", "live"));
      assertThat(pump.send(subscribe(3, "r/1", 0x10, 0)).receive()).startsWith("90");
      assertThat(pump.send(subscribe(4, "r/3", 0x20, 0)).receive()).startsWith("90");
      sensor.say(QOS_1, "r/9", "end");
      assertThat(pump.receive()).as("nothing else").matches(expected(QOS_1, 4, "r/9", "end"));
    }
  }

  /** What a client asks for again and does not take is kept for it once. */
  @Test
  void retainedMessagesFollowOnceHoweverOftenTheirFilterIsSubscribedTo() throws IOException {
    int topics = 101; // one more than may be under way
    for (int i = 0; i < topics; i++) {
      sensor.say(QOS_1 | 1, "r/" + i, "x");
    }
    try (RawClient pump = subscriber(60, false)) {
      assertThat(pump.send(subscribe(1, "r/+", 1, 0)).receive()).startsWith("90");
      for (int i = 2; i <= 40; i++) {
        pump.send(subscribe(i, "r/+", 1, 0));
      }
      sensor.say(QOS_1, "r/end", "end");
      int retained = 0;
      for (String next = pump.receive(); !next.contains(hex("r/end")); next = pump.receive()) {
        if (next.startsWith("33")) {
          retained++;
          pump.send(ack(0x40, Integer.parseInt(packetId(next), 16)));
        }
      }
      assertThat(retained).isBetween(topics, 3 * topics);
    }
  }

  /** Of a PUBLISH as hex whose length takes one byte. */
  private static String packetId(String publish) {
    int topic = Integer.parseInt(publish.substring(4, 8), 16);
    return publish.substring(8 + 2 * topic, 12 + 2 * topic);
  }

  @Test
  void expiredMessagesAreNotSentAndOthersSayWhatIsLeft() throws IOException, InterruptedException {
    try (RawClient pump = subscriber(60, false)) {
      pump.send(subscribe(1, "t", 1, 0));
      pump.receive();
    }
    sensor.send(publish(QOS_1, 1, "t", "short", 2, 0, 0, 0, 1));
    sensor.send(publish(QOS_1, 2, "t", "long", 2, 0, 0, 0, 100));
    sensor.receive();
    sensor.receive();
    long published = System.nanoTime();
    Awaitility.await()
        .until(() -> System.nanoTime() - published > TimeUnit.MILLISECONDS.toNanos(1100));
    try (RawClient pump = subscriber(60, true)) {
      assertThat(pump.receive())
          .matches("32..0001" + hex("t") + "0001" + "0502000000(63|62)" + hex("long"));
    }
  }

  @Test
  void propertiesGoToTheSubscriber() throws IOException {
    try (RawClient pump = subscriber(60, false)) {
      pump.send(subscribe(1, "t", 1, 0));
      pump.receive();
      sensor.send(
          publish(
              QOS_1, 1, "t", "x", 1, 1, 3, 0, 1, 'c', 8, 0, 1, 'r', 9, 0, 1, 7, 0x26, 0, 1, 'k', 0,
              1, 'v'));
      sensor.receive();
      assertThat(pump.receive())
          .contains("0101", "03000163", "08000172", "09000107", "2600016b000176")
          .endsWith(hex("x"));
    }
  }
}
