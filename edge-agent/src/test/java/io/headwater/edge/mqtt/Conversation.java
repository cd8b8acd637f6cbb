package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Raw packets to and from one server on a real log, which all tests of a class share. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, unit = TimeUnit.SECONDS)
abstract class Conversation {
  static final int QOS_1 = 2;
  static final int QOS_2 = 4;
  static final int DUP = 8;
  static final int RETAIN = 1;

  /** Flags of a CONNECT. */
  static final int CLEAN = 2;

  static final int WILL = 4;

  /** Its property with a value of 4 bytes: kept for 100 s. */
  static final String KEPT = "1100000064";

  /** Its property Request Problem Information, with 0. */
  static final String WORDLESS = "1700";

  @SuppressWarnings("NullAway.Init") // before all
  TestServer server;

  private int names;

  @BeforeAll
  void startServer(@TempDir Path folder) {
    server = start(folder);
  }

  TestServer start(Path folder) {
    return new TestServer(folder);
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

  /** A name that no other test has used: for client identifiers and topics. */
  String name() {
    names++;
    return "n" + names;
  }

  static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  /** A string with its length in front, as hex. */
  static String text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return "%04x".formatted(bytes.length) + HexFormat.of().formatHex(bytes);
  }

  /** With its length in front: below 128 bytes. */
  static String properties(String hex) {
    return "%02x".formatted(hex.length() / 2) + hex;
  }

  /** The CONNECT of MQTT 5, with a keep-alive of 60 s. */
  static byte[] connect5(String id, int flags, String properties, String behind) {
    return packet(
        0x10,
        "00044d51545405%02x003c".formatted(flags) + properties(properties) + text(id) + behind);
  }

  /** The CONNECT of MQTT 3.1.1. */
  static byte[] connect4(String id, int flags, String behind) {
    return packet(0x10, "00044d51545404%02x003c".formatted(flags) + text(id) + behind);
  }

  static byte[] packet(int first, String hex) {
    return RawClient.packet(first, bytes(hex));
  }

  /** Sends its first packets. */
  RawClient open(byte[]... packets) throws IOException {
    return server.client().send(packets);
  }

  /**
   * A client of MQTT 5 with a clean start, whose session ends with its connection, and who wants
   * codes without words.
   */
  RawClient fresh() throws IOException {
    return fresh(name(), WORDLESS);
  }

  RawClient fresh(String id, String properties) throws IOException {
    RawClient client = open(connect5(id, CLEAN, properties, ""));
    assertThat(client.receive()).matches("20..0000.*");
    return client;
  }

  /** A client of MQTT 5 that goes on with its session, if it has one. */
  RawClient back(String id, boolean present) throws IOException {
    RawClient client = open(connect5(id, 0, KEPT + WORDLESS, ""));
    assertThat(client.receive()).matches(present ? "20..0100.*" : "20..0000.*");
    return client;
  }

  /** A client of MQTT 3.1.1 with a clean session. */
  RawClient old() throws IOException {
    RawClient client = open(connect4(name(), CLEAN, ""));
    assertThat(client.receive()).isEqualTo("20020000");
    return client;
  }

  /** Subscribes an MQTT 5 client and takes SUBACK. */
  static void subscribe(RawClient client, String filter, int options) throws IOException {
    client.send(Packets.subscribe(1, filter, options, 0));
    assertThat(client.receive()).isEqualTo("90040001" + "00" + "%02x".formatted(options & 3));
  }

  /** Publishes as an MQTT 5 client of its own and waits until that is committed. */
  void say(int flags, String topic, String payload, int... properties) throws IOException {
    try (RawClient client = fresh()) {
      client.send(Packets.publish(flags, 9, topic, payload, properties));
      if ((flags & QOS_2) != 0) {
        assertThat(client.receive()).isEqualTo("50020009");
        client.send(Packets.ack(0x62, 9));
        assertThat(client.receive()).isEqualTo("70020009");
      } else if ((flags & QOS_1) != 0) {
        assertThat(client.receive()).isEqualTo("40020009");
      } else {
        client.send(Packets.publish(QOS_1, 9, "behind/" + topic, ""));
        assertThat(client.receive()).isEqualTo("40020009");
      }
    }
  }

  /** A PUBLISH to an MQTT 5 client: a pattern that leaves its length out. */
  static String published(int flags, int packetId, String topic, String payload) {
    return published(flags, packetId, topic, "", payload);
  }

  static String published(
      int flags, int packetId, String topic, String properties, String payload) {
    return "%02x..".formatted(0x30 | flags)
        + text(topic)
        + ((flags & 6) == 0 ? "" : "%04x".formatted(packetId))
        + properties(properties)
        + RawClient.hex(payload);
  }

  /** Nothing but the answer to a PINGREQ comes. */
  static void assertSilent(RawClient client) throws IOException {
    assertThat(client.send(RawClient.ping()).receive()).as("nothing else").isEqualTo("d000");
  }

  /** The connection ends without another packet. */
  static void assertClosed(RawClient client) throws IOException {
    String next;
    try {
      next = client.receive();
    } catch (SocketException _) {
      next = "closed"; // reset: the server has not read all that came
    }
    assertThat(next).isEqualTo("closed");
  }

  /** The connection ends with a DISCONNECT. */
  static void assertEnds(RawClient client, String code) throws IOException {
    assertThat(client.receive()).matches("e0.." + code + ".*");
    assertClosed(client);
  }

  /** Whatever a client of each version sends ends its connection: 5 with a code, 3.1.1 without. */
  void assertEndsBoth(byte[] packet5, String code, byte[] packet4) throws IOException {
    try (RawClient client = fresh()) {
      client.send(packet5);
      assertEnds(client, code);
    }
    try (RawClient client = old()) {
      client.send(packet4);
      assertClosed(client);
    }
  }

  List<String> rows(String topic) {
    return server.rows().stream().filter(row -> row.startsWith(topic + "=")).toList();
  }
}
