package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.headwater.process.HostPort;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.WindowStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Measures, and says what it measured; by name only, for it wants a machine of its own:
 *
 * <pre>{@code
 * mvn verify -pl streams-analytics,hub-broker -am -Dtest=AnalyticsBenchmark \
 *     -Dsurefire.failIfNoSpecifiedTests=false -DskipITs
 * }</pre>
 */
@Timeout(1_800)
class AnalyticsBenchmark extends AnalyticsFixture {
  private static final int READINGS = Integer.getInteger("headwater.benchmark.readings", 3_000_000);
  private static final int ROUNDS = Integer.getInteger("headwater.benchmark.rounds", 4);
  private static final Duration WINDOW = Duration.ofSeconds(10);
  private static final Duration GRACE = Duration.ofHours(24);

  private int runs;

  /** A declared aggregate, the same written by hand, and who only reads, over the same topic. */
  @Test
  void declaredBesideByHandAndABareConsumer() throws Exception {
    try (var producer = producer()) {
      var _ = producer.partitionsFor(Gaps.TOPIC); // makes it, as the process would
      for (int i = 0; i < READINGS; i++) {
        producer.send(
            new ProducerRecord<>(
                "readings",
                null,
                T0 + i / 100,
                "dev" + i % 100,
                "{\"value\":" + i % 1_000 / 10.0 + ",\"unit\":\"C\"}"));
      }
    }
    var declared = new double[ROUNDS];
    var byHand = new double[ROUNDS];
    var bare = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      declared[round] = declared();
      byHand[round] = byHand();
      bare[round] = bareConsumer();
      System.out.printf(
          "analytics: round %d: declared %,.0f/s, by hand %,.0f/s, bare consumer %,.0f/s%n",
          round, declared[round], byHand[round], bare[round]);
    }
    tell("declared / by hand", declared, byHand);
    tell("declared / bare consumer", declared, bare);
  }

  /** The first round warms up. */
  private static void tell(String what, double[] ours, double[] theirs) {
    double[] ratios = new double[ROUNDS - 1];
    Arrays.setAll(ratios, i -> ours[i + 1] / theirs[i + 1]);
    Arrays.sort(ratios);
    System.out.printf(
        "analytics: %s: %.2f (%.2f to %.2f)%n",
        what, ratios[ratios.length / 2], ratios[0], ratios[ratios.length - 1]);
  }

  private double declared() {
    Query query =
        TopologyRun.query(
            "- {name: declared%d, from: readings, value: $.value, window: {tumbling: 10s},"
                    .formatted(runs)
                + " aggregates: [count, min, max, mean]}");
    var registry = new SimpleMeterRegistry();
    var metrics = new AnalyticsMetrics(registry).forQuery(query.name());
    return streams(
        query,
        config -> QueryTopology.of(query, metrics, Backlogs.UNKNOWN, config),
        () -> (long) metrics.readings().count());
  }

  private double byHand() {
    Query settings =
        TopologyRun.query(
            "- {name: byhand%d, from: readings, window: {tumbling: 10s}, aggregates: [count]}"
                .formatted(runs));
    var count = new LongAdder();
    return streams(settings, config -> byHand(count, settings.to()), count::sum);
  }

  /** As one would write it who knows what is in the payloads. */
  private static Topology byHand(LongAdder count, String to) {
    Serde<double[]> state =
        Serdes.serdeFrom(
            (_, value) -> {
              ByteBuffer out = ByteBuffer.allocate(value.length * Double.BYTES);
              for (double each : value) {
                out.putDouble(each);
              }
              return out.array();
            },
            (_, bytes) -> {
              ByteBuffer in = ByteBuffer.wrap(bytes);
              double[] value = new double[bytes.length / Double.BYTES];
              Arrays.setAll(value, _ -> in.getDouble());
              return value;
            });
    var builder = new StreamsBuilder();
    builder.stream("readings", Consumed.with(Serdes.Bytes(), Serdes.ByteArray()))
        .mapValues(payload -> {
          count.increment();
          try {
            return JSON.readTree(payload).get("value").doubleValue();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        })
        .groupByKey(Grouped.with(Serdes.Bytes(), Serdes.Double()))
        .windowedBy(TimeWindows.ofSizeAndGrace(WINDOW, GRACE))
        .aggregate(
            () -> new double[] {0, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0},
            (_, value, window) ->
                new double[] {
                  window[0] + 1,
                  Math.min(window[1], value),
                  Math.max(window[2], value),
                  window[3] + value
                },
            Materialized.<Bytes, double[], WindowStore<Bytes, byte[]>>as("windows")
                .withKeySerde(Serdes.Bytes())
                .withValueSerde(state)
                .withRetention(WINDOW.plus(GRACE)))
        .toStream()
        .map((window, value) -> {
          var json = JSON.createObjectNode();
          json.put("key", new String(window.key().get(), StandardCharsets.UTF_8));
          json.put("start", Instant.ofEpochMilli(window.window().start()).toString());
          json.put("end", Instant.ofEpochMilli(window.window().end()).toString());
          json.put("count", (long) value[0]).put("min", value[1]).put("max", value[2]);
          json.put("mean", value[3] / value[0]);
          return KeyValue.pair(window.key(), json.toString().getBytes(StandardCharsets.UTF_8));
        })
        .to(to, Produced.with(Serdes.Bytes(), Serdes.ByteArray()));
    return builder.build();
  }

  private interface Made {
    Topology with(Properties config);
  }

  private double streams(Query query, Made topology, LongSupplier taken) {
    runs++;
    AnalyticsConfig defaults = AnalyticsConfig.DEFAULTS;
    var config =
        new AnalyticsConfig(
            folder.resolve("run" + runs),
            List.of(HostPort.parse(hub)),
            Optional.empty(),
            defaults.http(),
            Optional.empty(),
            "run" + runs,
            defaults.commitInterval(),
            defaults.sessionTimeout(),
            1,
            0,
            defaults.store(),
            defaults.stateMemory(),
            List.of());
    try (var memory = new StateMemory(config.stateMemory().bytes())) {
      Properties streams =
          ClientConfigs.streams(
              config, query.name(), "i" + runs, new HostPort("localhost", 1), memory);
      try (var instance = new KafkaStreams(topology.with(streams), streams)) {
        instance.start();
        return rate(taken);
      }
    }
  }

  private double bareConsumer() {
    try (var consumer =
        new KafkaConsumer<>(
            reading("earliest"), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(partitions(consumer, "readings"));
      var count = new LongAdder();
      var thread =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                while (count.sum() < READINGS) {
                  consumer.poll(Duration.ofMillis(100)).forEach(_ -> count.increment());
                }
              });
      double rate = rate(count::sum);
      await().until(() -> !thread.isAlive());
      return rate;
    }
  }

  /** Of all but the first tenth, so that nobody's start counts. */
  private static double rate(LongSupplier taken) {
    long first = READINGS / 10;
    await()
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofMillis(1))
        .until(() -> taken.getAsLong() >= first);
    long from = taken.getAsLong();
    long began = System.nanoTime();
    await()
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofMillis(1))
        .until(() -> taken.getAsLong() >= READINGS);
    return (taken.getAsLong() - from) * 1e9 / (System.nanoTime() - began);
  }

  /** From the acknowledgement of a reading to its result, and of one that closes a window. */
  @Test
  void howLongResultsTake() throws Exception {
    declare(
        "{name: updates, from: readings, window: {tumbling: 10s}, aggregates: [count]}",
        "{name: final, from: closing, value: $, window: {tumbling: 1s, grace: 0s},"
            + " aggregates: [count], emit: final}");
    try (var admin = Admin.create(Map.of("bootstrap.servers", hub))) {
      admin
          .createTopics(List.of(new NewTopic("closing", Optional.of(1), Optional.empty())))
          .all()
          .get();
    }
    ChildProcess analytics =
        Headwater.start(
            folder,
            "analytics",
            "--data=" + folder.resolve("a"),
            "--hub=" + hub,
            "--queries=" + folder.resolve("queries.yaml"),
            "--http=127.0.0.1:0",
            "--set=commit-interval=50ms");
    try (analytics;
        var results =
            new KafkaConsumer<>(
                reading("latest"), new StringDeserializer(), new StringDeserializer());
        var producer = producer()) {
      String http = address(analytics);
      await()
          .atMost(START)
          .until(() ->
              !json(get(http, "/api/queries")).toString().contains("starting")
                  && get(http, "/health").statusCode() == 200);
      var both = new ArrayList<>(partitions(results, "analytics.updates"));
      both.addAll(partitions(results, "analytics.final"));
      results.assign(both);
      results.seekToEnd(both);
      both.forEach(results::position);

      Map<String, Long> ackedAt = new ConcurrentHashMap<>();
      Map<Long, Long> closedAt = new ConcurrentHashMap<>(); // by the window's start in seconds
      var updates = new ArrayList<Long>();
      var finals = new ArrayList<Long>();
      long began = System.nanoTime();
      int sent = 0;
      while (System.nanoTime() - began < Duration.ofSeconds(40).toNanos()) {
        String key = "k" + sent++;
        producer.send(
            new ProducerRecord<>("readings", null, T0, key, "1"),
            (_, _) -> ackedAt.put(key, System.nanoTime()));
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
        producer.send(
            new ProducerRecord<>("closing", null, T0 + millis, "c", "1"),
            (_, _) -> closedAt.putIfAbsent(millis / 1_000 - 1, System.nanoTime()));
        LockSupport.parkNanos(5_000_000);
        take(results, ackedAt, closedAt, updates, finals);
      }
      await()
          .atMost(START)
          .until(() -> {
            take(results, ackedAt, closedAt, updates, finals);
            return ackedAt.isEmpty();
          });
      assertThat(finals).hasSizeGreaterThan(20);
      tell(
          "update after the reading's commit", updates.subList(updates.size() / 4, updates.size()));
      tell("final result after what closes its window", finals.subList(5, finals.size()));
    }
  }

  private static void take(
      KafkaConsumer<String, String> results,
      Map<String, Long> ackedAt,
      Map<Long, Long> closedAt,
      List<Long> updates,
      List<Long> finals)
      throws Exception {
    for (var result : results.poll(Duration.ZERO)) {
      long now = System.nanoTime();
      if (result.topic().endsWith("updates")) {
        Long acked = ackedAt.remove(result.key());
        if (acked != null) {
          updates.add(now - acked);
        }
      } else {
        JsonNode json = JSON.readTree(result.value());
        long start = Instant.parse(json.get("start").textValue()).toEpochMilli() - T0;
        Long closed = closedAt.get(start / 1_000);
        if (closed != null) {
          finals.add(now - closed);
        }
      }
    }
  }

  private static void tell(String what, List<Long> nanos) {
    var sorted = new ArrayList<>(nanos);
    sorted.sort(null);
    System.out.printf(
        "analytics: %s: p50 %.0f ms, p99 %.0f ms, longest %.0f ms of %d%n",
        what,
        sorted.get(sorted.size() / 2) / 1e6,
        sorted.get(sorted.size() * 99 / 100) / 1e6,
        sorted.getLast() / 1e6,
        sorted.size());
  }

  private Map<String, Object> reading(String reset) {
    return Map.of(
        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
        hub,
        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
        "read_committed",
        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
        reset);
  }

  private static List<TopicPartition> partitions(KafkaConsumer<?, ?> consumer, String topic) {
    return consumer.partitionsFor(topic).stream()
        .map(info -> new TopicPartition(topic, info.partition()))
        .toList();
  }
}
