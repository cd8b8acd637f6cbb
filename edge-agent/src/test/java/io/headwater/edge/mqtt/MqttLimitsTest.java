package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.clock.DeviceClock;
import io.headwater.edge.log.Append;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogSettings;
import io.headwater.process.ByteSize;
import io.headwater.process.HostPort;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each limit: what is just within it is taken, one more is answered by its code. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class MqttLimitsTest {
  private static final int RECEIVE_MAXIMUM = 4;
  private static final int MOST_BYTES = 1024;
  private static final MqttSettings SETTINGS =
      new MqttSettings(
          3,
          new ByteSize(MOST_BYTES),
          RECEIVE_MAXIMUM,
          Duration.ofMillis(500),
          Duration.ofSeconds(5),
          MqttLimits.DEFAULTS);

  @TempDir Path folder;
  private final List<Consumer<Append.Outcome>> taken = new CopyOnWriteArrayList<>();
  private EdgeLog log;
  private MqttListener listener;

  @BeforeEach
  void listen() {
    log = EdgeLog.open(folder, LogSettings.DEFAULTS, new EdgeLogMetrics(new SimpleMeterRegistry()));
    listener =
        new MqttListener(
            new HostPort("127.0.0.1", 0),
            SETTINGS,
            publish -> taken.add(publish.done()),
            new LocalDelivery(),
            log,
            DeviceClock.of(Clock.systemUTC()),
            new MqttMetrics(new SimpleMeterRegistry()));
  }

  @AfterEach
  void close() {
    listener.close();
    log.close();
  }

  private final class Client implements AutoCloseable {
    private final Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), listener.address().port());
    private final DataInputStream in = new DataInputStream(socket.getInputStream());

    Client() throws IOException {
      socket.setSoTimeout(10_000);
    }

    /** Connects; {@code level} 4 is MQTT 3.1.1, 5 is MQTT 5. */
    Client connect(int level, String id) throws IOException {
      send(packet(0x10, connectBody(level, 2, id)));
      assertThat(receive()).startsWith(level == 5 ? "20" : "20020000");
      return this;
    }

    void send(byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes);
    }

    /** The next packet as hex, or "closed". */
    String receive() throws IOException {
      int type = in.read();
      if (type < 0) {
        return "closed";
      }
      byte[] body = new byte[in.readUnsignedByte()];
      in.readFully(body);
      return HexFormat.of().toHexDigits((byte) type)
          + HexFormat.of().toHexDigits((byte) body.length)
          + HexFormat.of().formatHex(body);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static byte[] connectBody(int level, int flags, String id) {
    var body = new ByteArrayOutputStream();
    text(body, "MQTT");
    body.write(level);
    body.write(flags);
    body.write(0);
    body.write(60);
    if (level == 5) {
      body.write(0);
    }
    text(body, id);
    return body.toByteArray();
  }

  private static void text(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.write(bytes.length >> 8);
    out.write(bytes.length);
    out.writeBytes(bytes);
  }

  private static byte[] packet(int first, byte[] body) {
    var out = new ByteArrayOutputStream();
    out.write(first);
    int left = body.length;
    do {
      int digit = left % 128;
      left /= 128;
      out.write(left > 0 ? digit | 128 : digit);
    } while (left > 0);
    out.writeBytes(body);
    return out.toByteArray();
  }

  private static byte[] publish(int first, int packetId, String topic, int payload, boolean v5) {
    var body = new ByteArrayOutputStream();
    text(body, topic);
    if ((first & 6) != 0) {
      body.write(packetId >> 8);
      body.write(packetId);
    }
    if (v5) {
      body.write(0);
    }
    body.writeBytes(new byte[payload]);
    return packet(first, body.toByteArray());
  }

  private void awaitTaken(int publishes) {
    Awaitility.await().until(() -> taken.size() == publishes);
  }

  @Test
  void largestPacketIsTakenAndOneByteMoreEndsTheConnection() throws IOException {
    int largest = MOST_BYTES - publish(0x32, 1, "t", 0, true).length - 1; // a length of two bytes
    assertThat(publish(0x32, 1, "t", largest, true)).hasSize(MOST_BYTES);
    try (var client = new Client().connect(5, "a")) {
      client.send(publish(0x32, 1, "t", largest, true));
      awaitTaken(1);
      taken.getFirst().accept(Append.Outcome.COMMITTED);
      assertThat(client.receive()).startsWith("40");

      client.send(publish(0x32, 2, "t", largest + 1, true));

      assertThat(client.receive()).startsWith("e0").contains("95");
      assertThat(client.receive()).isEqualTo("closed");
    }
    assertThat(taken).hasSize(1);
  }

  @Test
  void receiveMaximumIsTakenAndOneMoreEndsTheConnection() throws IOException {
    try (var client = new Client().connect(5, "a")) {
      var all = new ByteArrayOutputStream();
      for (int i = 1; i <= RECEIVE_MAXIMUM + 1; i++) {
        all.writeBytes(publish(0x32, i, "t", 1, true));
      }
      client.send(all.toByteArray());

      assertThat(client.receive()).startsWith("e0").contains("93");
      assertThat(client.receive()).isEqualTo("closed");
    }
    assertThat(taken).hasSize(RECEIVE_MAXIMUM);
  }

  @Test
  void clientOfMqtt311IsReadNoFurtherUntilCommitsCatchUp() throws IOException {
    try (var client = new Client().connect(4, "a")) {
      for (int i = 1; i <= RECEIVE_MAXIMUM; i++) {
        client.send(publish(0x32, i, "t", 1, false));
        awaitTaken(i);
      }
      client.send(publish(0x32, 5, "t", 1, false));
      client.send(packet(0xc0, new byte[0]));
      for (int i = 0; i < RECEIVE_MAXIMUM - 1; i++) {
        taken.get(i).accept(Append.Outcome.COMMITTED);
        assertThat(client.receive()).isEqualTo("4002000" + (i + 1));
      }
      awaitTaken(RECEIVE_MAXIMUM + 1);
      taken.get(RECEIVE_MAXIMUM - 1).accept(Append.Outcome.COMMITTED);
      taken.get(RECEIVE_MAXIMUM).accept(Append.Outcome.COMMITTED);

      assertThat(List.of(client.receive(), client.receive(), client.receive()))
          .containsSubsequence("40020004", "40020005")
          .contains("d000");
    }
  }

  @Test
  void acknowledgementsBeforeARefusedPublishStillReachAnOldClient() throws IOException {
    try (var client = new Client().connect(4, "a")) {
      client.send(publish(0x32, 1, "t", 1, false));
      client.send(publish(0x32, 2, "t", 1, false));
      awaitTaken(2);

      taken.get(1).accept(Append.Outcome.DISK_FULL);
      taken.get(0).accept(Append.Outcome.COMMITTED);

      assertThat(client.receive()).isEqualTo("40020001");
      assertThat(client.receive()).isEqualTo("closed");
    }
  }

  @Test
  void outcomesThatComeAfterTheListenerIsClosedHurtNobody() throws IOException {
    try (var client = new Client().connect(5, "a")) {
      client.send(publish(0x32, 1, "t", 1, true));
      awaitTaken(1);
      listener.close();

      taken.getFirst().accept(Append.Outcome.COMMITTED);

      assertThat(client.receive()).isEqualTo("closed");
    }
  }

  @Test
  void connectionAboveTheLimitIsClosedAndTheOthersStay() throws IOException {
    try (var one = new Client().connect(4, "a");
        var two = new Client().connect(4, "b");
        var three = new Client().connect(4, "c")) {
      try (var four = new Client()) {
        assertThat(four.receive()).isEqualTo("closed");
      }
      for (Client each : List.of(one, two, three)) {
        each.send(packet(0xc0, new byte[0]));
        assertThat(each.receive()).isEqualTo("d000");
      }
    }
  }

  @Test
  void connectionWithoutConnectIsClosedInTime() throws IOException {
    try (var silent = new Client()) {
      silent.send(new byte[] {0x10, 0x20, 0}); // a CONNECT that never ends
      assertThat(silent.receive()).isEqualTo("closed");
    }
  }

  @Test
  void emptyTopicWithoutAliasAndAliasesOutOfRangeAreRefused() throws IOException {
    record Case(String publish, String code) {}
    for (Case each :
        List.of(
            new Case("320500000001" + "00", "82"), // no topic, no alias
            new Case("3209000174" + "0001" + "03230000", "94"), // alias 0
            new Case("3209000174" + "0001" + "03230021", "94"))) { // alias 33, one above
      try (var client = new Client().connect(5, "a")) {
        client.send(HexFormat.of().parseHex(each.publish()));
        assertThat(client.receive()).as("%s", each).startsWith("e0").contains(each.code());
        assertThat(client.receive()).isEqualTo("closed");
      }
    }
    try (var client = new Client().connect(5, "a")) {
      client.send(HexFormat.of().parseHex("3209000174" + "0001" + "03230020")); // alias 32
      awaitTaken(1);
    }
  }
}
