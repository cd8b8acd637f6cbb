package io.headwater.edge.mqtt;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Packets of MQTT 5, but for those that say otherwise, byte by byte. */
final class Packets {
  private Packets() {}

  /** A CONNECT without clean start, whose session outlives the connection by some seconds. */
  static byte[] connect(String clientId, int expirySeconds) {
    return connect(clientId, false, expirySeconds, null, 0);
  }

  /**
   * @param will flags of a will on topic {@code will}, payload {@code gone}: QoS in bits 3-4,
   *     retain in bit 5; null for none
   */
  static byte[] connect(
      String clientId, boolean clean, int expirySeconds, @Nullable Integer will, int willDelay) {
    var body = new ByteArrayOutputStream();
    text(body, "MQTT");
    body.write(5);
    body.write((clean ? 2 : 0) | (will == null ? 0 : 4 | will));
    body.write(0);
    body.write(60);
    body.write(5);
    body.write(0x11);
    body.writeBytes(ByteBuffer.allocate(4).putInt(expirySeconds).array());
    text(body, clientId);
    if (will != null) {
      body.write(5);
      body.write(0x18);
      body.writeBytes(ByteBuffer.allocate(4).putInt(willDelay).array());
      text(body, "will");
      text(body, "gone");
    }
    return RawClient.packet(0x10, body.toByteArray());
  }

  /** A CONNECT with a clean start and a will at QoS 2 that fires at once. */
  static byte[] connectWithWill(String clientId, String topic, String payload) {
    var body = new ByteArrayOutputStream();
    text(body, "MQTT");
    body.write(5);
    body.write(2 | 4 | 2 << 3);
    body.write(0);
    body.write(60);
    body.write(0);
    text(body, clientId);
    body.write(0);
    text(body, topic);
    text(body, payload);
    return RawClient.packet(0x10, body.toByteArray());
  }

  /** A CONNECT of MQTT 3.1.1. */
  static byte[] connectOld(String clientId, boolean clean) {
    var body = new ByteArrayOutputStream();
    text(body, "MQTT");
    body.write(4);
    body.write(clean ? 2 : 0);
    body.write(0);
    body.write(60);
    text(body, clientId);
    return RawClient.packet(0x10, body.toByteArray());
  }

  /**
   * @param flags of the first byte: DUP 8, QoS in bits 1-2, retain 1
   * @param properties with their length in front
   */
  static byte[] publish(int flags, int packetId, String topic, String payload, int... properties) {
    var body = new ByteArrayOutputStream();
    text(body, topic);
    if ((flags & 6) != 0) {
      id(body, packetId);
    }
    body.write(properties.length);
    for (int each : properties) {
      body.write(each);
    }
    body.writeBytes(payload.getBytes(StandardCharsets.UTF_8));
    return RawClient.packet(0x30 | flags, body.toByteArray());
  }

  /** One filter with its options byte, and an identifier below 128 if that is not 0. */
  static byte[] subscribe(int packetId, String filter, int options, int identifier) {
    var body = new ByteArrayOutputStream();
    id(body, packetId);
    if (identifier == 0) {
      body.write(0);
    } else {
      body.write(2);
      body.write(0x0b);
      body.write(identifier);
    }
    text(body, filter);
    body.write(options);
    return RawClient.packet(0x82, body.toByteArray());
  }

  static byte[] unsubscribe(int packetId, String filter) {
    var body = new ByteArrayOutputStream();
    id(body, packetId);
    body.write(0);
    text(body, filter);
    return RawClient.packet(0xa2, body.toByteArray());
  }

  /** PUBACK 0x40, PUBREC 0x50, PUBREL 0x62, PUBCOMP 0x70. */
  static byte[] ack(int first, int packetId) {
    var body = new ByteArrayOutputStream();
    id(body, packetId);
    return RawClient.packet(first, body.toByteArray());
  }

  static byte[] disconnect(int code) {
    return RawClient.packet(0xe0, new byte[] {(byte) code});
  }

  private static void id(ByteArrayOutputStream body, int packetId) {
    body.write(packetId >> 8);
    body.write(packetId);
  }

  private static void text(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.write(bytes.length >> 8);
    out.write(bytes.length);
    out.writeBytes(bytes);
  }
}
