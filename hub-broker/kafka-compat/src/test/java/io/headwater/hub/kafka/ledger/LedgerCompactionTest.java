package io.headwater.hub.kafka.ledger;

import static io.headwater.hub.kafka.log.Batches.NO_TRANSACTION_VERSION;
import static io.headwater.hub.kafka.log.Batches.append;
import static io.headwater.hub.kafka.log.Batches.bytes;
import static io.headwater.hub.kafka.log.Batches.endTransaction;
import static io.headwater.hub.kafka.log.Batches.idempotent;
import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.log.Appended;
import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.log.LogRead;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.headwater.testsupport.Seed;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compacted topics: what stays, and what whoever reads or takes over makes of it. */
@Timeout(120)
class LedgerCompactionTest {
  private static final TopicPartition PARTITION = new TopicPartition("t", 0);
  private static final Uuid TOPIC_ID = Uuid.randomUuid();
  private static final Map<String, String> COMPACTED =
      Map.of(
          "cleanup.policy", "compact",
          "segment.bytes", "1048576",
          "min.cleanable.dirty.ratio", "0.01",
          "delete.retention.ms", "60000",
          "file.delete.delay.ms", "0");

  /** A record's size decides when ledgers are full. */
  private static final String PADDING = "-".repeat(20_000);

  @TempDir Path folder;
  private final MemoryLedgers stores = new MemoryLedgers();
  private final MemoryStates states = new MemoryStates();
  private final LeapingTime time = new LeapingTime();
  private final List<LedgerLogEngine> engines = new ArrayList<>();

  @AfterEach
  void close() {
    engines.forEach(LedgerLogEngine::close);
  }

  private PartitionLog open(int broker) throws Exception {
    var engine =
        new LedgerLogEngine(
            stores,
            states,
            LedgerLogSettings.DEFAULTS,
            folder.resolve("broker-" + broker),
            broker,
            new LogMetrics(new SimpleMeterRegistry()),
            time);
    engines.add(engine);
    LogConfig config = new TopicConfigs(Map.of()).effective(COMPACTED);
    return engine.create(PARTITION, TOPIC_ID, broker, config);
  }

  private boolean compact(PartitionLog log) throws Exception {
    return ((LedgerPartitionLog) log).compactIfDue(new SkimpyOffsetMap(1 << 20));
  }

  private SimpleRecord record(String key, String value) {
    return new SimpleRecord(time.milliseconds(), bytes(key), bytes(value + PADDING));
  }

  private SimpleRecord tombstone(String key) {
    return new SimpleRecord(time.milliseconds(), bytes(key), null);
  }

  private static Appended put(PartitionLog log, SimpleRecord record) {
    return append(log, MemoryRecords.withRecords(Compression.NONE, record));
  }

  /** Appends what makes everything before it part of sealed ledgers. */
  private void fill(PartitionLog log) {
    int segments = log.segments();
    for (int i = 0; log.segments() < segments + 2; i++) {
      put(log, record("filler", "f" + i)).durable().join();
      assertThat(i).isLessThan(10_000);
    }
    awaitSealed(1);
  }

  private void awaitSealed(int least) {
    Awaitility.await()
        .until(() ->
            states.list().stream()
                    .flatMap(key -> states.read(key).orElseThrow().state().ledgers().stream())
                    .filter(part -> !part.isOpen())
                    .count()
                >= least);
  }

  private record Row(long offset, String key, String value) {}

