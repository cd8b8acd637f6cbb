package io.headwater.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.Config;
import io.headwater.process.Setting;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.assertj.core.api.ThrowingConsumer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the hub tells of itself, checked against what real clients did. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class MetricsIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** Depends on the collector that the machine makes Java choose. */
  private static final List<String> CONDITIONAL = List.of("jvm_gc_concurrent_phase_time_seconds");

  private static final Set<String> OF_PARTITION = Set.of("topic", "partition");
  private static final Set<String> OF_GROUP = Set.of("consumergroup", "topic", "partition");

  /** The names and labels of kafka_exporter. */
  private static final Map<String, Set<String>> EXPORTER =
      Map.ofEntries(
          Map.entry("kafka_brokers", Set.of()),
          Map.entry("kafka_broker_info", Set.of("id", "address")),
          Map.entry("kafka_topic_partitions", Set.of("topic")),
          Map.entry("kafka_topic_partition_current_offset", OF_PARTITION),
          Map.entry("kafka_topic_partition_oldest_offset", OF_PARTITION),
          Map.entry("kafka_topic_partition_in_sync_replica", OF_PARTITION),
          Map.entry("kafka_topic_partition_leader", OF_PARTITION),
          Map.entry("kafka_topic_partition_leader_is_preferred", OF_PARTITION),
          Map.entry("kafka_topic_partition_replicas", OF_PARTITION),
          Map.entry("kafka_topic_partition_under_replicated_partition", OF_PARTITION),
          Map.entry("kafka_consumergroup_current_offset", OF_GROUP),
          Map.entry("kafka_consumergroup_lag", OF_GROUP),
          Map.entry("kafka_consumergroup_current_offset_sum", Set.of("consumergroup", "topic")),
          Map.entry("kafka_consumergroup_lag_sum", Set.of("consumergroup", "topic")),
          Map.entry("kafka_consumergroup_members", Set.of("consumergroup")));

  @TempDir private Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private @Nullable Hub started;

  @AfterEach
  void stop() {
    http.close();
    if (started != null) {
      started.close();
    }
  }

  private void start(String... more) {
    var settings = new ArrayList<Setting>();
    settings.add(new Setting("data", folder.resolve("data").toString(), "--set"));
    settings.add(new Setting("metrics.interval", "100ms", "--set"));
    for (String key : List.of("listen.kafka", "http", "zookeeper")) {
      settings.add(new Setting(key, "127.0.0.1:0", "--set"));
    }
    for (String key : List.of("groups.offsets-topic", "transactions.state-topic")) {
      settings.add(new Setting(key + "-partitions", "2", "--set"));
    }
    for (String one : more) {
      int equals = one.indexOf('=');
      settings.add(new Setting(one.substring(0, equals), one.substring(equals + 1), "--set"));
    }
    started =
        Hub.start(
            Config.read("hub", HubConfig.DEFAULTS, Optional.empty(), Map.of(), settings),
            Clock.systemUTC(),
            _ -> {});
  }

  private String address(String of) {
    return Objects.requireNonNull(Objects.requireNonNull(started).addresses().get(of));
  }

  private Scrape scrape() {
    return scrape("/metrics");
  }

  private Scrape scrape(String path) {
    try {
      return Scrape.of(http, address("http"), path);
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private String kafka() {
    return address("kafka");
  }

  private Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", kafka()));
  }

  private void create(String topic, int partitions, Map<String, String> configs) throws Exception {
    try (Admin admin = admin()) {
      admin
          .createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(configs)))
          .all()
          .get();
    }
  }

  private KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
    var config = new HashMap<>(more);
    config.put("bootstrap.servers", kafka());
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private void produce(String topic, int partition, int count) {
    try (var producer = producer(Map.of())) {
      for (int i = 0; i < count; i++) {
        producer.send(new ProducerRecord<>(topic, partition, null, new byte[100]));
      }
    }
  }

  private KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> more) {
    var config = new HashMap<>(more);
    config.put("bootstrap.servers", kafka());
    config.putIfAbsent("auto.offset.reset", "earliest");
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private static List<ConsumerRecord<byte[], byte[]>> poll(
      KafkaConsumer<byte[], byte[]> consumer, int count) {
    var records = new ArrayList<ConsumerRecord<byte[], byte[]>>();
    long end = System.nanoTime() + LIMIT.toNanos();
    while (records.size() < count && System.nanoTime() - end < 0) {
      consumer.poll(Duration.ofMillis(100)).forEach(records::add);
    }
    assertThat(records).hasSizeGreaterThanOrEqualTo(count);
    return records;
  }

  /** Reads all of a topic in a group, commits, and goes. */
  private void consume(String group, String topic, int count) {
    try (var consumer = consumer(Map.of("group.id", group))) {
      consumer.subscribe(List.of(topic));
      poll(consumer, count);
      consumer.commitSync();
    }
  }

  /** Waits until a scrape is as it should be, and gives it. */
  private Scrape await(ThrowingConsumer<Scrape> expectation) {
    var last = new AtomicReference<>(scrape());
    Awaitility.await()
        .atMost(LIMIT)
        .untilAsserted(() -> {
          last.set(scrape());
          expectation.accept(last.get());
        });
    return last.get();
  }

  @Test
  void countsWhatClientsBringAndTakeExactly() throws Exception {
    start();
    create("t", 2, Map.of());
    int batch = 61 + 109; // its header, and one record of 100 bytes without a key
    try (var producer = producer(Map.of())) {
      for (int i = 0; i < 10; i++) {
        producer.send(new ProducerRecord<>("t", i % 2, null, new byte[100])).get();
      }
    }
    consume("g", "t", 10);

    Scrape scrape =
        await(now -> assertThat(now.sum("hub_requests_total", "api", "OffsetCommit")).isPositive());
    assertThat(scrape.one("hub_produce_records_total", "topic", "t")).isEqualTo(10);
    assertThat(scrape.one("hub_produce_bytes_total", "topic", "t")).isEqualTo(10 * batch);
    assertThat(scrape.one("hub_produce_requests_total", "topic", "t")).isEqualTo(10);
    assertThat(scrape.one("hub_produce_duplicates_batches_total", "topic", "t")).isZero();
    assertThat(scrape.one("hub_fetch_bytes_total", "topic", "t")).isEqualTo(10 * batch);
    assertThat(scrape.sum("hub_requests_total", "api", "Produce")).isEqualTo(10);
    assertThat(scrape.sum("hub_request_seconds_count", "api", "Produce")).isEqualTo(10);
    assertThat(scrape.one("hub_topic_size_bytes", "topic", "t")).isEqualTo(10 * batch);
    assertThat(scrape.one("hub_topic_partitions", "topic", "t")).isEqualTo(2);
    for (String partition : List.of("0", "1")) {
      String[] labels = {"topic", "t", "partition", partition};
      assertThat(scrape.one("hub_partition_end_offset", labels)).isEqualTo(5);
      assertThat(scrape.one("hub_partition_high_watermark_offset", labels)).isEqualTo(5);
      assertThat(scrape.one("hub_partition_start_offset", labels)).isZero();
      assertThat(scrape.one("hub_partition_size_bytes", labels)).isEqualTo(5 * batch);
      assertThat(scrape.one("hub_partition_segments", labels)).isEqualTo(1);
      assertThat(scrape.one("hub_partition_stable_lag_records", labels)).isZero();
    }
    double appended = scrape.one("hub_log_appended_size_bytes_total");
    assertThat(scrape.one("hub_log_size_bytes")).isEqualTo(appended);
    assertThat(scrape.one("hub_log_commit_size_bytes_sum")).isEqualTo(appended);
    assertThat(scrape.one("hub_topics")).isEqualTo(3);
    assertThat(scrape.one("hub_partitions")).isEqualTo(2 + 2 + 2);
  }

  @Test
  void refusalsAreCountedByTopicAndReasonAndByApiAndError() throws Exception {
    start();
    create("small", 1, Map.of("max.message.bytes", "100"));
    try (var producer = producer(Map.of())) {
      assertThatThrownBy(
              () -> producer.send(new ProducerRecord<>("small", 0, null, new byte[500])).get())
          .hasCauseInstanceOf(RecordTooLargeException.class);
    }
    fetchOutOfRange("small");

    Scrape scrape = scrape();
    assertThat(
            scrape.one(
                "hub_produce_refused_batches_total",
                "topic",
                "small",
                "reason",
                "MESSAGE_TOO_LARGE"))
        .isEqualTo(1);
    assertThat(
            scrape.one("hub_request_errors_total", "api", "Produce", "error", "MESSAGE_TOO_LARGE"))
        .isEqualTo(1);
    assertThat(
            scrape.one(
                "hub_fetch_refused_reads_total", "topic", "small", "reason", "OFFSET_OUT_OF_RANGE"))
        .isPositive();
    assertThat(scrape.one("hub_produce_records_total", "topic", "small")).isZero();
  }

  private void fetchOutOfRange(String topic) {
    try (var consumer = consumer(Map.of("auto.offset.reset", "none"))) {
      var partition = new TopicPartition(topic, 0);
      consumer.assign(List.of(partition));
      consumer.seek(partition, 1_000);
      assertThatThrownBy(() -> poll(consumer, 1)).isInstanceOf(OffsetOutOfRangeException.class);
    }
  }

  @Test
  void aLongPollIsPurgatoryAndNotWork() throws Exception {
    start();
    create("empty", 1, Map.of());
    try (var consumer = consumer(Map.of("fetch.max.wait.ms", 1_000))) {
      consumer.assign(List.of(new TopicPartition("empty", 0)));
      Scrape scrape =
          await(now -> {
            assertThat(consumer.poll(Duration.ofMillis(50))).isEmpty();
            assertThat(stage(now, "purgatory")).isGreaterThan(3);
          });
      assertThat(scrape.one("hub_request_stage_seconds_max", "api", "Fetch", "stage", "purgatory"))
          .isGreaterThanOrEqualTo(0.95);
      assertThat(stage(scrape, "queue") + stage(scrape, "handle") + stage(scrape, "send"))
          .isLessThan(stage(scrape, "purgatory") / 2);
      assertThat(scrape.all("hub_request_stage_seconds_sum", "api", "Fetch", "stage", "log"))
          .isEmpty();
    }
  }

  private static double stage(Scrape scrape, String stage) {
    return scrape.sum("hub_request_stage_seconds_sum", "api", "Fetch", "stage", stage);
  }

  @Test
  void theLagOfAStoppedGroupIsExact() throws Exception {
    start();
    create("t", 3, Map.of());
    produce("t", 0, 10);
    try (var consumer = consumer(Map.of("group.id", "g", "enable.auto.commit", false))) {
      consumer.subscribe(List.of("t"));
      poll(consumer, 10);
      consumer.commitSync(
          Map.of(
              new TopicPartition("t", 0), new OffsetAndMetadata(10),
              new TopicPartition("t", 1), new OffsetAndMetadata(0)));
      await(now -> {
        assertThat(now.one("hub_group_members", "group", "g")).isEqualTo(1);
        assertThat(now.one("hub_group_state", "group", "g", "state", "Stable")).isEqualTo(1);
        assertThat(now.one("hub_groups", "type", "classic", "state", "Stable")).isEqualTo(1);
        assertThat(now.one("hub_group_lag_records", lag("0"))).isZero();
      });
    }
    produce("t", 0, 7);
    produce("t", 1, 5);
    produce("t", 2, 3);

    Scrape scrape =
        await(now -> {
          assertThat(now.one("hub_group_lag_records", lag("0"))).isEqualTo(7);
          assertThat(now.one("hub_group_lag_records", lag("1"))).isEqualTo(5);
          assertThat(now.one("hub_group_members", "group", "g")).isZero();
        });
    assertThat(scrape.one("hub_group_committed_offset", lag("0"))).isEqualTo(10);
    assertThat(scrape.one("hub_group_committed_offset", lag("1"))).isZero();
    assertThat(scrape.all("hub_group_lag_records")).as("2 was never committed").hasSize(2);
    assertThat(scrape.one("hub_group_age_seconds")).isLessThan((double) LIMIT.toSeconds());
    assertThat(scrape.one("hub_group_state", "group", "g"))
        .isEqualTo(scrape.one("hub_group_state", "group", "g", "state", "Empty"));
    assertThat(scrape.one("hub_group_offsets_committed_offsets_total")).isEqualTo(2);
    assertThat(scrape.one("hub_group_rebalances_total", "type", "classic")).isPositive();

    Scrape exporter = scrape("/metrics/kafka");
    assertThat(exporter.types().values()).containsOnly("gauge");
    assertThat(exporter.helps().values()).noneMatch(String::isBlank);
    var labels = new TreeMap<String, Set<String>>();
    exporter
        .samples()
        .forEach(sample -> labels.merge(sample.name(), sample.labels().keySet(), Sets::same));
    assertThat(labels).isEqualTo(EXPORTER);
    String[] t0 = {"topic", "t", "partition", "0"};
    assertThat(exporter.one("kafka_brokers")).isEqualTo(1);
    assertThat(exporter.one("kafka_broker_info", "id", "1", "address", address("kafka")))
        .isEqualTo(1);
    assertThat(exporter.one("kafka_topic_partitions", "topic", "t")).isEqualTo(3);
    assertThat(exporter.one("kafka_topic_partition_current_offset", t0)).isEqualTo(17);
    assertThat(exporter.one("kafka_topic_partition_oldest_offset", t0)).isZero();
    assertThat(exporter.one("kafka_topic_partition_leader", t0)).isEqualTo(1);
    assertThat(exporter.one("kafka_topic_partition_leader_is_preferred", t0)).isEqualTo(1);
    assertThat(exporter.one("kafka_topic_partition_replicas", t0)).isEqualTo(1);
    assertThat(exporter.one("kafka_topic_partition_in_sync_replica", t0)).isEqualTo(1);
    assertThat(exporter.one("kafka_topic_partition_under_replicated_partition", t0)).isZero();
    assertThat(exporter.one("kafka_consumergroup_members", "consumergroup", "g")).isZero();
    String[] sums = {"consumergroup", "g", "topic", "t"};
    assertThat(exporter.one("kafka_consumergroup_current_offset_sum", sums)).isEqualTo(10);
    assertThat(exporter.one("kafka_consumergroup_lag_sum", sums)).isEqualTo(12);
    var lags = new TreeMap<String, Double>();
    exporter
        .all("kafka_consumergroup_lag", sums)
        .forEach(sample -> lags.put(sample.labels().get("partition"), sample.value()));
    assertThat(lags).isEqualTo(Map.of("0", 7.0, "1", 5.0, "2", -1.0));
    assertThat(
            exporter.one(
                "kafka_consumergroup_current_offset",
                "consumergroup",
                "g",
                "topic",
                "t",
                "partition",
                "2"))
        .isEqualTo(-1);
  }

  @Test
  void groupsOfAllKindsAreShown() throws Exception {
    start();
    create("t", 1, Map.of());
    produce("t", 0, 4);
    try (var alone = consumer(Map.of("group.id", "alone"))) {
      alone.assign(List.of(new TopicPartition("t", 0)));
      alone.commitSync(Map.of(new TopicPartition("t", 0), new OffsetAndMetadata(1)));
    }
    try (var modern = consumer(Map.of("group.id", "modern", "group.protocol", "consumer"))) {
      modern.subscribe(List.of("t"));
      poll(modern, 4);
      modern.commitSync();
      Scrape scrape =
          await(now -> {
            assertThat(now.one("hub_group_lag_records", "group", "alone")).isEqualTo(3);
            assertThat(now.one("hub_group_lag_records", "group", "modern")).isZero();
            assertThat(now.one("hub_group_members", "group", "modern")).isEqualTo(1);
            assertThat(now.one("hub_groups", "type", "consumer", "state", "Stable")).isEqualTo(1);
          });
      assertThat(scrape.one("hub_group_members", "group", "alone")).isZero();
      assertThat(scrape.one("hub_groups", "type", "classic", "state", "Empty")).isEqualTo(1);
      assertThat(scrape.one("hub_group_rebalances_total", "type", "consumer")).isPositive();
    }
  }

  private static String[] lag(String partition) {
    return new String[] {"group", "g", "topic", "t", "partition", partition};
  }

  @Test
  void deletedTopicsAndGroupsLoseTheirSeries() throws Exception {
    start();
    create("gone", 1, Map.of());
    produce("gone", 0, 1);
    consume("leaving", "gone", 1);
    await(now ->
        assertThat(now.samples().stream().map(sample -> sample.labels().get("topic")))
            .contains("gone"));
    await(now -> assertThat(now.all("hub_group_lag_records", "group", "leaving")).hasSize(1));
    try (Admin admin = admin()) {
      Awaitility.await() // until its member is gone
          .atMost(LIMIT)
          .ignoreExceptions()
          .until(() -> admin.deleteConsumerGroups(List.of("leaving")).all().get() == null);
      admin.deleteTopics(List.of("gone")).all().get();
    }
    await(now ->
        assertThat(now.samples())
            .noneMatch(sample -> sample.labels().containsValue("gone"))
            .noneMatch(sample -> sample.labels().containsValue("leaving")));
    create("gone", 1, Map.of());
    produce("gone", 0, 3);
    await(now ->
        assertThat(now.one("hub_produce_records_total", "topic", "gone"))
            .as("counted anew")
            .isEqualTo(3));
    await(now ->
        assertThat(now.one("hub_partition_end_offset", "topic", "gone", "partition", "0"))
            .isEqualTo(3));
  }

  @Test
  void whatIsBeyondTheLimitsIsAddedUpAndCounted() throws Exception {
    start(
        "metrics.topics=1",
        "metrics.partitions=1",
        "metrics.groups=1",
        "metrics.group-partitions=0");
    create("a", 2, Map.of());
    create("b", 1, Map.of());
    produce("a", 0, 2);
    produce("b", 0, 3);
    consume("g1", "a", 2);
    consume("g2", "b", 3);
    Scrape scrape =
        await(now -> {
          assertThat(left(now, "topics")).isEqualTo(3);
          assertThat(left(now, "partitions")).isEqualTo(2 + 2 + 2 + 1 - 1);
          assertThat(left(now, "groups")).isEqualTo(1);
          assertThat(left(now, "group-partitions")).isPositive();
        });
    assertThat(scrape.one("hub_produce_records_total", "topic", "a")).isEqualTo(2);
    assertThat(scrape.one("hub_produce_records_total", "topic", "(other)")).isEqualTo(3);
    assertThat(scrape.all("hub_partition_end_offset")).hasSize(1);
    assertThat(scrape.all("hub_group_members")).hasSize(1);
    assertThat(scrape.all("hub_group_lag_records")).isEmpty();
    Scrape exporter = scrape("/metrics/kafka");
    assertThat(exporter.all("kafka_topic_partition_leader")).hasSize(1);
    assertThat(exporter.all("kafka_consumergroup_members")).hasSize(1);
    assertThat(exporter.all("kafka_consumergroup_lag")).isEmpty();

    try (Admin admin = admin()) {
      admin.deleteTopics(List.of("a")).all().get();
    }
    produce("b", 0, 1);
    await(now -> assertThat(now.one("hub_partition_end_offset", "topic", "b")).isEqualTo(4));
    assertThat(scrape().one("hub_produce_records_total", "topic", "b")).isEqualTo(1);
  }

  private static double left(Scrape scrape, String of) {
    return scrape.one("hub_metrics_left_out_entries", "of", of);
  }

  @Test
  void transactionsAreCountedByHowTheyEnd() throws Exception {
    start();
    create("t", 1, Map.of());
    try (var first = producer(Map.of("transactional.id", "tx"))) {
      first.initTransactions();
      transact(first);
      first.commitTransaction();
      transact(first);
      first.abortTransaction();
      transact(first);
      await(now -> {
        assertThat(now.one("hub_txn_open_transactions")).isEqualTo(1);
        assertThat(now.one("hub_txn_oldest_seconds")).isPositive();
        assertThat(now.one("hub_txn_ids")).isEqualTo(1);
        assertThat(now.one("hub_partition_stable_lag_records", "topic", "t")).isEqualTo(1);
      });
      try (var second = producer(Map.of("transactional.id", "tx"))) {
        second.initTransactions();
        assertThatThrownBy(first::commitTransaction).isInstanceOf(KafkaException.class);
      }
    }
    try (var slow = producer(Map.of("transactional.id", "slow", "transaction.timeout.ms", 500))) {
      slow.initTransactions();
      transact(slow);
      await(now -> assertThat(ended(now, "timeout")).isEqualTo(1));
    }
    Scrape scrape =
        await(now -> {
          assertThat(now.one("hub_txn_open_transactions")).isZero();
          assertThat(now.one("hub_txn_oldest_seconds")).isZero();
        });
    assertThat(ended(scrape, "commit")).isEqualTo(1);
    assertThat(ended(scrape, "abort")).isEqualTo(1);
    assertThat(ended(scrape, "fenced")).isEqualTo(1);
    assertThat(scrape.one("hub_txn_fenced_requests_total")).isPositive();
  }

  private static double ended(Scrape scrape, String result) {
    return scrape.one("hub_txn_ended_transactions_total", "result", result);
  }

  private static void transact(KafkaProducer<byte[], byte[]> producer) throws Exception {
    producer.beginTransaction();
    producer.send(new ProducerRecord<>("t", 0, null, new byte[10])).get();
  }

  @Test
  void everySeriesIsOnThePageAndEveryRowOfThePageIsScraped() throws Exception {
    start("log.cleaner-backoff=100ms");
    create("t", 1, Map.of("max.message.bytes", "1000"));
    create("compacted", 1, Map.of("cleanup.policy", "compact"));
    produce("t", 0, 10);
    consume("g", "t", 10);
    try (var producer = producer(Map.of("transactional.id", "tx"))) {
      producer.initTransactions();
      transact(producer);
      producer.commitTransaction();
    }
    try (var producer = producer(Map.of())) {
      producer.send(new ProducerRecord<>("compacted", 0, new byte[1], new byte[1])).get();
      assertThatThrownBy(
              () -> producer.send(new ProducerRecord<>("t", 0, null, new byte[2_000])).get())
          .hasCauseInstanceOf(RecordTooLargeException.class);
    }
    fetchOutOfRange("t");
    System.gc(); // so that a collection has been seen
    Map<String, MetricsPage.Row> page = MetricsPage.read();
    page.keySet().removeIf(name -> name.startsWith(MetricsPage.OF_A_CLUSTER));
    await(now ->
        assertThat(MetricsPage.rows(now, page).keySet())
            .containsAll(
                page.entrySet().stream()
                    .filter(
                        row -> !row.getKey().startsWith("kafka_") && !row.getValue().conditional())
                    .map(Map.Entry::getKey)
                    .toList()));
    Scrape hubs = scrape();
    Scrape exporter = scrape("/metrics/kafka");
    for (Scrape scrape : List.of(hubs, exporter)) {
      MetricsPage.assertTold(scrape, page);
    }
    assertThat(MetricsPage.rows(exporter, page).keySet()).isEqualTo(EXPORTER.keySet());
    assertThat(page.keySet()).containsAll(EXPORTER.keySet());
    assertThat(
            page.entrySet().stream()
                .filter(row -> row.getValue().conditional())
                .map(Map.Entry::getKey))
        .as("what depends on the machine, and is not asked for here")
        .containsExactlyInAnyOrderElementsOf(CONDITIONAL);
  }

  private static final class Sets {
    static Set<String> same(Set<String> one, Set<String> other) {
      assertThat(one).isEqualTo(other);
      return one;
    }
  }
}
