package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import io.headwater.process.HostPort;
import io.headwater.sim.proxy.FaultProxy;
import io.headwater.sim.proxy.LinkFault;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * How fast a gateway's backlog reaches the hub once the network is back, and what becomes of
 * readings that are taken meanwhile; printed as lines that begin with {@code drain:}. The short
 * form holds loose limits; {@code -Dheadwater.speed=full} measures a million, {@code
 * -Dheadwater.drain.backlog=N} as many as that. Not part of the build: {@code -Dit.test=DrainRun}.
 */
@Timeout(600)
class DrainRun {
  private static final boolean FULL = "full".equals(System.getProperty("headwater.speed"));
  private static final Duration START = Duration.ofSeconds(60);
  private static final int BACKLOG =
      Integer.getInteger("headwater.drain.backlog", FULL ? 1_000_000 : 100_000);
  private static final int SIZE = 200;
  private static final String TOPIC = "sensors.drain";

  /** What the value of a live reading begins with; that of the backlog with its number. */
  private static final int LIVE = -1;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private static HostPort mqtt(ChildProcess process) {
    return HostPort.parse(Objects.requireNonNull(process.awaitReady(START).get("mqtt")));
  }

  private static Mqtt5AsyncClient connect(String name, HostPort edge) {
    var client =
        Mqtt5Client.builder()
            .identifier(name)
            .serverHost(edge.host())
            .serverPort(edge.port())
            .buildAsync();
    client.connect().join();
    return client;
  }

  private static byte[] value(int number, long millis, SplittableRandom random) {
    byte[] value = new byte[SIZE];
    ByteBuffer.wrap(value).putInt(number).putLong(millis);
    for (int i = Integer.BYTES + Long.BYTES; i < SIZE; i++) {
      value[i] = (byte) ('a' + random.nextInt(16));
    }
    return value;
  }