  private static List<Row> committed(PartitionLog log) {
    var rows = new ArrayList<Row>();
    long next = log.startOffset();
    var aborted = new HashSet<Long>();
    while (true) {
      LogRead read = log.read(next, 1 << 20, true, IsolationLevel.READ_COMMITTED);
      var begins = new PriorityQueue<>(Comparator.comparingLong(AbortedTransaction::firstOffset));
      begins.addAll(read.abortedTransactions());
      long before = next;
      for (RecordBatch batch : read.records().batches()) {
        batch.ensureValid();
        while (!begins.isEmpty() && begins.element().firstOffset() <= batch.lastOffset()) {
          aborted.add(begins.remove().producerId());
        }
        if (batch.isControlBatch()) {
          aborted.remove(batch.producerId());
        } else if (!batch.isTransactional() || !aborted.contains(batch.producerId())) {
          for (Record record : batch) {
            if (record.offset() >= next) {
              rows.add(
                  new Row(
                      record.offset(),
                      text(record.key()),
                      record.hasValue() ? text(record.value()).split("-", 2)[0] : ""));
            }
          }
        }
        next = batch.nextOffset();
      }
      if (next == before) {
        return rows;
      }
    }
  }

  private static String text(java.nio.ByteBuffer bytes) {
    return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
  }

  private static Map<String, String> table(List<Row> rows) {
    var table = new TreeMap<String, String>();
    for (Row row : rows) {
      if (row.value().isEmpty()) {
        table.remove(row.key());
      } else {
        table.put(row.key(), row.value());
      }
    }
    table.remove("filler");
    return table;
  }

  @Test
  void ofEachKeyTheNewestStaysAtItsOffset() throws Exception {
    PartitionLog log = open(0);
    for (int i = 0; i < 200; i++) {
      put(log, record("k" + i % 5, "v" + i)).durable().join();
    }
    fill(log);
    long before = log.size();
    assertThat(compact(log)).isTrue();
    assertThat(log.size()).isLessThan(before / 2);
    assertThat(table(committed(log)))
        .containsEntry("k0", "v195")
        .containsEntry("k4", "v199")
        .hasSize(5);
    assertThat(committed(log)).filteredOn(row -> row.key().equals("k4")).hasSize(1);
    assertThat(committed(log)).extracting(Row::offset).isSorted().contains(195L, 199L);
    assertThat(compact(log)).as("nothing new").isFalse();

    PartitionLog next = open(1);
    assertThat(table(committed(next))).isEqualTo(table(committed(log)));
    assertThat(next.endOffset()).isEqualTo(log.endOffset());
  }

  /** What it has made could be taken for forgotten by then. */
  @Test
  void aCompactionThatTakesForHoursGivesUpWhatItHasMade() throws Exception {
    PartitionLog log = open(0);
    for (int i = 0; i < 200; i++) {
      put(log, record("k" + i % 5, "v" + i)).durable().join();
    }
    fill(log);
    Set<Long> before = stores.ids();
    List<Row> rows = committed(log);
    stores.onCreate(() -> time.leap(OrphanSweep.LISTED_WITHIN.toMillis()));
    assertThat(compact(log)).isFalse();
    assertThat(stores.ids()).isEqualTo(before);
    assertThat(committed(log)).isEqualTo(rows);
    stores.onCreate(() -> {});
    assertThat(compact(log)).isTrue();
  }

  @Test
  void aTombstoneStaysForItsTimeThenGoes() throws Exception {
    PartitionLog log = open(0);
    put(log, record("gone", "v1")).durable().join();
    put(log, tombstone("gone")).durable().join();
    fill(log);
    assertThat(compact(log)).isTrue();
    assertThat(committed(log)).filteredOn(row -> row.key().equals("gone")).hasSize(1);
    time.leap(61_000);
    fill(log);
    assertThat(compact(log)).isTrue();
    assertThat(committed(log)).filteredOn(row -> row.key().equals("gone")).isEmpty();
  }

  @Test
  void aProducerIsKnownAlthoughItsRecordsAreReplaced() throws Exception {
    PartitionLog log = open(0);
    append(log, idempotent(time.milliseconds(), 7, 0, "a")).durable().join();
    put(log, record("a", "newer")).durable().join();
    fill(log);
    assertThat(compact(log)).isTrue();
    PartitionLog next = open(1);
    assertThat(append(next, idempotent(time.milliseconds(), 7, 0, "a")).duplicate()).isTrue();
    assertThat(append(next, idempotent(time.milliseconds(), 7, 1, "b")).duplicate()).isFalse();
  }

