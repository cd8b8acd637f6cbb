package io.headwater.hub.kafka.ledger;

import static io.headwater.hub.kafka.log.Batches.append;
import static io.headwater.hub.kafka.log.Batches.appendTransactional;
import static io.headwater.hub.kafka.log.Batches.endTransaction;
import static io.headwater.hub.kafka.log.Batches.idempotent;
import static io.headwater.hub.kafka.log.Batches.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.log.Appended;
import io.headwater.hub.kafka.log.EpochEnd;
import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.log.LogRead;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.headwater.testsupport.Seed;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several brokers over the same ledgers: who may write, and what the next one finds. */
@Timeout(60)
class LedgerTakeoverTest {
  private static final TopicPartition PARTITION = new TopicPartition("t", 0);
  private static final Uuid TOPIC_ID = Uuid.randomUuid();

  /** Makes a ledger full after some hundred records; it must be in key and value. */
  private static final String PADDING = "-".repeat(10_000);

  @TempDir Path folder;
  private final MemoryLedgers stores = new MemoryLedgers();
  private final MemoryStates states = new MemoryStates();
  private final List<LedgerLogEngine> engines = new ArrayList<>();

  @AfterEach
  void close() {
    engines.forEach(LedgerLogEngine::close);
  }

  private LedgerLogEngine broker(int id) throws Exception {
    return broker(id, stores);
  }

  private LedgerLogEngine broker(int id, Ledgers ledgers) throws Exception {
    var engine =
        new LedgerLogEngine(
            ledgers,
            states,
            LedgerLogSettings.DEFAULTS,
            folder.resolve("broker-" + id + "-" + engines.size()),
            id,
            new LogMetrics(new SimpleMeterRegistry()),
            Time.SYSTEM);
    engines.add(engine);
    return engine;
  }

  private long sealed() {
    var key = new PartitionStates.Key(TOPIC_ID, 0);
    return states.read(key).orElseThrow().state().ledgers().stream()
        .filter(part -> !part.isOpen())
        .count();
  }

  private static PartitionLog open(LedgerLogEngine engine, int epoch, Map<String, String> configs) {
    return engine.create(PARTITION, TOPIC_ID, epoch, config(configs));
  }

  private static PartitionLog open(LedgerLogEngine engine, int epoch) {
    return open(engine, epoch, Map.of());
  }

  private static LogConfig config(Map<String, String> configs) {
    return new TopicConfigs(Map.of()).effective(configs);
  }

  @Test
  void theOneBeforeCanStoreNothingMore() throws Exception {
    PartitionLog first = open(broker(1), 0);
    append(first, "a").durable().join();
    PartitionLog second = open(broker(2), 1);
    Appended late = append(first, "b");
    assertThatThrownBy(() -> late.durable().join())
        .hasCauseInstanceOf(NotLeaderOrFollowerException.class);
    assertThatThrownBy(() -> append(first, "c")).isInstanceOf(NotLeaderOrFollowerException.class);
    append(second, "d").durable().join();
    assertThat(readAll(second)).containsExactly("a", "d");
    assertThat(second.endOffsetForEpoch(0)).contains(new EpochEnd(0, 1));
  }

  @Test
  void anOlderEpochIsRefused() throws Exception {
    open(broker(1), 5);
    LedgerLogEngine late = broker(2);
    assertThatThrownBy(() -> open(late, 4))
        .isInstanceOf(KafkaStorageException.class)
        .hasMessageContaining("leader epoch 5");
    assertThat(late.lost(PARTITION)).isPresent();
  }

  @Test
  void whatNobodyHasThoughtOfIsAFailureOfOneLog() throws Exception {
    LedgerLogEngine engine = broker(1);
    stores.onCreate(() -> {
      throw new IllegalStateException("nobody thought of this");
    });
    assertThatThrownBy(() -> open(engine, 0))
        .isInstanceOf(KafkaStorageException.class)
        .hasMessageContaining("nobody thought of this");
    assertThat(engine.lost(PARTITION)).isPresent();

    stores.onCreate(() -> {});
    append(open(engine, 0), "a").durable().join();
    assertThat(engine.lost(PARTITION)).isEmpty();
  }