  /** Takes a backlog while the bridge is away; returns when all of it is acknowledged. */
  private static void publishBacklog(HostPort edge) throws InterruptedException {
    int clients = 4;
    var threads = new ArrayList<Thread>();
    for (int c = 0; c < clients; c++) {
      int own = c;
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                var random = new SplittableRandom(own);
                Mqtt5AsyncClient client = connect("backlog-" + own, edge);
                var window = new Semaphore(500);
                for (int i = own; i < BACKLOG; i += clients) {
                  window.acquireUninterruptibly();
                  client
                      .publishWith()
                      .topic("sensors/site/dev" + own + "/drain")
                      .qos(MqttQos.AT_LEAST_ONCE)
                      .payload(value(i, 0, random))
                      .send()
                      .whenComplete((_, failure) -> {
                        assertThat(failure).isNull();
                        window.release();
                      });
                }
                window.acquireUninterruptibly(500);
                client.disconnect();
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  /** A thousand readings a second until it is interrupted. */
  private static Thread publishLive(HostPort edge, CountDownLatch acknowledged) {
    return Thread.ofPlatform()
        .start(() -> {
          var random = new SplittableRandom(7);
          Mqtt5AsyncClient client = connect("live", edge);
          long next = System.nanoTime();
          while (!Thread.currentThread().isInterrupted()) {
            for (int i = 0; i < 10; i++) {
              client
                  .publishWith()
                  .topic("sensors/site/live/drain")
                  .qos(MqttQos.AT_LEAST_ONCE)
                  .payload(value(LIVE, System.currentTimeMillis(), random))
                  .send()
                  .thenRun(acknowledged::countDown);
            }
            next += 10_000_000;
            LockSupport.parkNanos(next - System.nanoTime());
          }
          client.disconnect();
        });
  }

  private static KafkaConsumer<byte[], byte[]> reader(String kafka) {
    var consumer =
        new KafkaConsumer<>(
            Map.<String, Object>of(
                "bootstrap.servers",
                kafka,
                "isolation.level",
                "read_committed",
                "max.poll.records",
                20_000,
                "fetch.max.wait.ms",
                10),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        consumer.partitionsFor(TOPIC).stream()
            .map(info -> new TopicPartition(TOPIC, info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    return consumer;
  }

  @SuppressWarnings("SystemOut") // for whoever measures
  private static void tell(String text) {
    System.out.println("drain: " + text);
  }

  @Test
  void backlogDrainsWhileLiveReadingsPassIt() throws Exception {
    var running = new ArrayList<ChildProcess>();
    ChildProcess hub = Headwater.startHub(folder);
    running.add(hub);
    Thread live = null;
    try {
      String kafka = Objects.requireNonNull(hub.awaitReady(START).get("kafka"));
      ChildProcess bridge =
          Headwater.start(
              folder,
              "bridge",
              "--data=" + folder.resolve("bridge"),
              "--port=0",
              "--hub=" + kafka,
              "--set=http=127.0.0.1:0");
      running.add(bridge);
      try (var uplink = new FaultProxy("uplink", HostPort.parse("127.0.0.1:0"), mqtt(bridge), 1)) {
        ChildProcess edge =
            Headwater.start(
                folder,
                "edge",
                "--data=" + folder.resolve("edge"),
                "--port=0",
                "--bridge=" + uplink.address(),
                "--set=http=127.0.0.1:0");
        running.add(edge);
        HostPort sensors = mqtt(edge);
        var warm = new CountDownLatch(FULL ? 20_000 : 3_000);
        live = publishLive(sensors, warm);
        // Everything is warm when the network goes.
        assertThat(warm.await(120, TimeUnit.SECONDS)).as("live readings are acknowledged").isTrue();
        FaultProxy.Effect cut = uplink.apply(new LinkFault.Cut());
        long started = System.nanoTime();
        publishBacklog(sensors);
        tell(
            "%d readings of %d bytes taken at %.0f/s"
                .formatted(BACKLOG, SIZE, BACKLOG * 1e9 / (System.nanoTime() - started)));
        try (var consumer = reader(kafka)) {
          cut.close();
          watch(consumer);
        }
      }
    } finally {
      if (live != null) {
        live.interrupt();
        live.join();
      }
      running.reversed().forEach(ChildProcess::kill);
    }
  }

  /**
   * Follows what arrives until the backlog is there, each of its readings once.
   *
   * <p>A reading is live if the gateway was connected when it was taken: what comes before is
   * backlog itself, and follows in its order.
   */
  private static void watch(KafkaConsumer<byte[], byte[]> consumer) {
    long back = System.nanoTime();
    long firstMillis = Long.MAX_VALUE;
    var seen = new BitSet(BACKLOG);
    var delays = new ArrayList<Long>();
    long first = 0;
    long limit = back + Duration.ofSeconds(200).toNanos();
    while (seen.cardinality() < BACKLOG && System.nanoTime() - limit < 0) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(50))) {
        ByteBuffer value = ByteBuffer.wrap(record.value());
        int number = value.getInt();
        if (number == LIVE) {
          long published = value.getLong();
          if (published >= firstMillis) {
            delays.add(System.currentTimeMillis() - published);
          }
          continue;
        }
        if (first == 0) {
          first = System.nanoTime();
          firstMillis = System.currentTimeMillis();
        }
        assertThat(seen.get(number)).as("reading %d is there once", number).isFalse();
        seen.set(number);
      }
    }
    long now = System.nanoTime();
    assertThat(seen.cardinality()).isEqualTo(BACKLOG);
    double seconds = (now - first) / 1e9;
    delays.sort(null);
    long p99 = delays.isEmpty() ? -1 : delays.get(delays.size() * 99 / 100);
    tell(
        "%.1f s from the first reading to the last (%.0f/s), %.1f s from the network's return"
            .formatted(seconds, BACKLOG / seconds, (now - back) / 1e9));
    tell("live readings meanwhile: %d, delay p99 %d ms".formatted(delays.size(), p99));
    assertThat(seconds).isLessThan(FULL ? 120 : 60);
    assertThat(delays).isNotEmpty();
  }
}
