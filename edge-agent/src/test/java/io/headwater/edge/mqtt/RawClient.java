package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** A client of a few lines, that sends whatever bytes it is told to, and the packets for it. */
final class RawClient implements AutoCloseable {
  private final Socket socket;
  private final DataInputStream in;

  RawClient(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(20_000);
    in = new DataInputStream(socket.getInputStream());
  }

  static RawClient open(int port) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true); // or small packets wait for one another's acknowledgement
    return new RawClient(socket);
  }

  RawClient send(byte[]... packets) throws IOException {
    var all = new ByteArrayOutputStream();
    for (byte[] packet : packets) {
      all.writeBytes(packet);
    }
    socket.getOutputStream().write(all.toByteArray());
    return this;
  }

  /** Connects with MQTT 3.1.1 (level 4) or 5. */
  RawClient connected(int level, String clientId) throws IOException {
    send(connect(level, clientId));
    assertThat(receive()).startsWith(level == 5 ? "20" : "20020000");
    return this;
  }

  /** Publishes, and waits for the acknowledgement: of QoS 2 for both. */
  void say(int flags, String topic, String payload) throws IOException {
    int qos = flags >> 1 & 3;
    send(Packets.publish(flags, 9, topic, payload));
    if (qos == 1) {
      assertThat(receive()).startsWith("4002");
    } else if (qos == 2) {
      assertThat(receive()).startsWith("5002");
      send(Packets.ack(0x62, 9));
      assertThat(receive()).startsWith("7002");
    }
  }

  /** The next packet as hex, or "closed". */
  String receive() throws IOException {
    int type = in.read();
    if (type < 0) {
      return "closed";
    }
    int length = 0;
    int shift = 0;
    int digit;
    do {
      digit = in.readUnsignedByte();
      length |= (digit & 127) << shift;
      shift += 7;
    } while (digit > 127);
    byte[] body = new byte[length];
    in.readFully(body);
    return HexFormat.of().toHexDigits((byte) type)
        + HexFormat.of().toHexDigits((byte) length)
        + HexFormat.of().formatHex(body);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  static byte[] connect(int level, String clientId) {
    return connect(level, clientId, null, null, null);
  }

  /** A CONNECT with a clean start, and with what is not null. */
  static byte[] connect(
      int level,
      String clientId,
      @Nullable String user,
      @Nullable String password,
      @Nullable String willTopic) {
    var body = new ByteArrayOutputStream();
    text(body, "MQTT");
    body.write(level);
    body.write(
        2
            | (user == null ? 0 : 0x80)
            | (password == null ? 0 : 0x40)
            | (willTopic == null ? 0 : 4));
    body.write(0);
    body.write(60);
    if (level == 5) {
      body.write(0);
    }
    text(body, clientId);
    if (willTopic != null) {
      if (level == 5) {
        body.write(0);
      }
      text(body, willTopic);
      text(body, "gone");
    }
    if (user != null) {
      text(body, user);
    }
    if (password != null) {
      text(body, password);
    }
    return packet(0x10, body.toByteArray());
  }

  static byte[] publish(int level, int qos, int packetId, String topic, String payload) {
    var body = new ByteArrayOutputStream();
    text(body, topic);
    if (qos > 0) {
      body.write(packetId >> 8);
      body.write(packetId);
    }
    if (level == 5) {
      body.write(0);
    }
    body.writeBytes(payload.getBytes(StandardCharsets.UTF_8));
    return packet(0x30 | qos << 1, body.toByteArray());
  }

  static byte[] subscribe(int level, int packetId, String... filters) {
    var body = new ByteArrayOutputStream();
    body.write(packetId >> 8);
    body.write(packetId);
    if (level == 5) {
      body.write(0);
    }
    for (String filter : filters) {
      text(body, filter);
      body.write(1);
    }
    return packet(0x82, body.toByteArray());
  }

  static byte[] ping() {
    return packet(0xc0, new byte[0]);
  }

  static byte[] disconnect() {
    return packet(0xe0, new byte[0]);
  }

  static byte[] packet(int first, byte[] body) {
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

  private static void text(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.write(bytes.length >> 8);
    out.write(bytes.length);
    out.writeBytes(bytes);
  }

  static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }
}
