package io.headwater.edge.mqtt;

import static io.headwater.edge.mqtt.RawClient.connect;
import static io.headwater.edge.mqtt.RawClient.disconnect;
import static io.headwater.edge.mqtt.RawClient.hex;
import static io.headwater.edge.mqtt.RawClient.ping;
import static io.headwater.edge.mqtt.RawClient.publish;
import static io.headwater.edge.mqtt.RawClient.subscribe;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What arrives behind a CONNECT that is still being checked; raw packets. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HandshakeTest {
  private record Asked(Admission.Login login, CompletableFuture<Admission.Verdict> verdict) {
    void admit() {
      admit(Rights.ALL);
    }

    void admit(Rights rights) {
      verdict.complete(new Admission.Admitted(rights));
    }

    void refuse(Admission.Reason reason) {
      verdict.complete(new Admission.Refused(reason, "no"));
    }
  }

  /** May publish and receive what begins with "mine/". */
  private static final Rights MINE =
      new Rights() {
        @Override
        public String identity() {
          return "me";
        }

        @Override
        public boolean mayPublish(String topic) {
          return topic.startsWith("mine/");
        }

        @Override
        public boolean maySubscribe(String filter) {
          return filter.startsWith("mine/") || filter.equals("#");
        }

        @Override
        public boolean mayReceive(String topic) {
          return topic.startsWith("mine/");
        }
      };

  @TempDir Path folder;
  private final LinkedBlockingQueue<Asked> asked = new LinkedBlockingQueue<>();
  private final Admission admission =
      login -> {
        var verdict = new CompletableFuture<Admission.Verdict>();
        asked.add(new Asked(login, verdict));
        return verdict;
      };
  private TestServer server;

  @BeforeEach
  void listen() {
    server = new TestServer(folder, admission);
  }

  @AfterEach
  void close() {
    server.close();
  }

  private List<String> published() {
    return server.published.stream().map(Publish::topic).toList();
  }

  private RawClient client() throws IOException {
    return server.client();
  }

  private EmbeddedChannel channel() {
    return new EmbeddedChannel(
        new MqttDecoder(1 << 20, 256, true), MqttEncoder.INSTANCE, server.connection());
  }

  private Asked asked() throws InterruptedException {
    Asked next = asked.poll(20, TimeUnit.SECONDS);
    assertThat(next).as("a login to be judged").isNotNull();
    return next;
  }

  @Test
  void whatIsBehindConnectIsHandledInOrderOnceTheClientIsIn() throws Exception {
    try (var client = client()) {
      client.send(
          connect(5, "a"),
          publish(5, 1, 1, "t/1", "x"),
          subscribe(5, 2, "t/+"),
          publish(5, 1, 3, "t/3", "x"),
          ping());
      Asked login = asked();
      assertThat(published()).isEmpty();

      login.admit();

      assertThat(client.receive()).startsWith("20").contains("0000");
      assertThat(client.receive()).as("a ping passes").isEqualTo("d000");
      assertThat(client.receive()).startsWith("4002" + "0001");
      assertThat(client.receive()).startsWith("90" + "04" + "0002");
      assertThat(List.of(client.receive(), client.receive()))
          .anyMatch(packet -> packet.startsWith("4002" + "0003"))
          .anyMatch(packet -> packet.startsWith("32") && packet.contains(hex("t/3")));
      assertThat(published()).containsExactly("t/1", "t/3");
    }
  }

  /** It may be another user's, or his rights are not what they were. */
  @Test
  void whatIsUnderWayIsNotSentAgainToWhoMayNotReceiveIt() throws Exception {
    try (var client = client().send(Packets.connect("a", 60))) {
      asked().admit();
      assertThat(client.receive()).startsWith("20");
      assertThat(client.send(Packets.subscribe(1, "#", 1, 0)).receive()).startsWith("90");
      try (var sensor = client().send(connect(5, "s"))) {
        asked().admit();
        sensor.receive();
        sensor.say(2, "secret/x", "1");
        sensor.say(2, "mine/x", "2");
      }
      assertThat(client.receive()).contains(hex("secret/x"));
      assertThat(client.receive()).contains(hex("mine/x"));
    }
    try (var client = client().send(Packets.connect("a", 60))) {
      asked().admit(MINE);

      assertThat(client.receive()).startsWith("20");
      assertThat(client.receive()).contains(hex("mine/x"));
      assertThat(client.send(ping()).receive()).isEqualTo("d000");
    }
  }

  @Test
  void oneSegmentWithDisconnectAtItsEndIsCarriedOut() throws Exception {
    for (int level : new int[] {4, 5}) {
      server.published.clear();
      try (var client = client()) {
        client.send(
            connect(level, "a"),
            publish(level, 1, 1, "t/1", "x"),
            subscribe(level, 2, "u"),
            publish(level, 0, 0, "t/2", "x"),
            disconnect());
        asked().admit();

        assertThat(client.receive()).startsWith("20");
        await().untilAsserted(() -> assertThat(published()).containsExactly("t/1", "t/2"));
      }
    }
  }

  @Test
  void refusedConnectTakesWhatIsBehindItAlong() throws Exception {
    record Case(int level, Admission.Reason reason, String code) {}
    for (Case each :
        List.of(
            new Case(4, Admission.Reason.BAD_CREDENTIALS, "20020004"),
            new Case(4, Admission.Reason.NOT_AUTHORIZED, "20020005"),
            new Case(4, Admission.Reason.BUSY, "20020003"),
            new Case(4, Admission.Reason.QUOTA_EXCEEDED, "20020003"),
            new Case(5, Admission.Reason.BAD_CREDENTIALS, "20080086051f00026e6f"),
            new Case(5, Admission.Reason.NOT_AUTHORIZED, "20080087051f00026e6f"),
            new Case(5, Admission.Reason.BUSY, "20080089051f00026e6f"),
            new Case(5, Admission.Reason.QUOTA_EXCEEDED, "20080097051f00026e6f"))) {
      try (var client = client()) {
        client.send(
            connect(each.level(), "a", "user", "wrong", null),
            publish(each.level(), 1, 1, "t", "x"),
            publish(each.level(), 0, 0, "t", "x"),
            subscribe(each.level(), 2, "t"),
            disconnect());
        Asked login = asked();
        assertThat(login.login().user()).isEqualTo("user");
        assertThat(login.login().password()).asString().isEqualTo("wrong");
        assertThat(login.login().onLoopback()).isTrue();

        login.refuse(each.reason());

        assertThat(client.receive()).as("%s", each).isEqualTo(each.code());
        assertThat(client.receive()).isEqualTo("closed");
      }
    }
    assertThat(published()).isEmpty();
  }

  @Test
  void failedCheckIsAnsweredAsBusy() throws Exception {
    try (var client = client()) {
      client.send(connect(4, "a"));
      asked().verdict().completeExceptionally(new IllegalStateException("broken"));
      assertThat(client.receive()).isEqualTo("20020003");
      assertThat(client.receive()).isEqualTo("closed");
    }
  }

  @Test
  void subscribingRightBehindConnectIsNeverDropped() throws Exception {
    for (int i = 0; i < 300; i++) {
      try (var client = client()) {
        client.send(connect(4, "c" + i), subscribe(4, 1, "t"));
        asked().admit();
        assertThat(client.receive()).isEqualTo("20020000");
        assertThat(client.receive()).as("round %s", i).isEqualTo("9003000101");
      }
    }
  }

  @Test
  void clientThatGoesDuringTheCheckLeavesNothingBehind() {
    EmbeddedChannel channel = channel();
    ByteBuf segment =
        Unpooled.copiedBuffer(connect(4, "a"), publish(4, 1, 1, "t", "x".repeat(100)));
    channel.writeInbound(segment);
    assertThat(channel.config().isAutoRead()).as("the socket is not read").isFalse();
    assertThat(segment.refCnt()).as("kept").isPositive();

    channel.close();
    asked.remove().admit();

    assertThat(segment.refCnt()).isZero();
    assertThat(published()).isEmpty();
    channel.finishAndReleaseAll();
  }

  @Test
  void socketIsReadAgainAfterTheHandshake() {
    EmbeddedChannel channel = channel();
    channel.writeInbound(Unpooled.wrappedBuffer(connect(4, "a")));
    asked.remove().admit();
    channel.runPendingTasks();
    assertThat(channel.config().isAutoRead()).isTrue();
    channel.finishAndReleaseAll();
  }

  @Test
  void rightsAreAskedAtPublish() throws Exception {
    try (var fresh = client();
        var old = client()) {
      fresh.send(connect(5, "a"));
      asked().admit(MINE);
      fresh.receive();
      old.send(connect(4, "b"));
      asked().admit(MINE);
      old.receive();

      fresh.send(publish(5, 1, 1, "other/t", "x"), publish(5, 1, 2, "mine/t", "x"));
      assertThat(fresh.receive()).startsWith("40").contains("0001" + "87");
      assertThat(fresh.receive()).startsWith("40").contains("0002");
      fresh.send(publish(5, 0, 0, "other/0", "x"), ping());
      assertThat(fresh.receive()).isEqualTo("d000");

      old.send(publish(4, 0, 0, "other/0", "x"), publish(4, 1, 1, "mine/1", "x"));
      assertThat(old.receive()).isEqualTo("40020001");
      old.send(publish(4, 1, 2, "other/t", "x"));
      assertThat(old.receive()).isEqualTo("closed");
    }
    assertThat(published()).containsExactly("mine/t", "mine/1");
    assertThat(server.registry.counter("edge.mqtt.refused", "reason", "not_authorized").count())
        .isEqualTo(4);
  }

  @Test
  void rightsAreAskedAtSubscribeAndAtDelivery() throws Exception {
    try (var fresh = client();
        var old = client()) {
      fresh.send(connect(5, "a"));
      asked().admit(MINE);
      fresh.receive();
      old.send(connect(4, "b"));
      asked().admit(MINE);
      old.receive();

      fresh.send(subscribe(5, 7, "other/#", "#", "a/#/b"));
      assertThat(fresh.receive())
          .startsWith("90")
          .contains("0007", hex("other/#: no right"))
          .endsWith("87" + "01" + "8f");
      old.send(subscribe(4, 7, "other/#", "mine/#"));
      assertThat(old.receive()).isEqualTo("90040007" + "80" + "01");
      server.delivery.setValue("other/t", new byte[] {1});
      server.delivery.setValue("mine/t", new byte[] {2});
      assertThat(fresh.receive()).contains(hex("mine/t"));
      assertThat(old.receive()).contains(hex("mine/t"));
    }
  }

  @Test
  void rightsAreAskedForTheWillsTopic() throws Exception {
    try (var fresh = client();
        var old = client();
        var good = client()) {
      fresh.send(connect(5, "a", null, null, "other/will"));
      asked().admit(MINE);
      assertThat(fresh.receive().substring(0, 8)).matches("20..0087");
      assertThat(fresh.receive()).isEqualTo("closed");
      old.send(connect(4, "b", null, null, "other/will"));
      asked().admit(MINE);
      assertThat(old.receive()).isEqualTo("20020005");
      good.send(connect(4, "c", null, null, "mine/will"));
      asked().admit(MINE);
      assertThat(good.receive()).isEqualTo("20020000");
    }
  }

  @Test
  void passwordWithoutAUserIsNotOfMqtt311() throws Exception {
    try (var client = client()) {
      client.send(connect(4, "a", null, "secret", null));
      assertThat(client.receive()).isEqualTo("closed");
    }
    assertThat(asked).isEmpty();
    try (var client = client()) {
      client.send(connect(5, "a", null, "secret", null));
      asked().admit();
      assertThat(client.receive()).startsWith("20");
    }
  }
}
