package io.headwater.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import io.headwater.process.HostPort;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.uplink.Answer;
import io.headwater.uplink.Batch;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.Incarnation;
import io.headwater.uplink.MalformedUplinkException;
import io.headwater.uplink.Settled;
import io.headwater.uplink.StateRequest;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.Track;
import io.headwater.uplink.UplinkCodec;
import io.headwater.uplink.UplinkRecord;
import io.headwater.uplink.UplinkTopics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * How fast a bridge is, printed as lines that begin with {@code speed:}. The short form holds loose
 * limits, for machines that do other things as well; {@code -Dheadwater.speed=full} measures. Not
 * part of the build: {@code -Dit.test=BridgeSpeedRun}.
 */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BridgeSpeedRun {
  private static final boolean FULL = "full".equals(System.getProperty("headwater.speed"));
  private static final Duration START = Duration.ofSeconds(60);
  private static final int BATCH = 500;

  @TempDir private static Path shared;
  private static ChildProcess hub;
  private static String kafka = "";

  @BeforeAll
  static void startHub() {
    hub = Headwater.startHub(shared);
    kafka = Objects.requireNonNull(hub.awaitReady(START).get("kafka"));
  }

  @AfterAll
  static void stopHub() {
    hub.kill();
  }

  private static ChildProcess startBridge(String name) {
    return Headwater.start(
        shared,
        "bridge",
        "--data",
        shared.resolve(name).toString(),
        "--port",
        "0",
        "--hub",
        kafka,
        "--set",
        "http=127.0.0.1:0");
  }

  private static String mqtt(ChildProcess bridge) {
    return Objects.requireNonNull(bridge.awaitReady(START).get("mqtt"));
  }

  @SuppressWarnings("SystemOut") // for whoever measures
  private static void tell(String line) {
    System.out.println("speed: " + line);
  }

  /** A gateway that sends frames within its credit and knows what is settled. */
  private static final class Sender implements AutoCloseable {
    private final String name;
    private final StreamPartition partition;
    private final Mqtt5AsyncClient client;
    private volatile long settled;
    private volatile boolean known;
    private volatile int credit = 1;

    Sender(String name, String stream, String broker) {
      this.name = name;
      this.partition = new StreamPartition(stream, 0);
      HostPort address = HostPort.parse(broker);
      client =
          MqttClient.builder()
              .useMqttVersion5()
              .identifier(name)
              .serverHost(address.host())
              .serverPort(address.port())
              .buildAsync();
      connect();
      askUntilKnown();
    }

    /** Moquette forgets one of a hundred clients that subscribe as soon as they are connected. */
    private void connect() {
      for (int attempt = 0; attempt < 10; attempt++) {
        client.connectWith().simpleAuth().username(name).applySimpleAuth().send().join();
        try {
          client
              .subscribeWith()
              .topicFilter(UplinkTopics.ack(name))
              .callback(publish -> answered(publish.getPayloadAsBytes()))
              .send()
              .get(2, TimeUnit.SECONDS);
          return;
        } catch (InterruptedException | ExecutionException | TimeoutException _) {
          client.disconnect().exceptionally(_ -> null).join(); // or Moquette has done so already
        }
      }
      throw new AssertionError(name + " cannot subscribe");
    }

    private void answered(byte[] frame) {
      try {
        Answer answer = UplinkCodec.decodeAnswer(frame);
        if (answer.verdict() == Answer.Verdict.KNOWN) {
          known = true;
          credit = answer.credit().batches();
        }
        for (Settled each : answer.settled()) {
          if (each.partition().equals(partition)) {
            settled = Math.max(settled, each.ranges().firstMissing(0));
          }
        }
      } catch (MalformedUplinkException e) {
        throw new AssertionError(e);
      }
    }

    void askUntilKnown() {
      known = false;
      long limit = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (!known && System.nanoTime() - limit < 0) {
        publish(
            UplinkTopics.state(name),
            UplinkCodec.encode(
                new StateRequest(name, 1, List.of(new Incarnation(1, Map.of())), "speed")));
        long until = System.nanoTime() + Duration.ofMillis(250).toNanos();
        while (!known && System.nanoTime() - until < 0) {
          LockSupport.parkNanos(1_000_000);
        }
      }
      assertThat(known).as("%s is known", name).isTrue();
    }

    private void publish(String topic, byte[] frame) {
      client.publishWith().topic(topic).qos(MqttQos.AT_LEAST_ONCE).payload(frame).send();
    }

    void send(byte[] frame) {
      publish(UplinkTopics.up(name), frame);
    }

    byte[] frame(long from, int count, SplittableRandom random) {
      var records = new ArrayList<UplinkRecord>(count);
      long now = System.currentTimeMillis();
      for (int i = 0; i < count; i++) {
        byte[] value =
            ("{\"device\":\"d" + i % 50 + "\",\"value\":" + random.nextDouble() + ",\"at\":" + now)
                .getBytes(StandardCharsets.UTF_8);
        value = Arrays.copyOf(value, 200);
        for (int k = 70; k < 200; k++) {
          value[k] = (byte) ('a' + random.nextInt(16));
        }
        records.add(
            new UplinkRecord(
                from + i,
                now,
                ClockQuality.SYNCED,
                ("d" + i % 50).getBytes(StandardCharsets.UTF_8),
                value,
                "sensors/site/d" + i % 50 + "/kind",
                "d" + i % 50));
      }
      return UplinkCodec.encode(
          new Batch(name, 1, 1, partition, Track.LIVE, from, from + count, records, List.of()),
          true);
    }

    @Override
    public void close() {
      client.disconnect();
    }
  }

  private static Map<String, Object> readCommitted() {
    return Map.of(
        "bootstrap.servers",
        kafka,
        "isolation.level",
        "read_committed",
        "max.poll.records",
        20_000,
        "fetch.max.wait.ms",
        5,
        "enable.metrics.push",
        false);
  }

  private static KafkaConsumer<byte[], byte[]> reader(String topic, boolean fromStart) {
    var consumer =
        new KafkaConsumer<>(
            readCommitted(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList();
    consumer.assign(partitions);
    if (fromStart) {
      consumer.seekToBeginning(partitions);
    } else {
      consumer.seekToEnd(partitions);
      partitions.forEach(consumer::position);
    }
    return consumer;
  }

  private static long count(String topic, long expected) {
    try (var consumer = reader(topic, true)) {
      long found = 0;
      long quietSince = System.nanoTime();
      while (found < expected
          || System.nanoTime() - quietSince < Duration.ofMillis(500).toNanos()) {
        int polled = consumer.poll(Duration.ofMillis(100)).count();
        found += polled;
        if (polled > 0) {
          quietSince = System.nanoTime();
        } else if (System.nanoTime() - quietSince > Duration.ofSeconds(10).toNanos()) {
          break;
        }
      }
      return found;
    }
  }

  @Test
  void readingsOfManyGatewaysThroughOneBridge() {
    ChildProcess bridge = startBridge("throughput");
    int gateways = 4;
    int batches = FULL ? 1000 : 60;
    var random = new SplittableRandom(1);
    var senders = new ArrayList<Sender>();
    try {
      String broker = mqtt(bridge);
      var frames = new ArrayList<List<byte[]>>();
      for (int g = 0; g < gateways; g++) {
        var sender = new Sender("gw-speed-" + g, "speed", broker);
        senders.add(sender);
        var own = new ArrayList<byte[]>();
        for (int b = 0; b < batches; b++) {
          own.add(sender.frame((long) b * BATCH, BATCH, random));
        }
        frames.add(own);
      }
      // The first batches make the topic and warm both processes up.
      int warm = batches * 2 / 5;
      pump(senders, frames, 0, warm);
      long started = System.nanoTime();
      pump(senders, frames, warm, batches);
      double seconds = (System.nanoTime() - started) / 1e9;
      long measured = (long) gateways * (batches - warm) * BATCH;
      tell(String.format("%.0f readings/s through one bridge", measured / seconds));

      long all = (long) gateways * batches * BATCH;
      assertThat(count("speed", all)).as("exactly once").isEqualTo(all);
      assertThat(measured / seconds).isGreaterThan(FULL ? 30_000 : 5_000);
    } finally {
      senders.forEach(Sender::close);
      bridge.kill();
    }
  }

  private static void pump(List<Sender> senders, List<List<byte[]>> frames, int from, int to) {
    int[] next = new int[senders.size()];
    long[] progress = new long[senders.size()];
    Arrays.fill(next, from);
    long lastProgress = System.nanoTime();
    while (true) {
      boolean done = true;
      for (int g = 0; g < next.length; g++) {
        Sender sender = senders.get(g);
        long settled = sender.settled / BATCH;
        while (next[g] < to && next[g] - settled < sender.credit) {
          sender.send(frames.get(g).get(next[g]++));
        }
        done &= settled >= to;
        if (settled > progress[g]) {
          progress[g] = settled;
          lastProgress = System.nanoTime();
        }
      }
      if (done) {
        return;
      }
      if (System.nanoTime() - lastProgress > Duration.ofSeconds(5).toNanos()) {
        for (int g = 0; g < next.length; g++) {
          senders.get(g).askUntilKnown();
          next[g] = (int) Math.max(from, senders.get(g).settled / BATCH);
        }
        lastProgress = System.nanoTime();
      }
      LockSupport.parkNanos(500_000);
    }
  }

  @Test
  void delayAtTwoThousandReadingsASecond() {
    ChildProcess bridge = startBridge("delay");
    var random = new SplittableRandom(2);
    try (var sender = new Sender("gw-delay", "delay", mqtt(bridge))) {
      sender.send(sender.frame(0, 20, random));
      awaitSettled(sender, 20);
      // Ten milliseconds each; the first half warms both processes up.
      int rounds = FULL ? 6_000 : 500;
      int warm = rounds / 2;
      var millis = new ArrayList<Long>();
      try (var consumer = reader("delay", false)) {
        Thread feeder =
            Thread.ofPlatform()
                .start(() -> {
                  long start = System.nanoTime();
                  for (int i = 0; i < rounds; i++) {
                    sender.send(sender.frame(20L + i * 20L, 20, random));
                    LockSupport.parkNanos(start + (i + 1) * 10_000_000L - System.nanoTime());
                  }
                });
        long seen = 0;
        long limit = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (seen < 20L * rounds && System.nanoTime() - limit < 0) {
          for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(20))) {
            seen++;
            if (seen > 20L * warm) {
              millis.add(System.currentTimeMillis() - record.timestamp());
            }
          }
        }
        assertThat(seen).isEqualTo(20L * rounds);
        feeder.interrupt();
      }
      millis.sort(null);
      long p50 = millis.get(millis.size() / 2);
      long p99 = millis.get(millis.size() * 99 / 100);
      tell("2000 readings/s: p50 " + p50 + " ms, p99 " + p99 + " ms from sending to readable");
      assertThat(p99).isLessThan(FULL ? 300 : 2_000);
    } finally {
      bridge.kill();
    }
  }

  private static void awaitSettled(Sender sender, long to) {
    long limit = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (sender.settled < to && System.nanoTime() - limit < 0) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(sender.settled).isGreaterThanOrEqualTo(to);
  }

  @Test
  void killedBridgeComesBackAndItsPeerTakesOver() {
    ChildProcess bridge = startBridge("killed");
    ChildProcess peer = null;
    try {
      flow(mqtt(bridge), 0);
      bridge.kill();
      long killed = System.nanoTime();
      bridge = startBridge("killed");
      flow(mqtt(bridge), 20);
      double own = (System.nanoTime() - killed) / 1e9;
      tell(String.format("%.1f s from SIGKILL to readings by its own restart", own));
      assertThat(own).isLessThan(FULL ? 8 : 20);

      peer = startBridge("peer");
      String heir = mqtt(peer);
      bridge.kill();
      killed = System.nanoTime();
      flow(heir, 40);
      double taken = (System.nanoTime() - killed) / 1e9;
      tell(String.format("%.1f s from SIGKILL to readings by a peer", taken));
      assertThat(taken).isLessThan(FULL ? 16 : 30);
    } finally {
      bridge.kill();
      if (peer != null) {
        peer.kill();
      }
    }
  }

  /** For gateways of several lanes, as one lane may be anybody's. */
  private static void flow(String broker, long from) {
    var random = new SplittableRandom(3);
    for (int g = 0; g < 4; g++) {
      try (var sender = new Sender("gw-kill-" + g, "killed", broker)) {
        sender.send(sender.frame(from, 20, random));
        awaitSettled(sender, from + 20);
      }
    }
  }

  @Test
  void memoryWithManyGateways() throws Exception {
    int gateways = FULL ? 1_000 : 200;
    ChildProcess bridge = startBridge("crowd");
    var senders = new ArrayList<Sender>();
    try {
      String broker = mqtt(bridge);
      long pid = Long.parseLong(Objects.requireNonNull(bridge.awaitReady(START).get("pid")));
      var random = new SplittableRandom(4);
      for (int g = 0; g < gateways; g++) {
        senders.add(new Sender("gw-crowd-" + g, "crowd", broker));
      }
      int rounds = FULL ? 20 : 3;
      for (int round = 0; round < rounds; round++) {
        for (Sender sender : senders) {
          sender.send(sender.frame(round * 20L, 20, random));
        }
        for (Sender sender : senders) {
          awaitSettled(sender, (round + 1) * 20L);
        }
      }
      long resident = residentMegabytes(pid);
      tell(resident + " MB resident with " + gateways + " gateways connected");
      assertThat(resident).isLessThan(450);
    } finally {
      senders.forEach(Sender::close);
      bridge.kill();
    }
  }

  private static long residentMegabytes(long pid) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.substring(6).replace("kB", "").strip()) >> 10;
      }
    }
    throw new AssertionError("no VmRSS of " + pid);
  }

  /** Last, as every bridge after it reads these cursors when it starts. */
  @Order(Integer.MAX_VALUE)
  @Test
  void lanesOfManyGatewaysAreTakenOver() throws Exception {
    startBridgeOnce();
    int gateways = 5_000;
    int updates = FULL ? 10_000_000 : 200_000;
    Map<String, Object> config =
        Map.of("bootstrap.servers", kafka, "linger.ms", 5, "compression.type", "zstd");
    try (var producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int i = 0; i < updates; i++) {
        String gateway = "many-" + i % gateways;
        byte[] key = ("[\"" + gateway + "\",\"1\",\"s\",0]").getBytes(StandardCharsets.UTF_8);
        byte[] value =
            ("{\"settled\":[[0," + (i + 1) + "]],\"incarnations\":[\"1f\"],\"first\":[0]}")
                .getBytes(StandardCharsets.UTF_8);
        producer.send(
            new ProducerRecord<>("headwater-cursors", UplinkTopics.lane(gateway), key, value));
      }
      producer.flush();
    }
    long started = System.nanoTime();
    ChildProcess bridge = startBridge("many");
    try {
      mqtt(bridge);
      double seconds = (System.nanoTime() - started) / 1e9;
      String read =
          bridge
              .output()
              .lines()
              .filter(line -> line.contains("Cursors are read"))
              .findFirst()
              .orElse("");
      tell(
          String.format(
              "%.1f s to start with %d gateways after %d updates; %s",
              seconds, gateways, updates, read));
      assertThat(seconds).isLessThan(FULL ? 20 : 30);
    } finally {
      bridge.kill();
    }
  }

  private static void startBridgeOnce() {
    @Nullable ChildProcess bridge = startBridge("many");
    mqtt(bridge);
    bridge.kill();
  }
}
