package io.headwater.hub.kafka.log;

import static io.headwater.hub.kafka.log.Batches.append;
import static io.headwater.hub.kafka.log.Batches.readAll;
import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.metadata.ConfigChange;
import io.headwater.hub.kafka.metadata.MemoryStore;
import io.headwater.hub.kafka.metadata.NewTopic;
import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.headwater.process.ByteSize;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the file engine does by itself, and with the catalog. */
@Timeout(60)
class FileLogEngineTest {
  private static final TopicPartition PARTITION = new TopicPartition("t", 0);
  private static final FileLogSettings QUICK =
      new FileLogSettings(
          FlushMode.ALWAYS,
          Duration.ofSeconds(1),
          ByteSize.ofMebibytes(1),
          Duration.ofMillis(100),
          Duration.ofMillis(100),
          Duration.ofDays(1),
          Duration.ofMinutes(15),
          1,
          new ByteSize(1 << 20),
          Duration.ofMillis(50));

  @TempDir Path folder;
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private FileLogEngine engine;

  @BeforeEach
  void open() throws Exception {
    engine = FileLogEngine.open(folder, QUICK, new LogMetrics(registry), Time.SYSTEM);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void compactionKeepsTheNewestValueOfEachKey() {
    var log =
        create(
            Map.of(
                "cleanup.policy", "compact",
                "internal.segment.bytes", "5000",
                "min.cleanable.dirty.ratio", "0.01"));
    for (int i = 0; i < 500; i++) {
      append(log, keyed("k" + i % 5, "v" + i)).durable().join();
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(readAll(log)).hasSizeLessThan(150));
    assertThat(readAll(log)).contains("v495", "v496", "v497", "v498", "v499");
    assertThat(log.endOffset()).isEqualTo(500);
    assertThat(engine.failed()).isNotDone();
  }

  @Test
  void compactionMakesTheFilesSmallerAndKeepsEachKey() {
    var log = create(compacted("0.01"));
    long appended = 0;
    for (int i = 0; i < 400; i++) {
      MemoryRecords records = keyed("k" + i % 40, "v" + i + "x".repeat(100));
      appended += records.sizeInBytes();
      append(log, records);
    }
    append(log, keyed("last", "last")).durable().join();
    long third = appended / 3;
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(log.size()).isLessThan(third));
    Map<String, String> values = newest(log);
    assertThat(values).hasSize(41);
    for (int i = 360; i < 400; i++) {
      assertThat(values).containsEntry("k" + i % 40, "v" + i + "x".repeat(100));
    }
  }

  @Test
  void tombstonesGoAfterTheirTimeAndNotBefore() {
    var soon = create("t", compacted("0.01", "delete.retention.ms", "1"));
    var late = create("u", compacted("0.01", "delete.retention.ms", "3600000"));
    for (PartitionLog log : List.of(soon, late)) {
      append(log, keyed("gone", "x".repeat(100)));
      append(log, tombstone("gone")).durable().join();
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(20))
        .untilAsserted(() -> {
          for (PartitionLog log : List.of(soon, late)) {
            append(log, keyed("other", "x".repeat(1_000))).durable().join(); // rolls now and then
          }
          assertThat(newest(soon)).doesNotContainKey("gone");
          assertThat(readKeys(late)).containsOnlyOnce("gone"); // cleaned, and the tombstone kept
        });
    assertThat(newest(late)).containsEntry("gone", "");
  }

