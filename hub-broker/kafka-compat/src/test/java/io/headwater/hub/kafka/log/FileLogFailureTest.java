package io.headwater.hub.kafka.log;

import static io.headwater.hub.kafka.log.Batches.append;
import static io.headwater.hub.kafka.log.Batches.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Time;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An I/O error takes the partition that met it, and neither its neighbours nor the process. */
@Timeout(60)
class FileLogFailureTest {
  private static final TopicPartition PARTITION = new TopicPartition("t", 0);
  private static final TopicPartition NEIGHBOUR = new TopicPartition("t", 1);
  private static final Uuid TOPIC_ID = Uuid.randomUuid();

  @TempDir Path folder;
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private FileLogEngine engine;

  @BeforeEach
  void open() throws Exception {
    FileLogSettings defaults = FileLogSettings.DEFAULTS;
    engine =
        FileLogEngine.open(
            folder,
            new FileLogSettings(
                FlushMode.ALWAYS,
                defaults.flushInterval(),
                defaults.lowSpace(),
                Duration.ofMillis(50),
                Duration.ofMillis(50),
                defaults.producerIdExpiration(),
                defaults.maxTransactionTimeout(),
                1,
                defaults.cleanerMemory(),
                Duration.ofMillis(50)),
            new LogMetrics(registry),
            Time.SYSTEM,
            channel -> channel.force(false));
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private PartitionLog create(TopicPartition partition, Map<String, String> configs) {
    // Never too old: the tests' records are of 1970.
    return engine.create(
        partition, TOPIC_ID, new TopicConfigs(Map.of("retention.ms", "-1")).effective(configs));
  }

  /** Every later write and read of the log's newest file is an I/O error. */
  private static void breakFile(PartitionLog log) throws IOException {
    ((FilePartitionLog) log).unifiedLog().activeSegment().log().channel().close();
  }

  private void assertLostAlone(PartitionLog log, PartitionLog neighbour) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() ->
            assertThat(engine.problem())
                .hasValueSatisfying(problem ->
                    assertThat(problem)
                        .startsWith("1 logs below " + folder + " have failed, one is t-0: ")));
    assertThat(registry.get("hub.log.lost").gauge().value()).isEqualTo(1);
    assertThat(engine.find(PARTITION)).contains(log);
    assertThatThrownBy(() -> append(log, "x")).isInstanceOf(KafkaStorageException.class);
    assertThatThrownBy(() -> readAll(log)).isInstanceOf(KafkaStorageException.class);
    append(neighbour, "fine").durable().join();
    assertThat(readAll(neighbour)).contains("fine");
    assertThat(engine.failed()).isNotDone();
  }

  @Test
  void aFailedAppendTakesItsPartitionUntilTheNextStart() throws Exception {
    var log = create(PARTITION, Map.of());
    var neighbour = create(NEIGHBOUR, Map.of());
    append(log, "a").durable().join();
    breakFile(log);
    assertThatThrownBy(() -> append(log, "b")).isInstanceOf(KafkaStorageException.class);
    assertLostAlone(log, neighbour);

    engine.close();
    assertThat(folder.resolve(".kafka_cleanshutdown")).doesNotExist();
    open();
    assertThat(readAll(create(PARTITION, Map.of()))).containsExactly("a");
    assertThat(readAll(create(NEIGHBOUR, Map.of()))).containsExactly("fine");
    assertThat(engine.problem()).isEmpty();
  }

  @Test
  void aFailedReadTakesItsPartition() throws Exception {
    var log = create(PARTITION, Map.of());
    var neighbour = create(NEIGHBOUR, Map.of());
    for (int i = 0; i < 10; i++) {
      append(log, "v" + i).durable().join();
    }
    breakFile(log);
    assertThatThrownBy(() -> log.read(5, 1, true, IsolationLevel.READ_UNCOMMITTED))
        .isInstanceOf(KafkaStorageException.class);
    assertLostAlone(log, neighbour);
  }

  @Test
  void retentionThatFailsTakesItsPartition() throws Exception {
    var log = create(PARTITION, Map.of("internal.segment.bytes", "200"));
    var neighbour = create(NEIGHBOUR, Map.of());
    for (int i = 0; i < 10; i++) {
      append(log, "v" + i).durable().join();
    }
    // None of the first segment's files can be renamed: a folder lies there.
    for (String suffix : new String[] {"log", "index", "timeindex"}) {
      Files.createDirectories(
          folder.resolve("t-0/00000000000000000000." + suffix + ".deleted").resolve("x"));
    }
    create(PARTITION, Map.of("retention.bytes", "1"));
    assertLostAlone(log, neighbour);
  }

  @Test
  void aCleanerThatFailsTakesThePartitionItCleans() throws Exception {
    Map<String, String> compacted =
        Map.of(
            "cleanup.policy", "compact",
            "internal.segment.bytes", "1000",
            "min.cleanable.dirty.ratio", "0.01");
    var log = create(PARTITION, compacted);
    var neighbour = create(NEIGHBOUR, compacted);
    Files.createDirectories(folder.resolve("t-0/00000000000000000000.log.cleaned").resolve("x"));
    for (int i = 0; i < 50; i++) {
      append(neighbour, keyed("k", "v" + i)).durable().join();
    }
    append(log, keyed("k", "a".repeat(600)));
    append(log, keyed("k", "b".repeat(600))).durable().join(); // the first segment may be cleaned
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(readAll(neighbour)).hasSizeLessThan(30));
    assertLostAlone(log, neighbour);
  }

  private static MemoryRecords keyed(String key, String value) {
    return MemoryRecords.withRecords(
        Compression.NONE,
        new SimpleRecord(Time.SYSTEM.milliseconds(), Batches.bytes(key), Batches.bytes(value)));
  }

  @Test
  void aCheckpointThatCannotBeWrittenIsWrittenTheNextTime() throws Exception {
    var log = create(PARTITION, Map.of());
    append(log, "a").durable().join();
    Path obstacle = Files.createDirectory(folder.resolve("log-start-offset-checkpoint.tmp"));
    assertThatThrownBy(() -> log.deleteBefore(1).join())
        .hasCauseInstanceOf(KafkaStorageException.class);
    Files.delete(obstacle);
    assertThat(log.deleteBefore(1).join()).isEqualTo(1);
    append(log, "b").durable().join();
    assertThat(engine.failed()).isNotDone();
    assertThat(engine.problem()).isEmpty();
  }

  @Test
  void aLogThatCannotBeOpenedKeepsTheOthersOpen() throws Exception {
    create(PARTITION, Map.of());
    create(NEIGHBOUR, Map.of());
    engine.close();
    Path checkpoint = folder.resolve("t-0/leader-epoch-checkpoint");
    Files.deleteIfExists(checkpoint);
    Files.createDirectories(checkpoint);
    open();
    assertThatThrownBy(() -> create(PARTITION, Map.of()))
        .isInstanceOf(KafkaStorageException.class)
        .hasMessageContaining("t-0");
    assertThat(engine.problem()).isPresent();
    append(create(NEIGHBOUR, Map.of()), "fine").durable().join();
    assertThat(engine.failed()).isNotDone();
    engine.close();
    assertThat(folder.resolve(".kafka_cleanshutdown")).doesNotExist();
  }

  @Test
  void aLostLogCanBeDeletedAndMadeAnew() throws Exception {
    var log = create(PARTITION, Map.of());
    create(NEIGHBOUR, Map.of());
    append(log, "old").durable().join();
    breakFile(log);
    assertThatThrownBy(() -> append(log, "b")).isInstanceOf(KafkaStorageException.class);
    engine.delete(PARTITION);
    assertThat(engine.problem()).isEmpty();
    var anew = create(PARTITION, Map.of());
    append(anew, "new").durable().join();
    assertThat(readAll(anew)).containsExactly("new");
    engine.close();
    assertThat(folder.resolve(".kafka_cleanshutdown")).exists();
  }
}
