package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.NullMarked;

/** Takes everything; knows what it has across its connections, as a QoS 2 receiver must. */
@NullMarked
final class ReturningSubscriber extends ReturningClient {
  private static final int DUP = 8;

  private final List<String> qos1 = Collections.synchronizedList(new ArrayList<>());
  private final List<String> qos2 = Collections.synchronizedList(new ArrayList<>());

  /** What is open at QoS 2: packet identifiers with their payloads. */
  private final Map<Integer, String> open = new HashMap<>();

  /** What was completed at QoS 2: it must not come again. */
  private final Set<String> completed = new HashSet<>();

  private final CountDownLatch subscribed = new CountDownLatch(1);
  private volatile boolean done;

  ReturningSubscriber(Trial trial) {
    super(trial, "subscriber");
  }

  CountDownLatch subscribed() {
    return subscribed;
  }

  /** Payloads in the order of their arrival. */
  List<String> qos1() {
    return new ArrayList<>(qos1);
  }

  List<String> qos2() {
    return new ArrayList<>(qos2);
  }

  void end() {
    done = true;
  }

  @Override
  byte[] connect(String id) {
    return Packets.connect(id, 3600);
  }

  @Override
  void connected(RawClient client, boolean sessionPresent) throws IOException {
    if (subscribed.getCount() > 0) {
      client.send(Packets.subscribe(1, "+/+", 2, 0));
    } else {
      assertThat(sessionPresent).as("session of the subscriber").isTrue();
    }
  }

  @Override
  void received(RawClient client, String packet) throws IOException {
    int first = Integer.parseInt(packet.substring(0, 2), 16);
    byte[] body = HexFormat.of().parseHex(packet.substring(4));
    switch (first >> 4) {
      case 9 -> subscribed.countDown();
      case 3 -> published(client, first, body);
      case 6 -> {
        int packetId = ((body[0] & 0xFF) << 8) | (body[1] & 0xFF);
        String payload = open.remove(packetId);
        if (payload != null) {
          completed.add(payload);
        }
        client.send(Packets.ack(0x70, packetId));
      }
      default -> throw new AssertionError("unexpected " + packet);
    }
  }

  private void published(RawClient client, int first, byte[] body) throws IOException {
    int topic = 2 + body[1];
    int packetId = ((body[topic] & 0xFF) << 8) | (body[topic + 1] & 0xFF);
    String payload = new String(body, topic + 3, body.length - topic - 3, StandardCharsets.UTF_8);
    if ((first & 6) == 2) {
      qos1.add(payload);
      client.send(Packets.ack(0x40, packetId));
      return;
    }
    assertThat(completed.contains(payload)).as("%s came again after completion", payload).isFalse();
    String before = open.put(packetId, payload);
    if (before == null) {
      qos2.add(payload);
    } else {
      assertThat(payload).as("what came again as packet %s", packetId).isEqualTo(before);
      assertThat(first & DUP).as("DUP of what came again").isEqualTo(DUP);
    }
    client.send(Packets.ack(0x50, packetId));
  }

  @Override
  boolean isDone() {
    return done;
  }
}
