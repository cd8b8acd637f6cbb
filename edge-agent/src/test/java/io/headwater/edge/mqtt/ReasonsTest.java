package io.headwater.edge.mqtt;

import static io.headwater.edge.mqtt.Packets.ack;
import static io.headwater.edge.mqtt.Packets.publish;
import static io.headwater.edge.mqtt.Packets.subscribe;
import static io.headwater.edge.mqtt.Packets.unsubscribe;
import static io.headwater.edge.mqtt.RawClient.hex;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.edge.log.LogSettings;
import io.headwater.process.ByteSize;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Why something is refused, in words; and the keep-alive that the server sets. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ReasonsTest {
  private static final int QOS_1 = 2;
  private static final String REASON = "1f";

  @TempDir Path folder;
  private TestServer server;

  @BeforeEach
  void listen() {
    server =
        new TestServer(
            folder,
            new MqttSettings(
                1000,
                ByteSize.ofKibibytes(256),
                512,
                Duration.ofSeconds(10),
                Duration.ofSeconds(5),
                Duration.ofSeconds(60),
                Duration.ofSeconds(10),
                MqttLimits.DEFAULTS),
            LogSettings.DEFAULTS);
  }

  @AfterEach
  void close() {
    server.close();
  }

  /** A client whose CONNECT has these properties, in hex without their length. */
  private RawClient client(int keepAlive, String properties) throws IOException {
    return server
        .client()
        .send(
            RawClient.packet(
                0x10,
                HexFormat.of()
                    .parseHex(
                        "00044d5154540502%04x%02x%s000161"
                            .formatted(keepAlive, properties.length() / 2, properties))));
  }

  @Test
  void refusalsHaveReasonsInWords() throws IOException {
    try (RawClient client = client(60, "")) {
      client.receive();
      client.send(publish(QOS_1, 1, "$SYS/x", "x"));
      assertThat(client.receive()).startsWith("40").contains("000187", REASON, hex("no right"));
      client.send(publish(4, 2, "a/".repeat(20), "x"));
      assertThat(client.receive()).startsWith("50").contains("000290", REASON, hex("16 levels"));
      client.send(subscribe(3, "a#", 1, 0));
      assertThat(client.receive())
          .startsWith("90")
          .contains("0003", REASON, hex("a#: not a topic filter"))
          .endsWith("8f");
      client.send(unsubscribe(4, "never"));
      assertThat(client.receive())
          .startsWith("b0")
          .contains("0004", REASON, hex("not subscribed: never"))
          .endsWith("11");
      client.send(subscribe(5, "fine", 1, 0));
      assertThat(client.receive()).isEqualTo("900400050001");
      client.send(publish(QOS_1, 0, "t", "x"));
      assertThat(client.receive()).startsWith("e0").contains(REASON);
    }
  }

  @Test
  void acknowledgementsHaveNoneIfTheClientWantsNone() throws IOException {
    try (RawClient client = client(60, "1700")) {
      client.receive();
      client.send(publish(QOS_1, 1, "$SYS/x", "x"), subscribe(3, "a#", 1, 0));
      assertThat(client.receive()).isEqualTo("400400018700");
      assertThat(client.receive()).isEqualTo("90040003008f");
      client.send(unsubscribe(4, "never"));
      assertThat(client.receive()).isEqualTo("b00400040011");
      client.send(publish(QOS_1, 0, "t", "x"));
      assertThat(client.receive()).as("DISCONNECT may").startsWith("e0").contains(REASON);
    }
  }

  @Test
  void reasonsDoNotMakeAPacketLargerThanTheClientTakes() throws IOException {
    for (int most = 20; most < 60; most++) {
      try (RawClient client = client(60, "27%08x".formatted(most))) {
        client.receive();
        client.send(
            publish(QOS_1, 1, "$SYS/x", "x"), subscribe(3, "a#", 1, 0), unsubscribe(4, "never"));
        for (String first : List.of("40", "90", "b0")) {
          assertThat(client.receive()).startsWith(first).hasSizeLessThanOrEqualTo(2 * most);
        }
        client.send(publish(QOS_1, 0, "t", "x"));
        assertThat(client.receive()).startsWith("e0").hasSizeLessThanOrEqualTo(2 * most);
      }
    }
  }

  /** It answers what it reads while the connection ends, as clients do. */
  @Test
  void lastWordReachesAClientThatIsStillSending() throws IOException {
    for (int round = 0; round < 5; round++) {
      try (RawClient client = client(60, "")) {
        client.receive();
        var all = new ByteArrayOutputStream();
        for (int id = 1; id <= 520; id++) {
          all.writeBytes(publish(4, id, "t", "x"));
        }
        client.send(all.toByteArray());
        String packet = client.receive();
        while (packet.startsWith("50")) {
          client.send(ack(0x62, Integer.parseInt(packet.substring(4, 8), 16)));
          packet = client.receive();
        }
        assertThat(packet).startsWith("e0").contains("93");
        assertThat(client.receive()).isEqualTo("closed");
      }
    }
  }

  @Test
  void keepAliveIsTheServersIfTheClientWantsMore() throws IOException {
    String told = "13" + "003c";
    for (int asked : new int[] {0, 61, 65_535}) {
      try (RawClient client = client(asked, "")) {
        assertThat(client.receive()).as("asked for %s", asked).contains(told);
      }
    }
    for (int asked : new int[] {1, 60}) {
      try (RawClient client = client(asked, "")) {
        assertThat(client.receive()).as("asked for %s", asked).doesNotContain(told);
      }
    }
  }

  @Test
  void clientThatIsSilentForOneAndAHalfKeepAlivesIsGone() throws IOException {
    long since = System.nanoTime();
    try (RawClient fresh = client(1, "");
        RawClient old =
            server
                .client()
                .send(
                    RawClient.packet(
                        0x10, HexFormat.of().parseHex("00044d51545404020001" + "000162")))) {
      fresh.receive();
      assertThat(old.receive()).isEqualTo("20020000");
      assertThat(fresh.receive()).startsWith("e0").contains("8d");
      assertThat(old.receive()).isEqualTo("closed");
      assertThat(Duration.ofNanos(System.nanoTime() - since))
          .isBetween(Duration.ofMillis(1400), Duration.ofSeconds(20));
    }
  }

  @Test
  void settingsOutOfRangeAreNamed() {
    assertThatThrownBy(() -> with(Duration.ofSeconds(65_536), Duration.ZERO))
        .hasMessageContaining("mqtt.max-keep-alive");
    assertThatThrownBy(() -> with(Duration.ZERO, Duration.ofMillis(5)))
        .hasMessageContaining("mqtt.sys-interval");
  }

  private static MqttSettings with(Duration maxKeepAlive, Duration sysInterval) {
    return new MqttSettings(
        1000,
        ByteSize.ofKibibytes(256),
        512,
        Duration.ofSeconds(10),
        Duration.ofSeconds(5),
        maxKeepAlive,
        sysInterval,
        MqttLimits.DEFAULTS);
  }
}
