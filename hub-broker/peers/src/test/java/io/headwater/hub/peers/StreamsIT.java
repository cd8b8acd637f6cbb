package io.headwater.hub.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.Seed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Kafka Streams with exactly_once_v2, over a repartition and a changelog topic.
 *
 * <p>Every update of a count is written out, so the counts of a key must be 1, 2, 3, …: an input
 * that is lost leaves the row short, one that is counted twice makes it too long, and a state that
 * was restored wrongly repeats or skips a number.
 */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class StreamsIT {
  private static final int PARTITIONS = 2;
  private static final int KEYS = 5;
  private static final int INPUTS = 3_000;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"classic", "streams"})
  void countsEveryInputOnceOverACrashOfTheHub(String protocol) throws Exception {
    Seed seed = Seed.next();
    var random = seed.random();
    try (PeerHub hub = PeerHub.start(folder)) {
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", hub.address()))) {
        admin
            .createTopics(
                List.of(
                    new NewTopic("in", PARTITIONS, (short) 1),
                    new NewTopic("out", PARTITIONS, (short) 1)))
            .all()
            .get();
      }
      var expected = new HashMap<String, Long>();
      List<String> keys =
          IntStream.range(0, INPUTS).mapToObj(_ -> "k" + random.nextInt(KEYS)).toList();
      keys.forEach(key -> expected.merge(key, 1L, Long::sum));
      int crash = INPUTS / 3 + random.nextInt(INPUTS / 3);
      try (var producer = producer(hub)) {
        try (var streams = new KafkaStreams(topology(), config(hub, protocol, "first"))) {
          streams.start();
          send(producer, keys.subList(0, crash));
          readCounts(hub, crash / 2); // in the middle of its work
          hub.crash();
          send(producer, keys.subList(crash, INPUTS));
          readCounts(hub, crash);
          streams.close(
              CloseOptions.timeout(Duration.ofSeconds(30))
                  .withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
        }
        // A second instance without local state restores from the changelog.
        try (var streams = new KafkaStreams(topology(), config(hub, protocol, "second"))) {
          streams.start();
          send(producer, keys);
          keys.forEach(key -> expected.merge(key, 1L, Long::sum));
          Map<String, List<Long>> counts = readCounts(hub, 2 * INPUTS);
          expected.forEach((key, count) ->
              assertThat(counts.get(key))
                  .as("%s, %s", key, seed)
                  .isEqualTo(LongStream.rangeClosed(1, count).boxed().toList()));
          streams.close(Duration.ofSeconds(30));
        }
      }
      Peer.ok(
          "streams/"
              + protocol
              + ": "
              + 2 * INPUTS
              + " inputs counted once, hub killed at "
              + crash);
    }
  }

  private static Topology topology() {
    var builder = new StreamsBuilder();
    builder.stream("in", Consumed.with(Serdes.String(), Serdes.String()))
        .groupBy((_, value) -> value, Grouped.with("by-value", Serdes.String(), Serdes.String()))
        .count(
            Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as("counts")
                .withStoreType(
                    new org.apache.kafka.streams.state.BuiltInDslStoreSuppliers
                        .InMemoryDslStoreSuppliers())
                .withKeySerde(Serdes.String())
                .withValueSerde(Serdes.Long())
                .withCachingDisabled())
        .toStream()
        .to("out", Produced.with(Serdes.String(), Serdes.Long()));
    return builder.build();
  }

  private Properties config(PeerHub hub, String protocol, String instance) {
    var config = new Properties();
    config.put("bootstrap.servers", hub.address());
    config.put("application.id", "counts");
    config.put("processing.guarantee", "exactly_once_v2");
    config.put("group.protocol", protocol);
    config.put("commit.interval.ms", "50");
    config.put("replication.factor", "1");
    config.put("state.dir", folder.resolve(instance).toString());
    config.put("consumer.auto.offset.reset", "earliest");
    return config;
  }

  private static KafkaProducer<String, String> producer(PeerHub hub) {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", hub.address()), new StringSerializer(), new StringSerializer());
  }

  /** The value is the key to count, so that it must be moved to another partition. */
  private static void send(KafkaProducer<String, String> producer, List<String> keys)
      throws Exception {
    var sent = new ArrayList<Future<?>>();
    for (int i = 0; i < keys.size(); i++) {
      sent.add(producer.send(new ProducerRecord<>("in", "input" + i, keys.get(i))));
    }
    for (var one : sent) {
      one.get();
    }
  }

  /** Waits for so many committed updates and returns them by key, in their order. */
  private static Map<String, List<Long>> readCounts(PeerHub hub, int atLeast) {
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers",
            hub.address(),
            "isolation.level",
            "read_committed",
            "auto.offset.reset",
            "earliest");
    try (var consumer =
        new KafkaConsumer<>(config, new StringDeserializer(), new LongDeserializer())) {
      consumer.assign(
          IntStream.range(0, PARTITIONS).mapToObj(i -> new TopicPartition("out", i)).toList());
      var counts = new HashMap<String, List<Long>>();
      int found = 0;
      long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (found < atLeast && System.nanoTime() - end < 0) {
        for (var record : consumer.poll(Duration.ofMillis(100))) {
          counts.computeIfAbsent(record.key(), _ -> new ArrayList<>()).add(record.value());
          found++;
        }
      }
      assertThat(found).isGreaterThanOrEqualTo(atLeast);
      return counts;
    }
  }
}
