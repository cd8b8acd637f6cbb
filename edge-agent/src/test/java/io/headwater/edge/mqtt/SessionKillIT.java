package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogRow;
import io.headwater.edge.log.LogSettings;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.Seed;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real agent, killed again and again under mixed QoS with a subscriber that stays: nothing
 * acknowledged is lost, QoS 2 is logged once and delivered once, in the order of the log.
 */
@NullMarked
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class SessionKillIT {
  private static final int KILLS = Integer.getInteger("headwater.kills", 10);
  private static final int WINDOW = 20;

  @TempDir private Path folder;
  private volatile int port;
  private volatile boolean ending;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

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

  /** A client that comes back until the test ends. */
  private abstract class Returning {
    private final String id;
    private boolean known;

    Returning(String id) {
      this.id = id;
    }

    abstract void connected(RawClient client) throws IOException;

    abstract void received(RawClient client, String packet) throws IOException;

    /** Whether there is nothing left to do. */
    abstract boolean isDone();

    Thread begin() {
      return Thread.ofPlatform().name("test-" + id).start(this::run);
    }

    private void run() {
      while (!isDone() && failure.get() == null) {
        try (RawClient client = RawClient.open(port)) {
          client.send(Packets.connect(id, 3600));
          String connack = client.receive();
          if (connack.equals("closed")) {
            continue;
          }
          if (known) {
            assertThat(connack).as("session of " + id + " present").matches("20..0100.*");
          }
          known = true;
          connected(client);
          while (!isDone()) {
            String packet = client.receive();
            if (packet.equals("closed")) {
              break;
            }
            received(client, packet);
          }
        } catch (IOException _) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20)); // it is being started again
        } catch (Throwable e) {
          failure.set(e);
        }
      }
    }
  }

  /** Publishes numbers at one QoS, and says again what was not acknowledged. */
  private final class Publisher extends Returning {
    private final int qos;
    private final Map<Integer, Integer> published = new LinkedHashMap<>(); // numbers by packet id
    private final Set<Integer> released = new LinkedHashSet<>();
    private final Set<Integer> acknowledged = Collections.synchronizedSet(new HashSet<>());
    private int next;

    Publisher(int qos) {
      super("publisher-" + qos);
      this.qos = qos;
    }

    @Override
    void connected(RawClient client) throws IOException {
      for (var entry : published.entrySet()) {
        send(client, 8, entry.getKey(), entry.getValue());
      }
      for (int packetId : released) {
        client.send(Packets.ack(0x62, packetId));
      }
      more(client);
    }

    private void send(RawClient client, int dup, int packetId, int number) throws IOException {
      client.send(Packets.publish(dup | qos << 1, packetId, "t/" + number % 5, qos + ":" + number));
    }

    private void more(RawClient client) throws IOException {
      while (!ending && published.size() + released.size() < WINDOW) {
        int packetId = next % 60_000 + 1;
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
        case "40" -> acknowledged.add(published.remove(packetId));
        case "50" -> {
          Integer number = published.remove(packetId);
          if (number != null) {
            acknowledged.add(number);
            released.add(packetId);
          }
          client.send(Packets.ack(0x62, packetId));
        }
        case "70" -> released.remove(packetId);
        default -> throw new AssertionError("unexpected " + packet);
      }
      more(client);
    }

    @Override
    boolean isDone() {
      return ending && published.isEmpty() && released.isEmpty();
    }
  }

  /** Takes everything; knows what it has across its connections, as a QoS 2 receiver must. */
  private final class Subscriber extends Returning {
    private final List<String> qos1 = Collections.synchronizedList(new ArrayList<>());
    private final List<String> qos2 = Collections.synchronizedList(new ArrayList<>());
    private final Set<Integer> open = new HashSet<>();
    private volatile boolean done;
    private volatile boolean subscribed;

    Subscriber() {
      super("subscriber");
    }

    @Override
    void connected(RawClient client) throws IOException {
      if (!subscribed) {
        client.send(Packets.subscribe(1, "t/#", 2, 0));
      }
    }

    @Override
    void received(RawClient client, String packet) throws IOException {
      int type = Integer.parseInt(packet.substring(0, 1), 16);
      byte[] body = HexFormat.of().parseHex(packet.substring(4));
      switch (type) {
        case 9 -> subscribed = true;
        case 3 -> {
          int topic = 2 + body[1];
          int packetId = ((body[topic] & 0xFF) << 8) | (body[topic + 1] & 0xFF);
          String payload =
              new String(body, topic + 3, body.length - topic - 3, StandardCharsets.UTF_8);
          if (payload.startsWith("1")) {
            qos1.add(payload);
            client.send(Packets.ack(0x40, packetId));
          } else {
            if (open.add(packetId)) {
              qos2.add(payload);
            }
            client.send(Packets.ack(0x50, packetId));
          }
        }
        case 6 -> {
          int packetId = ((body[0] & 0xFF) << 8) | (body[1] & 0xFF);
          open.remove(packetId);
          client.send(Packets.ack(0x70, packetId));
        }
        default -> throw new AssertionError("unexpected " + packet);
      }
    }

    @Override
    boolean isDone() {
      return done;
    }
  }

  @Test
  void nothingAcknowledgedIsLostAndQos2HappensOnce() throws InterruptedException {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    var first = new Publisher(1);
    var second = new Publisher(2);
    var subscriber = new Subscriber();
    var acknowledged = new ArrayList<String>(); // at each kill, QoS 1 and 2
    ChildProcess agent = start();
    List<Thread> threads;
    try {
      Thread third = subscriber.begin();
      Awaitility.await().until(() -> subscriber.subscribed);
      threads = List.of(first.begin(), second.begin(), third);
      for (int i = 0; i < KILLS; i++) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(300, 1500)));
        agent.kill();
        acknowledged.add(first.acknowledged.size() + "+" + second.acknowledged.size());
        agent = start();
        assertNoFailure(seed);
      }
      ending = true;
      threads.get(0).join(20_000);
      threads.get(1).join(20_000);
      assertThat(second.isDone() && first.isDone())
          .as("all answered in the end; %s", seed)
          .isTrue();
      int last = second.acknowledged.size();
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> {
            assertNoFailure(seed);
            assertThat(subscriber.qos2).as(seed.toString()).hasSizeGreaterThanOrEqualTo(last);
            assertThat(new HashSet<>(subscriber.qos1))
                .as(seed.toString())
                .hasSizeGreaterThanOrEqualTo(first.acknowledged.size());
          });
    } finally {
      subscriber.done = true;
      ending = true;
      agent.kill();
    }
    threads.get(2).join(10_000);

    List<String> rows = rows();
    List<String> rows1 = rows.stream().filter(row -> row.startsWith("1")).toList();
    List<String> rows2 = rows.stream().filter(row -> row.startsWith("2")).toList();
    assertThat(rows2).as("QoS 2 rows once; %s", seed).doesNotHaveDuplicates();
    assertThat(rows2)
        .as("QoS 2 rows acknowledged; %s", seed)
        .containsAll(second.acknowledged.stream().map(number -> "2:" + number).toList());
    assertThat(new HashSet<>(rows1))
        .as("QoS 1 rows acknowledged; %s", seed)
        .containsAll(first.acknowledged.stream().map(number -> "1:" + number).toList());
    assertThat(subscriber.qos2).as("QoS 2 delivered once, in order; %s", seed).isEqualTo(rows2);
    assertThat(firsts(subscriber.qos1))
        .as("QoS 1 delivered, in order; %s", seed)
        .isEqualTo(firsts(rows1));
    assertThat(rows2)
        .as("messages between the kills, acknowledged %s; %s", acknowledged, seed)
        .hasSizeGreaterThan(KILLS);
  }

  private void assertNoFailure(Seed seed) {
    Throwable thrown = failure.get();
    if (thrown != null) {
      throw new AssertionError(seed.toString(), thrown);
    }
  }

  private static List<String> firsts(List<String> all) {
    return List.copyOf(new LinkedHashSet<>(all));
  }

  private List<String> rows() {
    var found = new ArrayList<String>();
    try (EdgeLog log =
        EdgeLog.open(
            folder.resolve("edge").resolve("log"),
            LogSettings.DEFAULTS,
            new EdgeLogMetrics(new SimpleMeterRegistry()))) {
      long next = 1;
      for (List<LogRow> rows = log.rows(next, 500, 1 << 20).rows();
          !rows.isEmpty();
          rows = log.rows(next, 500, 1 << 20).rows()) {
        rows.forEach(row -> found.add(new String(row.value(), StandardCharsets.UTF_8)));
        next = rows.getLast().seq() + 1;
      }
    }
    return found;
  }
}
