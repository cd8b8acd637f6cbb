package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.NullMarked;

/** Publishes numbers at one QoS, and says again what was not acknowledged. */
@NullMarked
final class ReturningPublisher extends ReturningClient {
  static final int TOPICS = 5;
  private static final int WINDOW = 20;
  private static final int IDS = 60_000;
  private static final int DUP = 8;

  private final int window;
  private final int mostFiller;
  private final int qos;
  private final boolean retain;
  private final String prefix;
  private final Map<Integer, Integer> published = new LinkedHashMap<>(); // numbers by packet id
  private final Set<Integer> released = new LinkedHashSet<>();
  private final Set<Integer> acknowledged = Collections.synchronizedSet(new HashSet<>());
  private final AtomicIntegerArray newest = new AtomicIntegerArray(TOPICS);
  private boolean known;
  private int next = 1;

  /**
   * @param prefix of the topics {@code <prefix>/0} and so on, and of the payloads {@code
   *     <prefix>:<number>}
   */
  ReturningPublisher(Trial trial, String prefix, int qos, boolean retain) {
    this(trial, prefix, qos, retain, WINDOW, 0);
  }

  /**
   * One of which more is known.
   *
   * @param window how many publishes may wait for their acknowledgement
   * @param mostFiller how much longer than that payloads are at most, in bytes
   */
  ReturningPublisher(
      Trial trial, String prefix, int qos, boolean retain, int window, int mostFiller) {
    super(trial, "publisher-" + prefix);
    this.window = window;
    this.mostFiller = mostFiller;
    this.prefix = prefix;
    this.qos = qos;
    this.retain = retain;
  }

  /** Payloads that were acknowledged. */
  Set<String> acknowledged() {
    var payloads = new HashSet<String>();
    synchronized (acknowledged) {
      acknowledged.forEach(number -> payloads.add(payload(number)));
    }
    return payloads;
  }

  int count() {
    return acknowledged.size();
  }

  /** The last number acknowledged on a topic; 0 for none. */
  int newest(int topic) {
    return newest.get(topic);
  }

  @Override
  byte[] connect(String id) {
    return Packets.connect(id, 3600);
  }

  @Override
  void connected(RawClient client, boolean sessionPresent) throws IOException {
    assertThat(sessionPresent || !known).as("session of the publisher %s", prefix).isTrue();
    known = true;
    for (var entry : published.entrySet()) {
      send(client, DUP, entry.getKey(), entry.getValue());
    }
    for (int packetId : released) {
      client.send(Packets.ack(0x62, packetId));
    }
    more(client);
  }

  private void send(RawClient client, int dup, int packetId, int number) throws IOException {
    client.send(
        Packets.publish(
            dup | qos << 1 | (retain ? 1 : 0),
            packetId,
            prefix + "/" + number % TOPICS,
            payload(number)));
  }

  private String payload(int number) {
    String payload = prefix + ":" + number;
    int filler = mostFiller == 0 ? 0 : number * 7919 % mostFiller;
    return payload + ("." + number).repeat(filler / 8);
  }

  private void more(RawClient client) throws IOException {
    while (!trial.isEnding() && published.size() + released.size() < window) {
      int packetId = next % IDS + 1;
      published.put(packetId, next);
      send(client, 0, packetId, next++);
    }
  }

  @Override
  void received(RawClient client, String packet) throws IOException {
    int packetId = Integer.parseInt(packet.substring(4, 8), 16);
    // A PUBREL may be said again after the agent has forgotten the identifier.
    assertThat(packet.length() == 8 || packet.startsWith("70")).as(packet).isTrue();
    switch (packet.substring(0, 2)) {
      case "40" -> acknowledge(packetId);
      case "50" -> {
        if (acknowledge(packetId)) {
          released.add(packetId);
        }
        client.send(Packets.ack(0x62, packetId));
      }
      case "70" -> released.remove(packetId);
      default -> throw new AssertionError("unexpected " + packet);
    }
    more(client);
  }

  private boolean acknowledge(int packetId) {
    Integer number = published.remove(packetId);
    if (number == null) {
      return false;
    }
    acknowledged.add(number);
    newest.set(number % TOPICS, number);
    return true;
  }

  @Override
  boolean isDone() {
    return trial.isEnding() && published.isEmpty() && released.isEmpty();
  }
}
