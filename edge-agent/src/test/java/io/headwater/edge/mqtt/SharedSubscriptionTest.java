package io.headwater.edge.mqtt;

import static io.headwater.edge.mqtt.Packets.ack;
import static io.headwater.edge.mqtt.Packets.connect;
import static io.headwater.edge.mqtt.Packets.connectOld;
import static io.headwater.edge.mqtt.Packets.publish;
import static io.headwater.edge.mqtt.Packets.subscribe;
import static io.headwater.edge.mqtt.Packets.unsubscribe;
import static io.headwater.edge.mqtt.RawClient.hex;
import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.log.StoredShare;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Shared subscriptions: by raw packets, on a real log. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SharedSubscriptionTest {
  private static final int QOS_1 = 2;
  private static final int QOS_2 = 4;
  private static final String FILTER = "$share/g/t/#";

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

  private RawClient member(String id, boolean present) throws IOException {
    RawClient client = server.client().send(connect(id, 60));
    assertThat(client.receive()).matches(present ? "20..0100.*" : "20..0000.*");
    return client;
  }

  private RawClient member(String id, int qos) throws IOException {
    RawClient client = member(id, false);
    assertThat(client.send(subscribe(1, FILTER, qos, 0)).receive()).endsWith("000100" + "0" + qos);
    return client;
  }

  /** The next PUBLISH that is not at QoS 0, to be acknowledged or not. */
  private record Received(int first, int packetId, String payload) {
    static Received of(RawClient client) throws IOException {
      return of(client.receive());
    }

    static Received of(String packet) {
      assertThat(packet).startsWith("3");
      byte[] body = HexFormat.of().parseHex(packet.substring(4));
      int topic = 2 + body[1];
      return new Received(
          Integer.parseInt(packet.substring(0, 2), 16),
          ((body[topic] & 0xFF) << 8) | (body[topic + 1] & 0xFF),
          new String(body, topic + 3, body.length - topic - 3, StandardCharsets.UTF_8));
    }
  }

  private static void assertSilent(RawClient client) throws IOException {
    assertThat(client.send(RawClient.ping()).receive()).isEqualTo("d000");
  }

  @Test
  void rowsGoRoundRobinToTheMembersAndAllToOthers() throws IOException {
    try (RawClient a = member("a", 1);
        RawClient b = member("b", 1);
        RawClient old = server.client().send(connectOld("old", true));
        RawClient looker = member("looker", false)) {
      old.receive();
      assertThat(old.send(RawClient.subscribe(4, 1, FILTER)).receive()).isEqualTo("9003000101");
      looker.send(subscribe(1, "t/#", 0, 0));
      looker.receive();
      for (int i = 1; i <= 6; i++) {
        sensor.say(QOS_1, "t/" + i, "" + i);
      }
      var shared = new ArrayList<String>();
      for (RawClient each : List.of(a, b)) {
        shared.add(Received.of(each).payload());
        shared.add(Received.of(each).payload());
        assertSilent(each);
      }
      assertThat(old.receive()).startsWith("32");
      assertThat(old.receive()).startsWith("32");
      assertThat(shared).hasSize(4).doesNotHaveDuplicates();
      for (int i = 1; i <= 6; i++) {
        assertThat(looker.receive()).startsWith("30").contains(hex("t/" + i));
      }
    }
  }

  @Test
  void groupsAndFiltersAreSubscriptionsOfTheirOwn() throws IOException {
    try (RawClient a = member("a", 1)) {
      a.send(subscribe(2, "$share/h/t/#", 1, 7), subscribe(3, "$share/g/t/+", 1, 0));
      a.receive();
      a.receive();
      sensor.say(QOS_1, "t/1", "x");
      var packets = List.of(a.receive(), a.receive(), a.receive());
      assertThat(packets).allMatch(each -> each.startsWith("32") && each.endsWith(hex("x")));
      assertThat(packets).filteredOn(each -> each.contains("020b07")).hasSize(1);
      a.send(unsubscribe(4, "$share/h/t/#"), unsubscribe(5, "$share/g/t/+"));
      assertThat(a.receive()).isEqualTo("b00400040000");
      assertThat(a.receive()).isEqualTo("b00400050000");
      sensor.say(QOS_1, "t/2", "y");
      assertThat(Received.of(a).payload()).isEqualTo("y");
      assertSilent(a);
    }
  }

  @Test
  void refusesWhatIsNoSharedFilter() throws IOException {
    try (RawClient a = member("a", false)) {
      for (String wrong :
          List.of("$share/g", "$share//t", "$share/+/t", "$share/g/", "$share/g/a#")) {
        assertThat(a.send(subscribe(1, wrong, 1, 0)).receive())
            .as(wrong)
            .matches("90..0001.*")
            .endsWith("8f");
      }
      a.send(subscribe(1, FILTER, 1 | 4, 0));
      assertThat(a.receive()).as("no local is a protocol error").startsWith("e0").contains("82");
      assertThat(a.receive()).isEqualTo("closed");
    }
  }

  @Test
  void newGroupBeginsAtTheHeadAndGetsNothingRetained() throws IOException {
    sensor.say(QOS_1 | 1, "t/1", "old");
    try (RawClient a = member("a", 1)) {
      sensor.say(QOS_1 | 1, "t/1", "new");
      assertThat(Received.of(a).payload()).isEqualTo("new");
      assertSilent(a);
    }
  }

  @Test
  void unfinishedGoesToAnotherMemberButQos2StaysWithItsSession() throws IOException {
    RawClient a = member("a", 2);
    try (RawClient b = member("b", 2)) {
      for (int i = 1; i <= 4; i++) {
        sensor.say(QOS_1, "t/1", "one-" + i);
        sensor.say(QOS_2, "t/2", "two-" + i);
      }
      var first = new ArrayList<Received>();
      for (int i = 0; i < 4; i++) {
        first.add(Received.of(a));
        Received.of(b);
      }
      a.close();
      var again = new ArrayList<String>();
      long lost = first.stream().filter(each -> each.first() == 0x32).count();
      for (int i = 0; i < lost; i++) {
        again.add(Received.of(b).payload());
      }
      assertThat(again)
          .containsExactlyElementsOf(
              first.stream().filter(each -> each.first() == 0x32).map(Received::payload).toList());
      assertSilent(b);
      try (RawClient back = member("a", true)) {
        for (Received each : first) {
          if (each.first() == 0x34) {
            Received repeated = Received.of(back);
            assertThat(repeated).isEqualTo(new Received(0x3c, each.packetId(), each.payload()));
          }
        }
        assertSilent(back);
      }
    }
  }

  @Test
  void memberWithAFullWindowIsPassedOver() throws IOException {
    byte[] connect =
        RawClient.packet(
            0x10, HexFormat.of().parseHex("00044d5154540502003c" + "03" + "210001" + "000161"));
    try (RawClient a = server.client().send(connect);
        RawClient b = member("b", 1)) {
      a.receive();
      a.send(subscribe(1, FILTER, 1, 0));
      a.receive();
      for (int i = 0; i < 10; i++) {
        sensor.say(QOS_1, "t", "" + i);
      }
      Received only = Received.of(a);
      assertSilent(a);
      for (int i = 0; i < 9; i++) {
        Received.of(b);
      }
      a.send(ack(0x40, only.packetId()));
      sensor.say(QOS_1, "t", "x");
      sensor.say(QOS_1, "t", "y");
      assertThat(Received.of(a).payload()).isIn("x", "y");
      assertThat(Received.of(b).payload()).isIn("x", "y");
    }
  }

  @Test
  void groupGoesOnAfterARestartAndANewFile() throws IOException {
    try (RawClient a = member("a", 2)) {
      sensor.say(QOS_1, "t", "one");
      sensor.say(QOS_2, "t", "two");
      assertThat(Received.of(a).payload()).isEqualTo("one");
      assertThat(Received.of(a).payload()).isEqualTo("two");
      for (int i = 0; i < 6; i++) {
        sensor.say(QOS_1, "fill", "x".repeat(50_000));
        Awaitility.await().pollDelay(Duration.ofMillis(300)).until(() -> true);
      }
    }
    sensor.say(QOS_1, "t", "three");
    restart();
    sensor.say(QOS_2, "t", "four");
    try (RawClient b = member("b", 2)) {
      for (String expected : List.of("one", "three", "four")) {
        Received each = Received.of(b);
        assertThat(each.payload())
            .as("what a has not finished, and what came since")
            .isEqualTo(expected);
        if (each.first() == 0x32) {
          b.send(ack(0x40, each.packetId()));
        }
      }
      assertSilent(b);
    }
    try (RawClient a = member("a", true)) {
      assertThat(Received.of(a)).isEqualTo(new Received(0x3c, 2, "two"));
      assertSilent(a);
    }
  }

  @Test
  void groupLivesAsLongAsASessionHasIt() throws IOException {
    try (RawClient a = member("a", 1);
        RawClient b = member("b", 1)) {
      b.send(unsubscribe(2, FILTER));
      assertThat(b.receive()).isEqualTo("b00400020000");
      assertThat(a.send(RawClient.disconnect()).receive()).isEqualTo("closed");
    }
    sensor.say(QOS_1, "t", "kept");
    try (RawClient b = server.client().connected(5, "b")) {
      b.send(subscribe(1, FILTER, 1, 0));
      b.receive();
      assertThat(Received.of(b).payload()).isEqualTo("kept");
      b.send(ack(0x40, 1), RawClient.disconnect());
      assertThat(b.receive()).isEqualTo("closed");
    }
    server.client().connected(5, "a").close(); // with a clean start: nobody has it now
    sensor.say(QOS_1, "t", "not kept");
    restart();
    assertThat(server.log().shares()).isEmpty();
    try (RawClient a = member("a", 1)) {
      assertSilent(a);
    }
    restart();
    assertThat(server.log().shares()).extracting(StoredShare::filter).containsExactly(FILTER);
  }

  @Test
  void manyRowsReachTheMembersOnceWhileOneOfThemComesAndGoes() throws Exception {
    int all = 3000;
    var seen = new ConcurrentHashMap<String, Integer>();
    var counted = new CompletableFuture<Void>();
    try (RawClient stays = member("stays", 1)) {
      Thread reader =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  while (seen.size() < all) {
                    Received each = Received.of(stays);
                    seen.merge(each.payload(), 1, Integer::sum);
                    stays.send(ack(0x40, each.packetId()));
                  }
                  counted.complete(null);
                } catch (IOException | AssertionError e) {
                  counted.completeExceptionally(e);
                }
              });
      Thread comesAndGoes =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  boolean known = false;
                  while (seen.size() < all - 200) {
                    try (RawClient goes = member("goes", known)) {
                      if (!known) {
                        goes.send(subscribe(1, FILTER, 1, 0));
                        goes.receive();
                      }
                      known = true;
                      // The other may take all that is left: then there is only the answer.
                      for (int i = 0; i < 50 && seen.size() < all - 200; ) {
                        String packet = goes.send(RawClient.ping()).receive();
                        while (!packet.equals("d000")) {
                          Received each = Received.of(packet);
                          if (i++ % 3 != 0) {
                            seen.merge(each.payload(), 1, Integer::sum);
                            goes.send(ack(0x40, each.packetId()));
                          }
                          packet = goes.receive();
                        }
                      }
                    }
                  }
                } catch (IOException | AssertionError e) {
                  counted.completeExceptionally(e);
                }
              });
      for (int i = 0; i < all; i += 100) {
        var burst = new ArrayList<byte[]>();
        for (int j = i; j < i + 100; j++) {
          burst.add(publish(QOS_1, j - i + 1, "t/" + j % 3, "m" + j));
        }
        sensor.send(burst.toArray(byte[][]::new));
        for (int j = 0; j < 100; j++) {
          assertThat(sensor.receive()).startsWith("4002");
        }
      }
      counted.get(40, TimeUnit.SECONDS);
      reader.join();
      comesAndGoes.join();
      assertThat(seen).hasSize(all);
    }
  }
}