  @Test
  void compactionWithRetentionDoesBoth() {
    var log =
        create(compacted("0.01", "cleanup.policy", "compact,delete", "retention.bytes", "20000"));
    for (int i = 0; i < 300; i++) {
      append(log, keyed("k" + i, "v" + "x".repeat(100)));
      append(log, keyed("same", "v" + i));
    }
    append(log, keyed("last", "last")).durable().join();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> {
          assertThat(log.size()).isLessThan(30_000);
          assertThat(log.startOffset()).isPositive();
          assertThat(readKeys(log).stream().filter("same"::equals).count()).isLessThan(40);
        });
    assertThat(newest(log)).containsEntry("same", "v299").containsKey("k299");
  }

  @Test
  void aLogIsLeftAloneUntilItIsDirtyEnough() throws Exception {
    var lazy = create("t", compacted("0.01"));
    var eager = create("u", compacted("0.01"));
    for (PartitionLog log : List.of(lazy, eager)) {
      appendAndRoll(log, 300, "x");
    }
    Path cleaned = folder.resolve("cleaner-offset-checkpoint");
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(cleaned).content().contains("t 0 301", "u 0 301"));
    lazy.updateConfig(new TopicConfigs(Map.of()).effective(compacted("0.9")));
    for (PartitionLog log : List.of(lazy, eager)) {
      appendAndRoll(log, 60, "y");
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(readKeys(eager)).containsOnlyOnce("k0"));
    assertThat(readKeys(lazy).stream().filter("k0"::equals).count()).isEqualTo(2);
  }

  /** One record for each key, all of them in closed segments. */
  private static void appendAndRoll(PartitionLog log, int keys, String value) {
    for (int i = 0; i < keys; i++) {
      append(log, keyed("k" + i, value.repeat(100)));
    }
    append(log, keyed("large", value.repeat(4_500)));
    append(log, keyed("large", value.repeat(4_500))).durable().join();
  }

  private static Map<String, String> compacted(String dirtyRatio, String... more) {
    var configs = new HashMap<String, String>();
    configs.put("cleanup.policy", "compact");
    configs.put("internal.segment.bytes", "5000");
    configs.put("min.cleanable.dirty.ratio", dirtyRatio);
    for (int i = 0; i < more.length; i += 2) {
      configs.put(more[i], more[i + 1]);
    }
    return configs;
  }

  private static List<String> readKeys(PartitionLog log) {
    var keys = new ArrayList<String>();
    LogRecords.forEachBatch(log, batch -> batch.forEach(record -> keys.add(text(record.key()))));
    return keys;
  }

  /** The newest value of each key; empty for a tombstone. */
  private static Map<String, String> newest(PartitionLog log) {
    var values = new HashMap<String, String>();
    LogRecords.forEachBatch(
        log,
        batch ->
            batch.forEach(record ->
                values.put(text(record.key()), record.hasValue() ? text(record.value()) : "")));
    return values;
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.UTF_8.decode(bytes).toString();
  }

  private static MemoryRecords tombstone(String key) {
    return MemoryRecords.withRecords(
        Compression.NONE, new SimpleRecord(Time.SYSTEM.milliseconds(), Batches.bytes(key), null));
  }

  @Test
  void retentionDeletesWholeOldSegments() {
    var log = create(Map.of("internal.segment.bytes", "5000", "retention.bytes", "20000"));
    for (int i = 0; i < 500; i++) {
      append(log, keyed("k", "v" + i + "x".repeat(100))).durable().join();
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(log.size()).isLessThan(30_000));
    assertThat(log.startOffset()).isPositive();
    assertThat(readAll(log)).hasSize((int) (log.endOffset() - log.startOffset()));
  }

  @Test
  void recoveryPointsAreWrittenNowAndThen() throws Exception {
    append(create(Map.of("internal.segment.bytes", "1000")), keyed("k", "a".repeat(600)))
        .durable()
        .join();
    append(find(), keyed("k", "b".repeat(600))).durable().join();
    Path checkpoint = folder.resolve("recovery-point-offset-checkpoint");
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(Files.readString(checkpoint)).contains("t 0 1"));
  }

  @Test
  void filesOfADeletedLogGoAfterTheDelay() throws Exception {
    append(create(Map.of("file.delete.delay.ms", "300")), keyed("k", "a")).durable().join();
    engine.delete(PARTITION);
    assertThat(directories()).singleElement().asString().endsWith("-delete");
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(directories()).isEmpty());
  }

  @Test
  void logsFollowTheCatalog() {
    try (var catalog = MemoryStore.catalog()) {
      var logs = new TopicLogs(engine, catalog.configs(), 1);
      catalog.subscribe(logs::apply);
      catalog.create(new NewTopic("t", 2, 1, Map.of()), false).join();
      append(find(), keyed("k", "old")).durable().join();
      catalog.createPartitions("t", 3, List.of(), false).join();
      assertThat(engine.logs()).hasSize(3);
      catalog
          .changeConfigs("t", List.of(new ConfigChange("retention.ms", OpType.SET, "9999")), false)
          .join();
      assertThat(find().config().retentionMs).isEqualTo(9999);
      assertThat(readAll(find())).containsExactly("old");
      catalog.delete("t").join();
      assertThat(engine.logs()).isEmpty();
      catalog.create(new NewTopic("t", 1, 1, Map.of()), false).join();
      assertThat(find().endOffset()).isZero();
    }
  }

  @Test
  void metersTellWhatTheCleanerDid() {
    var log =
        create(
            Map.of(
                "cleanup.policy", "compact",
                "internal.segment.bytes", "5000",
                "min.cleanable.dirty.ratio", "0.01"));
    for (int i = 0; i < 500; i++) {
      append(log, keyed("k" + i % 5, "v" + i)).durable().join();
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> {
          assertThat(cleaner("last.read")).isPositive();
          assertThat(cleaner("last.written"))
              .isPositive()
              .isLessThan(registry.get("hub.log.appended.size").counter().count() / 2);
        });
    assertThat(registry.get("hub.log.cleaner.io").functionCounter().count())
        .isGreaterThanOrEqualTo(cleaner("last.read") + cleaner("last.written"));
    assertThat(cleaner("last.run")).isBetween(0.0, 20.0);
    assertThat(cleaner("buffer")).isBetween(0.0, 1.0).isPositive();
    assertThat(cleaner("dirty")).isBetween(0.0, 1.0);
    for (String none : List.of("dead", "uncleanable", "uncleanable.size", "delay")) {
      assertThat(cleaner(none)).as(none).isZero();
    }
  }

  private double cleaner(String what) {
    return registry.get("hub.log.cleaner." + what).gauge().value();
  }

  @Test
  void aNewLogTakesLittleSpace() throws Exception {
    var log = create(Map.of());
    append(log, keyed("k", "a")).durable().join();
    try (Stream<Path> files = Files.walk(folder.resolve("t-0"))) {
      assertThat(files.mapToLong(file -> file.toFile().length()).sum()).isLessThan(1 << 20);
    }
  }

  @Test
  void metersTellWhatWasDone() {
    var log = create(Map.of());
    append(log, keyed("k", "a")).durable().join();
    append(log, keyed("k", "b")).durable().join();
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() ->
            assertThat(registry.scrape())
                .contains("hub_log_appended_records_total 2.0")
                .contains("hub_log_appended_size_bytes_total")
                .contains("hub_log_commit_seconds_count 2")
                .contains("hub_log_commit_logs_count 2")
                .contains("hub_log_commit_records_sum 2.0")
                .contains("hub_log_force_seconds_count{of=\"file\"} 2")
                .contains("hub_log_dirty_logs 0.0")
                .contains("hub_log_open_logs 1.0"));
    double appended = registry.get("hub.log.appended.size").counter().count();
    assertThat(registry.get("hub.log.commit.size").summary().totalAmount()).isEqualTo(appended);
    assertThat(registry.get("hub.log.size").gauge().value())
        .isEqualTo(appended)
        .isEqualTo((double) log.size());
  }

  @Test
  void forgetsAProducerWhoseNewestRecordIsOlderThanTheExpiration() throws Exception {
    Uuid topic = Uuid.randomUuid();
    LogConfig config = new TopicConfigs(Map.of()).effective(Map.of());
    var log = engine.create(PARTITION, topic, config);
    long now = Time.SYSTEM.milliseconds();
    long expired = now - QUICK.producerIdExpiration().toMillis() - 60_000;
    append(log, Batches.idempotent(expired, 7, 0, "old")).durable().join();
    append(log, Batches.idempotent(now, 8, 0, "new")).durable().join();

    close();
    open();

    assertThat(engine.create(PARTITION, topic, config).activeProducers())
        .extracting(ProducerState::producerId)
        .containsExactly(8L);
  }

  private PartitionLog create(Map<String, String> configs) {
    return create(PARTITION.topic(), configs);
  }

  private PartitionLog create(String topic, Map<String, String> configs) {
    return engine.create(
        new TopicPartition(topic, 0),
        Uuid.randomUuid(),
        new TopicConfigs(Map.of()).effective(configs));
  }

  private PartitionLog find() {
    return engine.find(PARTITION).orElseThrow();
  }

  private List<Path> directories() throws Exception {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.filter(Files::isDirectory).toList();
    }
  }

  /** Of now: retention would take older ones away at once. */
  private static MemoryRecords keyed(String key, String value) {
    return MemoryRecords.withRecords(
        Compression.NONE,
        new SimpleRecord(Time.SYSTEM.milliseconds(), Batches.bytes(key), Batches.bytes(value)));
  }
}
