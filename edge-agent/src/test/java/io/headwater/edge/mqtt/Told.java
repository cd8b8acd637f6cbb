package io.headwater.edge.mqtt;

import io.headwater.testsupport.powercut.Event;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What clients of MQTT 5 have said to a recorded agent, and what they were told, as of one moment:
 * by what went over its sockets, so in one order with what it did on its disk. The agent's test of
 * itself does not count.
 */
final class Told {
  /** A message, known by its payload. */
  static final class Message {
    final String topic;
    final int qos;
    final boolean isRetained;
    private int sent;
    private boolean acknowledged;

    private Message(String topic, int flags) {
      this.topic = topic;
      this.qos = flags >> 1 & 3;
      this.isRetained = (flags & 1) != 0;
    }

    /** How many rows it may have: at QoS 1 as many as it was sent. */
    int mostRows() {
      return qos == 2 ? 1 : sent;
    }

    /** How often it was sent. */
    int sent() {
      return sent;
    }

    /** PUBACK or PUBREC is on its way, or was. */
    boolean isAcknowledged() {
      return acknowledged;
    }
  }

  /** What is known of a client over all its connections. */
  static final class Session {
    /** Payloads by packet identifier: neither acknowledged nor, at QoS 2, completed. */
    private final Map<Integer, String> open = new HashMap<>();

    private final Set<Integer> received = new HashSet<>();
    private final Set<Integer> completed = new HashSet<>();
    private boolean subscribed;

    /** QoS 2 identifiers that were told as received, and that nobody has released. */
    Set<Integer> received() {
      return received;
    }

    /** QoS 2 identifiers that were told as completed, and are not in use again. */
    Set<Integer> completed() {
      return completed;
    }

    /** SUBACK is on its way, or was. */
    boolean isSubscribed() {
      return subscribed;
    }
  }

  /** One direction of a connection: bytes of a packet that has not come to its end. */
  private static final class Stream {
    private byte[] rest = new byte[0];

    void add(byte[] bytes) {
      int length = rest.length;
      rest = Arrays.copyOf(rest, length + bytes.length);
      System.arraycopy(bytes, 0, rest, length, bytes.length);
    }

    /** The next whole packet; empty if there is none. */
    byte[] next() {
      int length = 0;
      for (int i = 1; i < Math.min(5, rest.length); i++) {
        length |= (rest[i] & 127) << (7 * (i - 1));
        if (rest[i] >= 0) {
          int end = i + 1 + length;
          if (end > rest.length) {
            break;
          }
          // Without the length: the first byte, then the body.
          var packet = new byte[1 + length];
          packet[0] = rest[0];
          System.arraycopy(rest, i + 1, packet, 1, length);
          rest = Arrays.copyOfRange(rest, end, rest.length);
          return packet;
        }
      }
      return new byte[0];
    }
  }

  private static final class Connection {
    private final Stream in = new Stream();
    private final Stream out = new Stream();
    private Session session = new Session(); // until CONNECT tells whose
    private boolean counts = true;
  }

  private final Map<Integer, Connection> connections = new HashMap<>();
  private final Map<String, Session> sessions = new LinkedHashMap<>();
  private final Map<String, Message> messages = new LinkedHashMap<>();
  private int acknowledgements;

  /** By payload. */
  Map<String, Message> messages() {
    return messages;
  }

  /** By client identifier. */
  Map<String, Session> sessions() {
    return sessions;
  }

  /** How many PUBACK and PUBREC have been on their way. */
  int acknowledgements() {
    return acknowledgements;
  }

  /** Whether a packet of an event may be an acknowledgement. */
  static boolean isAcknowledgement(Event event) {
    return event instanceof Event.SendBegun sent
        && sent.bytes().length > 0
        && (sent.bytes()[0] & 0xe0) == 0x40; // PUBACK, PUBREC, PUBREL, PUBCOMP
  }

  /** Takes the next event of the recording. */
  void apply(Event event) {
    switch (event) {
      case Event.Received received -> {
        Connection connection = connection(received.connection());
        connection.in.add(received.bytes());
        for (byte[] packet = connection.in.next();
            packet.length > 0;
            packet = connection.in.next()) {
          said(connection, packet);
        }
      }
      case Event.SendBegun sent -> {
        Connection connection = connection(sent.connection());
        connection.out.add(sent.bytes());
        for (byte[] packet = connection.out.next();
            packet.length > 0;
            packet = connection.out.next()) {
          told(connection, packet);
        }
      }
      case Event.WriteBegun _,
          Event.WriteEnded _,
          Event.SyncBegun _,
          Event.SyncEnded _,
          Event.Resized _,
          Event.Made _,
          Event.Removed _,
          Event.Renamed _ -> {}
    }
  }

  private Connection connection(int number) {
    return connections.computeIfAbsent(number, _ -> new Connection());
  }

  private void said(Connection connection, byte[] packet) {
    switch (packet[0] >> 4 & 15) {
      case 1 -> connect(connection, packet);
      case 3 -> publish(connection, packet);
      case 6 -> connection.session.received.remove(number(packet, 1)); // PUBREL
      default -> {}
    }
  }

  private void connect(Connection connection, byte[] packet) {
    int properties = 1 + 2 + "MQTT".length() + 1 + 1 + 2;
    int at = properties + 1 + packet[properties]; // fewer than 128 bytes of them
    String client = text(packet, at);
    connection.counts = !client.startsWith("self-test-");
    if (connection.counts) {
      connection.session = sessions.computeIfAbsent(client, _ -> new Session());
    }
  }

  private void publish(Connection connection, byte[] packet) {
    if (!connection.counts) {
      return;
    }
    String topic = text(packet, 1);
    int id = 1 + 2 + topic.length();
    int properties = id + 2;
    int start = properties + 1 + packet[properties];
    String payload = new String(packet, start, packet.length - start, StandardCharsets.UTF_8);
    Message message = messages.computeIfAbsent(payload, _ -> new Message(topic, packet[0]));
    message.sent++;
    connection.session.open.put(number(packet, id), payload);
    connection.session.completed.remove(number(packet, id));
  }

  private void told(Connection connection, byte[] packet) {
    if (!connection.counts) {
      return;
    }
    Session session = connection.session;
    switch (packet[0] >> 4 & 15) {
      case 4 -> acknowledge(session, number(packet, 1)); // PUBACK
      case 5 -> { // PUBREC
        acknowledge(session, number(packet, 1));
        session.received.add(number(packet, 1));
      }
      case 7 -> { // PUBCOMP
        session.open.remove(number(packet, 1));
        session.completed.add(number(packet, 1));
      }
      case 9 -> session.subscribed = true; // SUBACK
      default -> {}
    }
  }

  private void acknowledge(Session session, int id) {
    String payload = session.open.get(id);
    Message message = payload == null ? null : messages.get(payload);
    if (message == null) {
      throw new IllegalStateException("acknowledged, and not published: packet " + id);
    }
    message.acknowledged = true;
    acknowledgements++;
  }

  private static int number(byte[] packet, int at) {
    return ((packet[at] & 0xff) << 8) | (packet[at + 1] & 0xff);
  }

  private static String text(byte[] packet, int at) {
    return new String(packet, at + 2, number(packet, at), StandardCharsets.UTF_8);
  }
}
