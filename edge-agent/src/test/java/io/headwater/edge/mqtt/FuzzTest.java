package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.edge.clock.DeviceClock;
import io.headwater.edge.log.Append;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogSettings;
import io.headwater.process.HostPort;
import io.headwater.testsupport.Seed;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.util.internal.PlatformDependent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Random bytes and damaged packets against the server. {@code -Dheadwater.fuzz.packets=10000000}
 * goes on for longer.
 */
@Timeout(value = 6, unit = TimeUnit.HOURS)
class FuzzTest {
  private static final int BATCH = 64;
  private static final long SECONDS = 4;

  /** Above what is in use when everything has been seen a few times. */
  private static final long MOST_MORE_HEAP = 16 << 20;

  private static final long MOST_MORE_DIRECT = 16 << 20;

  private static final Logger LOGGER = LoggerFactory.getLogger(FuzzTest.class);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  @TempDir private Path logs;
  private final AtomicBoolean room = new AtomicBoolean();
  private final ExecutorService others = Executors.newFixedThreadPool(2);

  @Test
  void nothingThatArrivesHurtsTheServerOrItsOtherClients() throws Exception {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    long wanted = Long.getLong("headwater.fuzz.packets", 0);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    long packets = 0;
    Memory early = null;
    try (EdgeLog log =
            EdgeLog.open(
                logs, LogSettings.DEFAULTS, new EdgeLogMetrics(new SimpleMeterRegistry()));
        var listener =
            new MqttListener(
                MqttListener.Endpoints.of(new HostPort("127.0.0.1", 0)),
                MqttSettings.DEFAULTS,
                this::commit,
                new LocalDelivery(),
                log,
                ClientWatch.NONE,
                this::admit,
                DeviceClock.of(Clock.systemUTC()),
                new MqttMetrics(registry))) {
      int port = listener.address().port();
      Set<String> threads = serverThreads();
      try (var good = RawClient.open(port).connected(5, "the good client")) {
        int packetId = 1;
        while (wanted > 0 ? packets < wanted : System.nanoTime() - end < 0) {
          for (int i = 0; i < BATCH; i++) {
            packets += attack(port, random);
          }
          packetId = packetId % 60_000 + 1;
          good.send(RawClient.publish(5, 1, packetId, "good", "x"));
          assertThat(good.receive())
              .as("after %s packets, %s", packets, seed)
              .matches("40(02|03|04)%04x.*".formatted(packetId));
          if (early == null && packets > 10_000) {
            early = Memory.now();
          }
        }
      }
      assertThat(serverThreads()).as("%s", seed).isEqualTo(threads);
      await("%s: all is given back".formatted(seed))
          .atMost(20, TimeUnit.SECONDS)
          .until(() ->
              registry.get("edge.mqtt.flight.bytes").gauge().value() == 0
                  && registry.get("edge.mqtt.connections").gauge().value() == 0);
      if (early != null) {
        Memory first = early;
        long sent = packets;
        var both = new AtomicReference<>("");
        // What has just ended is held for a second or so.
        await("%s: memory is given back".formatted(seed))
            .atMost(20, TimeUnit.SECONDS)
            .pollInterval(500, TimeUnit.MILLISECONDS)
            .untilAsserted(() -> {
              Memory late = Memory.now();
              both.set("%s -> %s after %s packets, %s".formatted(first, late, sent, seed));
              assertThat(late.heap())
                  .as("heap: %s", both)
                  .isLessThan(first.heap() + MOST_MORE_HEAP);
              assertThat(late.direct())
                  .as("direct memory: %s", both)
                  .isLessThan(first.direct() + MOST_MORE_DIRECT);
            });
        LOGGER
            .atInfo()
            .addKeyValue("packets", packets)
            .addKeyValue("memory", both.get())
            .log("Fuzzed");
      }
    } finally {
      others.shutdownNow();
    }
    assertThat(packets).as("packets sent, %s", seed).isGreaterThan(BATCH);
  }

  /** Bytes in use. */
  private record Memory(long heap, long direct) {
    static Memory now() {
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      return new Memory(
          runtime.totalMemory() - runtime.freeMemory(), PlatformDependent.usedDirectMemory());
    }
  }

  private boolean commit(Publish publish) {
    byte[] payload = publish.payload();
    if (payload.length % 7 == 6 && room.getAndSet(!room.get())) {
      return false; // every other time
    }
    Append.Outcome outcome =
        payload.length % 5 == 4 ? Append.Outcome.DISK_FULL : Append.Outcome.COMMITTED;
    others.execute(() -> publish.done().accept(outcome));
    return true;
  }

  private CompletableFuture<Admission.Verdict> admit(Admission.Login login) {
    var verdict = new CompletableFuture<Admission.Verdict>();
    others.execute(() -> verdict.complete(new Admission.Admitted(Rights.ALL)));
    return verdict;
  }

  private static Set<String> serverThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("edge-mqtt"))
        .collect(Collectors.toSet());
  }

  /** One connection; returns how many packets were sent. */
  private static int attack(int port, SplittableRandom random) throws IOException {
    var bytes = new ByteArrayOutputStream();
    int packets = 1 + random.nextInt(8);
    int level = random.nextBoolean() ? 4 : 5;
    if (random.nextInt(8) > 0) {
      bytes.writeBytes(RawClient.connect(level, "c" + random.nextInt(20)));
    }
    for (int i = 0; i < packets; i++) {
      bytes.writeBytes(mutated(packet(level, random), random));
    }
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoLinger(random.nextInt(4) == 0, 0); // some end by a reset
      socket.getOutputStream().write(bytes.toByteArray());
      if (random.nextInt(16) == 0) {
        socket.shutdownOutput();
        socket.setSoTimeout(200);
        socket.getInputStream().readNBytes(64);
      }
    } catch (IOException _) {
      // The server has closed it already, or keeps waiting for more.
    }
    return packets;
  }

  private static byte[] packet(int level, SplittableRandom random) {
    int id = 1 + random.nextInt(10);
    return switch (random.nextInt(8)) {
      case 0 -> RawClient.connect(level, "x", "user", "password", "will/topic");
      case 1 -> RawClient.publish(level, 0, 0, "a/b", "x".repeat(random.nextInt(300)));
      case 2 -> RawClient.publish(level, 1, id, "a/b/c", "x".repeat(random.nextInt(3000)));
      case 3 -> RawClient.publish(level, 2, id, "a", "y");
      case 4 -> RawClient.subscribe(level, id, "a/+/#", "good/" + id);
      case 5 -> RawClient.ping();
      case 6 -> RawClient.packet(random.nextInt(256), random(random, 2));
      default -> random(random, 1 + random.nextInt(200));
    };
  }

  private static byte[] random(SplittableRandom random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Half of them are left as they are, so that what is behind them is looked at, too. */
  private static byte[] mutated(byte[] packet, SplittableRandom random) {
    byte[] changed = packet.clone();
    switch (random.nextInt(8)) {
      case 0 -> changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(8));
      case 1 -> changed[random.nextInt(changed.length)] = (byte) random.nextInt();
      case 2 -> {
        return Arrays.copyOf(changed, random.nextInt(changed.length + 1));
      }
      case 3 -> {
        return Arrays.copyOf(changed, changed.length + random.nextInt(10));
      }
      default -> {
        // As it is.
      }
    }
    return changed;
  }
}