  /** Of so many records one is replaced: what is left of one ledger does not fill a new one. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5, 6, 7, 8, 10})
  void abortedRecordsStayHiddenWhereverNewLedgersBegin(int sparse) throws Exception {
    PartitionLog log = open(0);
    int sequence = 0;
    for (int i = 0; log.segments() < 6; i++) {
      put(log, record(i % sparse == 0 ? "same" : "k" + i, "v" + i)).durable().join();
      if (i % 5 == 0) {
        var guard = log.maybeStartTransactionVerification(9, sequence, (short) 0, false);
        append(
                log,
                MemoryRecords.withTransactionalRecords(
                    Compression.NONE, 9, (short) 0, sequence++, record("secret", "aborted")),
                guard)
            .durable()
            .join();
        endTransaction(log, 9, ControlRecordType.ABORT).durable().join();
      }
      assertThat(i).isLessThan(10_000);
    }
    awaitSealed(5);
    assertThat(compact(log)).isTrue();
    assertThat(committed(log)).extracting(Row::key).contains("same").doesNotContain("secret");
  }

  @Test
  void anAnswerThatIsLostLosesNoLedger() throws Exception {
    PartitionLog log = open(0);
    for (int i = 0; i < 200; i++) {
      put(log, record("k" + i % 5, "v" + i)).durable().join();
    }
    fill(log);
    states.loseNextAnswer();
    compact(log);
    PartitionLog next = open(1);
    assertThat(table(committed(next)))
        .containsEntry("k0", "v195")
        .containsEntry("k4", "v199")
        .hasSize(5);
    assertThat(next.endOffset()).isEqualTo(log.endOffset());
  }

  @Test
  void tablesStayWhatTheyAreWhateverIsWrittenAndCompacted() throws Exception {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    var expected = new TreeMap<String, String>();
    var sequences = new HashMap<Long, Integer>();
    PartitionLog log = open(0);
    int tenure = 1;
    for (int step = 0; step < 300; step++) {
      String key = "k" + random.nextInt(12);
      String value = "s" + step;
      switch (random.nextInt(12)) {
        case 0 -> {
          put(log, tombstone(key)).durable().join();
          expected.remove(key);
        }
        case 1, 2, 3 -> {
          long producer = 10L + random.nextInt(3);
          boolean commits = random.nextBoolean();
          int sequence = sequences.getOrDefault(producer, 0);
          sequences.put(producer, sequence + 1);
          var guard = log.maybeStartTransactionVerification(producer, sequence, (short) 0, false);
          log.append(
                  MemoryRecords.withTransactionalRecords(
                      Compression.NONE, producer, (short) 0, sequence, record(key, value)),
                  log.leaderEpoch().orElseThrow(),
                  AppendOrigin.CLIENT,
                  guard,
                  NO_TRANSACTION_VERSION)
              .durable()
              .join();
          endTransaction(
                  log, producer, commits ? ControlRecordType.COMMIT : ControlRecordType.ABORT)
              .durable()
              .join();
          if (commits) {
            expected.put(key, value);
          }
        }
        case 4 -> {
          if (random.nextInt(4) == 0) {
            fill(log);
          }
          time.leap(random.nextInt(40_000));
          compact(log);
          assertThat(table(committed(log))).as("%s step %s", seed, step).isEqualTo(expected);
        }
        case 5 -> {
          if (random.nextInt(3) == 0) {
            log = open(tenure++);
            assertThat(table(committed(log))).as("%s step %s", seed, step).isEqualTo(expected);
          }
        }
        default -> {
          put(log, record(key, value)).durable().join();
          expected.put(key, value);
        }
      }
    }
    fill(log);
    compact(log);
    assertThat(table(committed(log))).as("%s", seed).isEqualTo(expected);
    assertThat(table(committed(open(tenure)))).as("%s", seed).isEqualTo(expected);
  }
}
