package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.Seed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A shared subscription of the real agent, which is killed again and again while its members come
 * and go without a word: nothing acknowledged is lost, and QoS 2 reaches one member once.
 */
@NullMarked
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class SharedKillIT {
  private static final int KILLS = Integer.getInteger("headwater.kills", 6);
  private static final int WINDOW = 20;

  @TempDir private Path folder;
  private volatile int port;
  private volatile boolean ending;
  private volatile boolean done;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final Map<String, Integer> received = new ConcurrentHashMap<>();
  private final Set<String> acknowledged = Collections.synchronizedSet(new HashSet<>());

  private ChildProcess start() {
    ChildProcess agent =
        Headwater.start(
            folder,
            "edge",
            "--data=" + folder.resolve("edge"),
            "--port=0",
            "--bridge=localhost:1",
            "--set=log.file-size=1MiB",
            "--set=http=127.0.0.1:0");
    String address = agent.awaitReady(Duration.ofSeconds(30)).getOrDefault("mqtt", "");
    port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    return agent;
  }

  /** What a client does with one connection, until that breaks. */
  @FunctionalInterface
  private interface Connected {
    void run(RawClient client) throws IOException;
  }

  private Thread returning(String id, Connected connected) {
    return Thread.ofPlatform()
        .name("test-" + id)
        .start(() -> {
          while (!done && failure.get() == null) {
            try (RawClient client = RawClient.open(port)) {
              client.send(Packets.connect(id, 3600));
              if (!client.receive().equals("closed")) {
                connected.run(client);
              }
            } catch (IOException _) {
              // It is being started again.
            } catch (Throwable e) {
              failure.set(e);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
          }
        });
  }

  /** Those of now; the publishers go on. */
  private List<String> acknowledged() {
    return new ArrayList<>(acknowledged);
  }

  /** Publishes at one QoS, and again what was not acknowledged. */
  private Connected publisher(int qos) {
    var open = new LinkedHashMap<Integer, String>();
    var released = new HashSet<Integer>();
    int[] next = {0};
    return client -> {
      for (var each : open.entrySet()) {
        client.send(Packets.publish(8 | qos << 1, each.getKey(), "t/x", each.getValue()));
      }
      for (int packetId : released) {
        client.send(Packets.ack(0x62, packetId));
      }
      while (!done) {
        while (!ending && open.size() + released.size() < WINDOW) {
          int packetId = next[0] % 60_000 + 1;
          String payload = qos + ":" + next[0]++;
          open.put(packetId, payload);
          client.send(Packets.publish(qos << 1, packetId, "t/x", payload));
        }
        if (open.isEmpty() && released.isEmpty()) {
          return;
        }
        String packet = client.receive();
        if (packet.equals("closed")) {
          return;
        }
        int packetId = Integer.parseInt(packet.substring(4, 8), 16);
        String payload = packet.startsWith("70") ? null : open.remove(packetId);
        if (payload != null) {
          acknowledged.add(payload);
        }
        if (packet.startsWith("50")) {
          released.add(packetId);
          client.send(Packets.ack(0x62, packetId));
        } else if (packet.startsWith("70")) {
          released.remove(packetId);
        }
      }
    };
  }

  /** Takes its part; knows over its connections what it has at QoS 2, as a receiver must. */
  private Connected member(SplittableRandom random, Runnable subscribed) {
    var open = new HashSet<Integer>();
    boolean[] known = {false};
    return client -> {
      if (!known[0]) {
        client.send(Packets.subscribe(1, "$share/g/t/#", 2, 0));
      }
      int patience = random.nextInt(200, 3000);
      for (int i = 0; i < patience; i++) {
        String packet = client.receive();
        if (packet.equals("closed") || done) {
          return;
        }
        byte[] body = HexFormat.of().parseHex(packet.substring(4));
        int first = ((body[0] & 0xFF) << 8) | (body[1] & 0xFF);
        switch (packet.charAt(0)) {
          case '9' -> {
            known[0] = true;
            subscribed.run();
          }
          case '3' -> {
            int topic = 2 + body[1];
            int packetId = ((body[topic] & 0xFF) << 8) | (body[topic + 1] & 0xFF);
            String payload =
                new String(body, topic + 3, body.length - topic - 3, StandardCharsets.UTF_8);
            if (payload.startsWith("1") || open.add(packetId)) {
              received.merge(payload, 1, Integer::sum);
            }
            client.send(Packets.ack(payload.startsWith("1") ? 0x40 : 0x50, packetId));
          }
          case '6' -> {
            open.remove(first);
            client.send(Packets.ack(0x70, first));
          }
          default -> throw new AssertionError("unexpected " + packet);
        }
      }
    };
  }

  @Test
  void nothingAcknowledgedIsLostAndQos2ReachesOneMemberOnce() throws InterruptedException {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    Set<String> subscribed = Collections.synchronizedSet(new HashSet<>());
    ChildProcess agent = start();
    try {
      List<Thread> members =
          IntStream.range(0, 3)
              .mapToObj(i ->
                  returning("member-" + i, member(random.split(), () -> subscribed.add("" + i))))
              .toList();
      Awaitility.await().until(() -> subscribed.size() == members.size());
      returning("publisher-1", publisher(1));
      returning("publisher-2", publisher(2));
      for (int i = 0; i < KILLS; i++) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(300, 1500)));
        agent.kill();
        agent = start();
        assertThat(failure.get()).as(seed.toString()).isNull();
      }
      ending = true;
      Awaitility.await()
          .atMost(Duration.ofSeconds(40))
          .untilAsserted(() -> {
            assertThat(failure.get()).as(seed.toString()).isNull();
            assertThat(received.keySet()).as("lost; %s", seed).containsAll(acknowledged());
          });
      assertThat(
              received.entrySet().stream()
                  .filter(each -> each.getKey().startsWith("2") && each.getValue() > 1))
          .as("QoS 2 more than once; %s", seed)
          .isEmpty();
      assertThat(acknowledged().stream().filter(each -> each.startsWith("2")))
          .as("messages at QoS 2 between the kills; %s", seed)
          .hasSizeGreaterThan(KILLS);
    } finally {
      done = true;
      agent.kill();
    }
  }
}
