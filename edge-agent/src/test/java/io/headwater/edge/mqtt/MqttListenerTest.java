package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.edge.log.Append;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Raw packets, as a client sends them that does not care for the standard. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class MqttListenerTest {
  private static final String CONNECT_311 = "100d00044d5154540402003c000161"; // client "a"
  private static final String CONNECT_311_B = "100d00044d5154540402003c000162";
  private static final String CONNECT_5 = "100e00044d5154540502003c00000161";

  @TempDir Path folder;
  private TestServer server;
  private List<Publish> published;
  private LocalDelivery delivery;

  @BeforeEach
  void listen() {
    server = new TestServer(folder);
    published = server.published;
    delivery = server.delivery;
  }

  @AfterEach
  void close() {
    server.close();
  }

  /** A client of a few lines. */
  private final class Client implements AutoCloseable {
    private final Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    private final DataInputStream in = new DataInputStream(socket.getInputStream());

    Client() throws IOException {
      socket.setSoTimeout(10_000);
    }

    Client send(String hex) throws IOException {
      socket.getOutputStream().write(HexFormat.of().parseHex(hex));
      return this;
    }

    /** The next packet as hex, or "closed". */
    String receive() throws IOException {
      int type = in.read();
      if (type < 0) {
        return "closed";
      }
      int length = in.read(); // short packets only
      byte[] body = new byte[length];
      in.readFully(body);
      return HexFormat.of().formatHex(new byte[] {(byte) type, (byte) length})
          + HexFormat.of().formatHex(body);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static String publish(int qos, int packetId, String topic, String payload, boolean v5)
      throws IOException {
    var body = new ByteArrayOutputStream();
    byte[] name = topic.getBytes(StandardCharsets.UTF_8);
    body.write(name.length >> 8);
    body.write(name.length);
    body.write(name);
    if (qos > 0) {
      body.write(packetId >> 8);
      body.write(packetId);
    }
    if (v5) {
      body.write(0);
    }
    body.write(payload.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().toHexDigits((byte) (0x30 | qos << 1))
        + HexFormat.of().toHexDigits((byte) body.size())
        + HexFormat.of().formatHex(body.toByteArray());
  }

  @Test
  void publishIsAcknowledgedAfterItsCommitAndInOrder() throws IOException {
    server.hold.set(true);
    try (var client = new Client().send(CONNECT_311)) {
      assertThat(client.receive()).isEqualTo("20020000");
      client.send(publish(1, 1, "t", "one", false) + publish(1, 2, "t", "two", false) + "c000");
      assertThat(client.receive()).as("only the ping is answered").isEqualTo("d000");
      Awaitility.await().until(() -> published.size() == 2);

      published.get(1).done().accept(Append.Outcome.COMMITTED);
      published.get(0).done().accept(Append.Outcome.COMMITTED);

      assertThat(client.receive()).isEqualTo("40020001");
      assertThat(client.receive()).isEqualTo("40020002");
    }
  }

  @Test
  void everythingInOneSegmentIsTakenInOrder() throws IOException {
    try (var client =
        new Client()
            .send(
                CONNECT_5
                    + publish(0, 0, "a", "0", true)
                    + publish(1, 7, "b", "1", true)
                    + "e000")) {
      assertThat(client.receive()).startsWith("20").contains("0000");
      // The acknowledgement may be overtaken by the client's own DISCONNECT; the reading may not.
      Awaitility.await().until(() -> published.size() == 2);
      assertThat(published).extracting(Publish::topic).containsExactly("a", "b");
    }
  }

  @Test
  void publishAndCloseAtOnceLosesNothing() throws IOException {
    for (int i = 0; i < 50; i++) {
      try (var client = new Client()) {
        client.send(CONNECT_311 + publish(1, 1, "t", "v" + i, false));
      }
    }

    Awaitility.await().until(() -> published.size() == 50);
  }

  @Test
  void refusedCommitClosesAnOldClientAndTellsANewOne() throws IOException {
    server.hold.set(true);
    try (var old = new Client().send(CONNECT_311);
        var fresh = new Client().send(CONNECT_5.replace("61", "62"))) {
      old.receive();
      fresh.receive();
      old.send(publish(1, 1, "t", "x", false));
      fresh.send(publish(1, 2, "t", "y", true));
      Awaitility.await().until(() -> published.size() == 2);

      published.forEach(each -> each.done().accept(Append.Outcome.DISK_FULL));

      assertThat(old.receive()).isEqualTo("closed");
      assertThat(fresh.receive()).startsWith("40").contains("000297");
    }
  }

  @Test
  void fullQueueHoldsPublishesBackUntilThereIsRoom() throws IOException {
    server.full.set(true);
    try (var client = new Client().send(CONNECT_311)) {
      client.receive();
      client.send(publish(1, 1, "t", "one", false) + publish(1, 2, "t", "two", false));
      server.full.set(false);

      assertThat(client.receive()).isEqualTo("40020001");
      assertThat(client.receive()).isEqualTo("40020002");
      assertThat(server.rows()).containsExactly("t=one", "t=two");
    }
  }

  @Test
  void secondConnectionOfAClientEndsTheFirst() throws IOException {
    try (var first = new Client().send(CONNECT_5)) {
      first.receive();
      try (var second = new Client().send(CONNECT_5)) {
        assertThat(second.receive()).startsWith("20");
        assertThat(first.receive()).startsWith("e0").contains("8e");
        assertThat(first.receive()).isEqualTo("closed");
        assertThat(second.send("c000").receive()).isEqualTo("d000");
      }
    }
  }

  @Test
  void topicAliasIsSetUsedAndRefusedWhenUnknown() throws IOException {
    try (var client = new Client().send(CONNECT_5)) {
      client.receive();
      client.send("320d000474656d70000103230001" + "31"); // "temp", id 1, alias 1, payload 1
      assertThat(client.receive()).startsWith("40");
      client.send("3209000000020323000132"); // no topic, id 2, alias 1, payload 2
      assertThat(client.receive()).startsWith("40");
      assertThat(published).extracting(Publish::topic).containsExactly("temp", "temp");

      client.send("3209000000030323000933"); // alias 9 was never set

      assertThat(client.receive()).startsWith("e0").contains("82");
      assertThat(client.receive()).isEqualTo("closed");
      assertThat(published).hasSize(2);
    }
  }

  @Test
  void filtersThatCannotBeServedAreRefusedByTheirCode() throws IOException {
    try (var client = new Client().send(CONNECT_311)) {
      client.receive();
      assertThat(client.send("820e000a0009" + hex("$share/g/") + "00").receive())
          .isEqualTo("9003000a80");
      assertThat(client.send("820a000a0005" + hex("a/#/b") + "01").receive())
          .isEqualTo("9003000a80");
    }
  }

  @Test
  void subscribersGetWhatIsCommittedAtTheirQosAndTheKeptValueFirst() throws IOException {
    delivery.setValue("set/a", "21".getBytes(StandardCharsets.UTF_8));
    try (var subscriber = new Client().send(CONNECT_311_B);
        var sensor = new Client().send(CONNECT_5)) {
      subscriber.receive();
      sensor.receive();
      server.hold.set(true);

      assertThat(subscriber.send("820a000a0005" + hex("set/+") + "02").receive())
          .isEqualTo("9003000a02");
      assertThat(subscriber.receive()).isEqualTo("330b0005" + hex("set/a") + "0001" + hex("21"));
      sensor.send(publish(1, 7, "set/b", "x", true));
      await().until(() -> published.size() == 1);
      delivery.setValue("set/a", "22".getBytes(StandardCharsets.UTF_8));
      assertThat(subscriber.receive()).isEqualTo("320b0005" + hex("set/a") + "0002" + hex("22"));
      server.letThrough(0);
      assertThat(subscriber.receive()).isEqualTo("320a0005" + hex("set/b") + "0003" + hex("x"));

      assertThat(subscriber.send("a209000b0005" + hex("set/+")).receive()).isEqualTo("b002000b");
      delivery.setValue("set/a", "23".getBytes(StandardCharsets.UTF_8));
      assertThat(subscriber.send("c000").receive()).isEqualTo("d000");
    }
  }

  @Test
  void aCommandIsTheDevicesOwnAndItsOutcomeIsTold() throws Exception {
    var outcomes = new LinkedBlockingQueue<LocalDelivery.Handed>();
    byte[] open = "open".getBytes(StandardCharsets.UTF_8);
    byte[] id = {'7'};
    delivery.send("commands/v", open, "commands/v/response", id, outcomes::add);
    assertThat(outcomes.poll(5, TimeUnit.SECONDS)).isEqualTo(LocalDelivery.Handed.NOT_SENT);
    try (var watcher = new Client().send(CONNECT_5)) {
      watcher.receive();
      watcher.send("8210000a00000a" + hex("commands/+") + "01").receive();
      assertThat(delivery.isOwned("commands/v")).isFalse();
      try (var device = new Client().send(CONNECT_311_B)) {
        device.receive();
        device.send("820f000a000a" + hex("commands/v") + "01").receive();
        delivery.send("commands/v", open, "commands/v/response", id, outcomes::add);
        assertThat(device.receive())
            .isEqualTo("3212000a" + hex("commands/v") + "0001" + hex("open"));
        assertThat(watcher.receive()).contains(hex("commands/v/response"), hex("open"));
        device.send("40020001");
        assertThat(outcomes.poll(5, TimeUnit.SECONDS)).isEqualTo(LocalDelivery.Handed.ACKNOWLEDGED);
        delivery.send("commands/v", open, "commands/v/response", id, outcomes::add);
        device.receive();
      }
      assertThat(outcomes.poll(5, TimeUnit.SECONDS)).isEqualTo(LocalDelivery.Handed.LOST);
    }
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void refusedTopicsLeaveNoRow() throws IOException {
    try (var client = new Client().send(CONNECT_5)) {
      client.receive();
      client.send(publish(1, 1, "$SYS/x", "x", true));
      assertThat(client.receive()).contains("000187");
      client.send(publish(1, 2, "a/".repeat(20) + "b", "x", true));
      assertThat(client.receive()).contains("000290");
    }
    assertThat(published).isEmpty();
  }

  @Test
  void garbageClosesItsOwnConnectionOnly() throws IOException {
    var answers = new ArrayBlockingQueue<String>(16);
    try (var good = new Client().send(CONNECT_311)) {
      good.receive();
      for (String garbage :
          List.of(
              "474554202f20485454502f312e310d0a0d0a", // an HTTP request
              "00000000",
              "10ffffffffff", // a length of five bytes
              "100c00044d5154540402003c0000" + "ff", // bytes left over
              "c000", // PINGREQ before CONNECT
              CONNECT_311.replace("04d5", "04d5").replace("0402003c", "0902003c"))) {
        try (var bad = new Client().send(garbage)) {
          String answer = bad.receive();
          answers.add(answer.startsWith("20") ? bad.receive() : answer);
        } catch (IOException _) {
          answers.add("closed"); // reset
        }
      }
      assertThat(answers).containsOnly("closed");
      assertThat(good.send("c000").receive()).isEqualTo("d000");
      good.send(publish(1, 1, "t", "still", false));
      assertThat(good.receive()).isEqualTo("40020001");
    }
  }

  @Test
  void secondConnectIsAProtocolError() throws IOException {
    try (var client = new Client().send(CONNECT_5)) {
      client.receive();
      client.send(CONNECT_5);
      assertThat(client.receive()).startsWith("e0").contains("82");
      assertThat(client.receive()).isEqualTo("closed");
    }
  }

  @Test
  void emptyClientIdentifierIsAssignedOrRefused() throws IOException {
    try (var v5 = new Client().send("100d00044d5154540502003c000000")) {
      assertThat(v5.receive()).startsWith("20").contains("12" + "0029"); // assigned, 41 bytes
    }
    try (var old = new Client().send("100c00044d5154540400003c0000")) {
      assertThat(old.receive()).isEqualTo("20020002");
      assertThat(old.receive()).isEqualTo("closed");
    }
  }
}