  @Test
  void whatAnOwnerKnewItsFollowerKnows() throws Exception {
    PartitionLog first = open(broker(1), 0);
    append(first, idempotent(7, 0, "a")).durable().join();
    appendTransactional(first, 9, 0, "t1").durable().join();
    endTransaction(first, 9, ControlRecordType.ABORT).durable().join();
    appendTransactional(first, 9, 1, "t2").durable().join();

    PartitionLog second = open(broker(2), 1);
    assertThat(append(second, idempotent(7, 0, "a")).duplicate()).isTrue();
    assertThat(second.lastStableOffset()).isEqualTo(3);
    assertThat(second.hasOngoingTransaction(9, (short) 0)).isTrue();
    LogRead read = second.read(0, 1 << 20, true, IsolationLevel.READ_COMMITTED);
    assertThat(read.abortedTransactions())
        .singleElement()
        .satisfies(one -> assertThat(one.firstOffset()).isEqualTo(1));
    assertThat(readAll(second)).containsExactly("a", "t1", "t2");
  }

  /** A producer sends five requests before the first is answered, and all of them again after. */
  @Test
  void batchesThatWereUnderWayAtAnOrderlyEndAreKnownToTheFollower() throws Exception {
    LedgerLogEngine before = broker(1);
    PartitionLog first = open(before, 0);
    for (int sequence = 0; sequence < 7; sequence++) {
      append(first, idempotent(7, sequence, "a" + sequence));
      appendTransactional(first, 9, sequence, "t" + sequence);
    }
    before.close();

    LedgerLogEngine between = broker(2);
    PartitionLog second = open(between, 1);
    assertThat(second.hasOngoingTransaction(9, (short) 0)).isTrue();
    between.close(); // without an append: what it knows is all from the checkpoint

    PartitionLog third = open(broker(3), 2);
    for (int sequence = 2; sequence < 7; sequence++) {
      Appended again = append(third, idempotent(7, sequence, "a" + sequence));
      assertThat(again.duplicate()).as("sequence %d", sequence).isTrue();
      assertThat(again.firstOffset()).isEqualTo(2L * sequence);
      assertThat(appendTransactional(third, 9, sequence, "t" + sequence).duplicate()).isTrue();
    }
    assertThat(append(third, idempotent(7, 7, "a7")).duplicate()).isFalse();
    assertThat(appendTransactional(third, 9, 7, "t7").duplicate()).isFalse();
    assertThat(third.lastStableOffset()).isEqualTo(1);
  }

  @Test
  void ledgersRollWithoutAGapAndAreDeletedByRetention() throws Exception {
    var configs = Map.of("segment.bytes", "1048576", "retention.bytes", "3000000");
    LedgerLogEngine one = broker(1);
    PartitionLog log = open(one, 0, configs);
    var expected = new ArrayList<String>();
    for (int i = 0; log.segments() < 7; i++) {
      assertThat(i).isLessThan(10_000);
      expected.add("value-" + i + PADDING);
      append(log, expected.getLast()).durable().join();
    }
    assertThat(readAll(log)).isEqualTo(expected);
    Awaitility.await().until(() -> sealed() == 6);

    ((LedgerPartitionLog) log).applyRetention();
    assertThat(log.startOffset()).isPositive();
    assertThat(log.size()).isLessThan(4_200_000);
    assertThat(readAll(log)).isEqualTo(expected.subList((int) log.startOffset(), expected.size()));
    Awaitility.await().until(() -> stores.count() == log.segments());

    PartitionLog next = open(broker(2), 1, configs);
    assertThat(next.startOffset()).isEqualTo(log.startOffset());
    assertThat(readAll(next)).isEqualTo(expected.subList((int) log.startOffset(), expected.size()));
  }

  @Test
  void aLargeLedgerIsFoundThroughWithoutReadingAllOfIt() throws Exception {
    PartitionLog first = open(broker(1), 0);
    int count = 5_000;
    var appended = new ArrayList<Appended>();
    for (int i = 0; i < count; i++) {
      appended.add(append(first, idempotent(1_700_000_000_000L + i, 7, i, "v" + i)));
    }
    appended.getLast().durable().join();
    PartitionLog second = open(broker(2), 1);
    assertThat(second.endOffset()).isEqualTo(count);
    for (int offset : new int[] {0, 1, 15, 16, 1_022, 1_023, 1_024, 2_500, 4_998, 4_999}) {
      LogRead read = second.read(offset, 1, true, IsolationLevel.READ_UNCOMMITTED);
      assertThat(read.records().batches().iterator().next().baseOffset()).isEqualTo(offset);
      assertThat(
              second.offsetForTimestamp(
                  1_700_000_000_000L + offset, IsolationLevel.READ_UNCOMMITTED))
          .map(at -> at.offset())
          .contains((long) offset);
    }
    assertThat(append(second, idempotent(7, count, "next")).firstOffset()).isEqualTo(count);
  }

  @Test
  void aLedgerBegunBehindRefusedEntriesIsLeftOut() throws Exception {
    // The owner's stores accept nothing more of the first ledger, while it has gone on in the next.
    var gate = new ReentrantLock(true);
    var gated = new GatedLedgers(stores, gate, new AtomicInteger());
    var configs = Map.of("segment.bytes", "1048576");
    PartitionLog first = open(broker(1, gated), 0, configs);
    append(first, "stored").durable().join();
    var refused = new ArrayList<Appended>();
    gate.lock();
    try {
      int segments = first.segments();
      for (int i = 0; first.segments() == segments; i++) {
        refused.add(append(first, "refused-" + i + PADDING));
        assertThat(i).isLessThan(10_000);
      }
      refused.add(append(first, "in the next"));
      long before =
          states
              .read(new PartitionStates.Key(TOPIC_ID, 0))
              .orElseThrow()
              .state()
              .ledgers()
              .getFirst()
              .ledger();
      stores.recover(before).join();
    } finally {
      gate.unlock();
    }
    refused.forEach(one ->
        assertThatThrownBy(() -> one.durable().join())
            .hasCauseInstanceOf(NotLeaderOrFollowerException.class));
    PartitionLog second = open(broker(2), 1, configs);
    assertThat(readAll(second)).containsExactly("stored");
    assertThat(append(second, "next").firstOffset()).isEqualTo(1);
  }

  @Test
  void storesThatAreSlowMakeClientsWait() throws Exception {
    var gate = new ReentrantLock(true);
    PartitionLog log = open(broker(1, new GatedLedgers(stores, gate, new AtomicInteger())), 0);
    String large = "x".repeat(400_000);
    var sent = new ArrayList<Appended>();
    gate.lock();
    try {
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 200; i++) {
                  sent.add(append(log, large));
                }
              })
          .isInstanceOf(NotEnoughReplicasException.class)
          .hasMessageContaining("they are slow");
    } finally {
      gate.unlock();
    }
    sent.getLast().durable().join();
    append(log, large).durable().join();
    assertThat(readAll(log)).hasSize(sent.size() + 1);
  }

  @Test
  void aLogThatHasTooFewCopiesGoesOnInOneThatHasEnough() throws Exception {
    stores.scarce(true);
    var log = (LedgerPartitionLog) open(broker(1), 0);
    append(log, "few").durable().join();
    long few = log.openLedger();
    for (int i = 0; i < 5; i++) {
      log.heal();
    }
    append(log, "few, too").durable().join();
    assertThat(log.openLedger()).isEqualTo(few);
    assertThat(stores.count()).as("what is of no use is not kept").isEqualTo(1);

    stores.scarce(false);
    log.heal();
    append(log, "enough").durable().join();
    assertThat(log.openLedger()).isNotEqualTo(few);
    Awaitility.await().until(() -> sealed() == 1);
    assertThat(readAll(log)).containsExactly("few", "few, too", "enough");
    assertThat(readAll(open(broker(2), 1))).containsExactly("few", "few, too", "enough");
  }

  @Test
  void whateverOwnersComeAndGoWhatWasAcknowledgedIsThereOnce() throws Exception {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    var configs = Map.of("segment.bytes", "1048576");
    var acknowledged = new ArrayList<String>();
    var sent = new ArrayList<String>();
    PartitionLog owner = open(broker(0), 0, configs);
    for (int tenure = 1; tenure < 40; tenure++) {
      var pending = new ArrayList<Appended>();
      var values = new ArrayList<String>();
      int appends = random.nextInt(60);
      for (int i = 0; i < appends; i++) {
        String value = tenure + "-" + i + PADDING;
        values.add(value);
        sent.add(value);
        pending.add(append(owner, value));
      }
      PartitionLog next = open(broker(tenure), tenure, configs);
      for (int i = 0; i < pending.size(); i++) {
        boolean isStored =
            pending
                .get(i)
                .durable()
                .orTimeout(10, TimeUnit.SECONDS)
                .handle((_, failure) -> failure == null)
                .join();
        if (isStored) {
          acknowledged.add(values.get(i));
        }
      }
      owner = next;
    }
    List<String> read = readAll(owner);
    assertThat(read).as("%s", seed).containsSubsequence(acknowledged);
    assertThat(read).as("%s", seed).doesNotHaveDuplicates();
    assertThat(sent).as("%s", seed).containsSubsequence(read);
  }
}
