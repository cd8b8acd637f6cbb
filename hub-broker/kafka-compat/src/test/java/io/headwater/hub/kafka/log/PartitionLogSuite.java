package io.headwater.hub.kafka.log;

import static io.headwater.hub.kafka.log.Batches.append;
import static io.headwater.hub.kafka.log.Batches.appendTransactional;
import static io.headwater.hub.kafka.log.Batches.endTransaction;
import static io.headwater.hub.kafka.log.Batches.idempotent;
import static io.headwater.hub.kafka.log.Batches.readAll;
import static io.headwater.hub.kafka.log.Batches.record;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.headwater.testsupport.Seed;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.RecordValidationException;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every engine's logs must do. A subclass gives the engine and control over its disk. */
@Timeout(60)
public abstract class PartitionLogSuite {
  static final TopicPartition PARTITION = new TopicPartition("t", 0);

  /** Of this test alone: the storage may be that of others, too. */
  final Uuid topicId = Uuid.randomUuid();

  final Uuid otherId = Uuid.randomUuid();

  LogEngine engine;
  PartitionLog log;

  /** A new engine over the same storage; the one before was closed. */
  protected abstract LogEngine open() throws Exception;

  /** Until {@link #release}, called by the same thread, nothing becomes durable. */
  protected abstract void hold();

  protected abstract void release();

  /** The next try to make this log durable reports an error. */
  protected abstract void losePages(PartitionLog of);

  /** How often the engine has tried to make something durable. */
  protected abstract int attempts();

  /** Waits until nothing of a log that {@link LogEngine#keepOnly} found unwanted is left. */
  protected abstract void awaitDeleted(TopicPartition partition, Uuid id);

  @BeforeEach
  void openLog() throws Exception {
    engine = open();
    log = engine.create(PARTITION, topicId, config(Map.of()));
  }

  @AfterEach
  void close() {
    engine.close();
  }

  void reopen() throws Exception {
    engine.close();
    openLog();
  }

  static LogConfig config(Map<String, String> configs) {
    return new TopicConfigs(Map.of()).effective(configs);
  }

  @Test
  void anAppendReturnsOffsetsAtOnceAndIsDurableOnlyOnceTheDiskSaysSo() {
    hold();
    Appended first = append(log, "a", "b");
    Appended second = append(log, "c");

    assertThat(first.firstOffset()).isZero();
    assertThat(first.lastOffset()).isEqualTo(1);
    assertThat(second.firstOffset()).isEqualTo(2);
    assertThat(log.endOffset()).isEqualTo(3);
    assertThat(log.highWatermark()).isZero();
    assertThat(first.durable()).isNotDone();
    assertThat(readAll(log)).isEmpty();

    release();
    second.durable().join();
    assertThat(first.durable()).isCompleted();
    assertThat(log.highWatermark()).isEqualTo(3);
    assertThat(readAll(log)).containsExactly("a", "b", "c");
  }

  @Test
  void announcesTheHighWatermarkOnceOnRegistrationThenRisingAndEndsOnce() throws Exception {
    append(log, "a").durable().join();
    List<Long> heard = Collections.synchronizedList(new ArrayList<>());
    var ends = new ArrayList<String>();
    log.onHighWatermark(
        new PartitionLog.HighWatermarkListener() {
          @Override
          public void onHighWatermark(long highWatermark) {
            heard.add(highWatermark);
          }

          @Override
          public void onEnd() {
            ends.add("end");
          }
        });
    assertThat(heard).containsExactly(1L);

    for (int i = 0; i < 50; i++) {
      append(log, "x").durable().join();
    }
    var removed = new ArrayList<Long>();
    log.onHighWatermark(removed::add).close();
    append(log, "y").durable().join();
    engine.close();

    assertThat(heard).isSorted().doesNotHaveDuplicates().endsWith(52L);
    assertThat(heard).hasSize(52);
    assertThat(removed).containsExactly(51L);
    assertThat(ends).containsExactly("end");
  }

  @Test
  void aListenerThatFailsDisturbsNobody() {
    log.onHighWatermark(_ -> {
      throw new IllegalStateException("a defect");
    });
    var heard = new ArrayList<Long>();
    log.onHighWatermark(heard::add);
    append(log, "a").durable().join();
    append(log, "b").durable().join();
    assertThat(heard).containsExactly(0L, 1L, 2L);
  }

  @Test
  void offsetsAreDenseAndFuturesCompleteWhateverManyThreadsAppend() {
    int threads = 4;
    int each = 100;
    List<Appended> all = Collections.synchronizedList(new ArrayList<>());
    var running =
        IntStream.range(0, threads)
            .mapToObj(thread ->
                CompletableFuture.runAsync(() -> {
                  for (int i = 0; i < each; i++) {
                    all.add(append(log, thread + "-" + i));
                  }
                }))
            .toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(running).join();
    all.forEach(one -> one.durable().join());
    assertThat(all).hasSize(threads * each);
    assertThat(all.stream().map(Appended::firstOffset).sorted())
        .containsExactlyElementsOf(LongStream.range(0, all.size()).boxed().toList());
    assertThat(readAll(log)).hasSize(threads * each);
  }

  @Test
  void aDuplicateNamesTheOriginalOffsetsAndIsDurableOnlyWithThem() {
    append(log, "x").durable().join();
    hold();
    Appended original = append(log, idempotent(7, 0, "a", "b"));
    Appended early = append(log, idempotent(7, 0, "a", "b"));
    assertThat(early.duplicate()).isTrue();
    assertThat(original.duplicate()).isFalse();
    assertThat(early.firstOffset()).isEqualTo(1);
    assertThat(early.lastOffset()).isEqualTo(2);
    assertThat(early.durable()).isNotDone();
    release();
    early.durable().join();
    assertThat(original.durable()).isCompleted();

    Appended late = append(log, idempotent(7, 0, "a", "b"));
    assertThat(late.duplicate()).isTrue();
    assertThat(late.durable()).isCompleted();
    assertThat(readAll(log)).containsExactly("x", "a", "b");
  }

  @Test
  void duplicatesAreKnownAfterARestartToo() throws Exception {
    append(log, idempotent(7, 0, "a")).durable().join();
    reopen();
    assertThat(append(log, idempotent(7, 0, "a")).duplicate()).isTrue();
    assertThatThrownBy(() -> append(log, idempotent(7, 5, "b")))
        .isInstanceOf(OutOfOrderSequenceException.class);
    assertThat(append(log, idempotent(7, 1, "b")).firstOffset()).isEqualTo(1);
  }

  @Test
  void refusedBatchesLeaveNoTrace() {
    var corrupt = MemoryRecords.withRecords(Compression.NONE, record(1, "k", "v"));
    corrupt.buffer().put(corrupt.sizeInBytes() - 1, (byte) 42);
    assertThatThrownBy(() -> append(log, corrupt)).isInstanceOf(CorruptRecordException.class);
    assertThatThrownBy(() -> append(log, "x".repeat(2 << 20)))
        .isInstanceOf(RecordTooLargeException.class);
    log.updateConfig(config(Map.of("cleanup.policy", "compact")));
    assertThatThrownBy(() ->
            append(
                log,
                MemoryRecords.withRecords(
                    Compression.NONE, new SimpleRecord(1L, null, new byte[1]))))
        .isInstanceOf(RecordValidationException.class);
    assertThat(log.endOffset()).isZero();
    append(log, "fine").durable().join();
    assertThat(engine.failed()).isNotDone();
  }

  @Test
  void readsNothingAboveTheBoundAndRefusesOffsetsOutside() {
    append(log, "a", "b").durable().join();
    append(log, "c").durable().join();

    LogRead cut = log.read(0, 1, true, IsolationLevel.READ_UNCOMMITTED);
    assertThat(cut.records().batches().iterator().next().lastOffset()).isEqualTo(1);
    assertThat(log.read(0, 1, false, IsolationLevel.READ_UNCOMMITTED).records().sizeInBytes())
        .isZero();
    assertThat(log.read(3, 100, true, IsolationLevel.READ_UNCOMMITTED).records().sizeInBytes())
        .isZero();
    LogRead middle = log.read(1, 1 << 20, true, IsolationLevel.READ_UNCOMMITTED);
    assertThat(middle.records().batches().iterator().next().baseOffset()).isZero();
    assertThat(middle.highWatermark()).isEqualTo(3);
    assertThatThrownBy(() -> log.read(4, 100, true, IsolationLevel.READ_UNCOMMITTED))
        .isInstanceOf(OffsetOutOfRangeException.class);
  }

  @Test
  void readCommittedStopsAtAnOpenTransactionAndListsAbortedOnes() {
    append(log, "plain").durable().join();
    appendTransactional(log, 9, 0, "t1", "t2").durable().join();
    append(log, "after").durable().join();
    assertThat(log.lastStableOffset()).isEqualTo(1);
    assertThat(log.hasOngoingTransaction(9, (short) 0)).isTrue();
    assertThat(readAll(log, 0, IsolationLevel.READ_COMMITTED)).containsExactly("plain");
    assertThat(readAll(log)).containsExactly("plain", "t1", "t2", "after");
    assertThat(log.offsetForTimestamp(-1, IsolationLevel.READ_COMMITTED))
        .map(TimestampedOffset::offset)
        .contains(1L);

    endTransaction(log, 9, ControlRecordType.ABORT).durable().join();
    assertThat(log.hasOngoingTransaction(9, (short) 0)).isFalse();
    assertThat(log.lastStableOffset()).isEqualTo(5);
    LogRead read = log.read(0, 1 << 20, true, IsolationLevel.READ_COMMITTED);
    assertThat(read.abortedTransactions())
        .singleElement()
        .satisfies(aborted -> {
          assertThat(aborted.producerId()).isEqualTo(9);
          assertThat(aborted.firstOffset()).isEqualTo(1);
        });
    assertThat(read.lastStableOffset()).isEqualTo(5);
  }

  @Test
  void theLastStableOffsetWaitsForTheMarkerToBeDurable() {
    appendTransactional(log, 9, 0, "t").durable().join();
    hold();
    Appended marker = endTransaction(log, 9, ControlRecordType.COMMIT);
    assertThat(log.lastStableOffset()).isZero();
    var lastStable = new ArrayList<Long>();
    log.onHighWatermark(_ -> lastStable.add(log.lastStableOffset()));
    release();
    marker.durable().join();
    assertThat(lastStable).containsExactly(0L, 2L);
  }

  @Test
  void anOpenTransactionIsStillOpenAfterARestart() throws Exception {
    appendTransactional(log, 9, 0, "t").durable().join();
    reopen();
    assertThat(log.lastStableOffset()).isZero();
    assertThat(log.hasOngoingTransaction(9, (short) 0)).isTrue();
    endTransaction(log, 9, ControlRecordType.COMMIT).durable().join();
    assertThat(readAll(log, 0, IsolationLevel.READ_COMMITTED)).containsExactly("t");
  }

  @Test
  void aTransactionMustBeVerifiedBeforeItsFirstAppend() {
    VerificationGuard guard = log.maybeStartTransactionVerification(9, 0, (short) 0, false);
    assertThat(guard).isNotEqualTo(VerificationGuard.SENTINEL);
    assertThatThrownBy(() ->
            append(
                log,
                MemoryRecords.withTransactionalRecords(
                    Compression.NONE, 9, (short) 0, 0, record(1, "k", "v"))))
        .isInstanceOf(InvalidTxnStateException.class);
    appendTransactional(log, 9, 0, "t").durable().join();
    assertThat(log.maybeStartTransactionVerification(9, 1, (short) 0, false))
        .isEqualTo(VerificationGuard.SENTINEL);
  }

  @Test
  void findsOffsetsByTime() {
    append(
            log,
            MemoryRecords.withRecords(
                Compression.NONE, record(10, "a", "a"), record(30, "b", "b"), record(20, "c", "c")))
        .durable()
        .join();
    hold();
    append(log, MemoryRecords.withRecords(Compression.NONE, record(99, "d", "d")));

    assertThat(at(15)).isEqualTo(new TimestampedOffset(1, 30, 0));
    assertThat(log.offsetForTimestamp(31, IsolationLevel.READ_UNCOMMITTED)).isEmpty();
    assertThat(at(ListOffsetsRequest.EARLIEST_TIMESTAMP).offset()).isZero();
    assertThat(at(ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP).offset()).isZero();
    assertThat(at(ListOffsetsRequest.LATEST_TIMESTAMP)).isEqualTo(new TimestampedOffset(3, -1, 0));
    assertThat(
            log.offsetForTimestamp(
                ListOffsetsRequest.LATEST_TIERED_TIMESTAMP, IsolationLevel.READ_UNCOMMITTED))
        .isEmpty();
    release();
    append(log, "e").durable().join();
    assertThat(at(ListOffsetsRequest.MAX_TIMESTAMP).timestampMs()).isEqualTo(1_000);
    assertThat(at(50).offset()).isEqualTo(3);
  }

  @Test
  void knowsWhereLeaderEpochsEnded() {
    append(log, "a", "b").durable().join();
    log.append(
            MemoryRecords.withRecords(Compression.NONE, record(1, "c", "c")),
            3,
            AppendOrigin.CLIENT,
            VerificationGuard.SENTINEL,
            Batches.NO_TRANSACTION_VERSION)
        .durable()
        .join();
    assertThat(log.endOffsetForEpoch(0)).contains(new EpochEnd(0, 2));
    assertThat(log.endOffsetForEpoch(2)).contains(new EpochEnd(0, 2));
    assertThat(log.endOffsetForEpoch(3)).contains(new EpochEnd(3, 3));
    LogRead read = log.read(2, 1 << 20, true, IsolationLevel.READ_UNCOMMITTED);
    assertThat(read.records().batches().iterator().next().partitionLeaderEpoch()).isEqualTo(3);
  }

  @Test
  void listsActiveProducers() {
    append(log, idempotent(7, 0, "a", "b")).durable().join();
    appendTransactional(log, 9, 0, "t").durable().join();
    List<ProducerState> states = log.activeProducers();
    assertThat(states)
        .extracting(
            ProducerState::producerId,
            ProducerState::lastSequence,
            ProducerState::currentTxnStartOffset)
        .containsExactlyInAnyOrder(tuple(7L, 1, -1L), tuple(9L, 0, 2L));
  }

  @Test
  void deletedRecordsStayDeleted() throws Exception {
    append(log, "a").durable().join();
    append(log, "b").durable().join();
    append(log, "c").durable().join();
    assertThat(log.deleteBefore(1).join()).isEqualTo(1);
    assertThat(readAll(log)).containsExactly("b", "c");
    assertThatThrownBy(() -> log.deleteBefore(4)).isInstanceOf(OffsetOutOfRangeException.class);
    assertThatThrownBy(() -> log.read(0, 1, true, IsolationLevel.READ_UNCOMMITTED))
        .isInstanceOf(OffsetOutOfRangeException.class);
    reopen();
    assertThat(log.startOffset()).isEqualTo(1);
    assertThat(log.deleteBefore(-1).join()).isEqualTo(3);
    assertThat(readAll(log)).isEmpty();
    log.updateConfig(config(Map.of("cleanup.policy", "compact")));
    assertThatThrownBy(() -> log.deleteBefore(3)).isInstanceOf(PolicyViolationException.class);
  }

  @Test
  void everythingIsThereAfterAReopen() throws Exception {
    for (int i = 0; i < 20; i++) {
      append(log, "v" + i).durable().join();
    }
    reopen();
    assertThat(log.highWatermark()).isEqualTo(20);
    assertThat(log.endOffset()).isEqualTo(20);
    assertThat(log.topicId()).isEqualTo(topicId);
    assertThat(readAll(log)).hasSize(20);
    assertThat(append(log, "next").firstOffset()).isEqualTo(20);
  }

  @Test
  void closingMakesDurableWhatWasAppendedAndThenRefuses() throws Exception {
    Appended last = append(log, "a");
    PartitionLog closed = log;
    engine.close();
    assertThat(last.durable()).isCompleted();
    assertThatThrownBy(() -> append(closed, "b")).isInstanceOf(KafkaStorageException.class);
    assertThatThrownBy(() -> closed.read(0, 1, true, IsolationLevel.READ_UNCOMMITTED))
        .isInstanceOf(KafkaStorageException.class);
    openLog();
    assertThat(readAll(log)).containsExactly("a");
  }

  @Test
  void aDeletedLogIsGoneAndAnewOneOfThatNameIsEmpty() throws Exception {
    append(log, "old").durable().join();
    hold();
    Appended waiting = append(log, "older");
    PartitionLog deleted = log;
    engine.delete(PARTITION);
    assertThat(engine.find(PARTITION)).isEmpty();
    assertThat(waiting.durable()).isCompletedExceptionally();
    assertThatThrownBy(() -> append(deleted, "x"))
        .isInstanceOf(UnknownTopicOrPartitionException.class);
    release();

    Uuid newId = Uuid.randomUuid();
    log = engine.create(PARTITION, newId, config(Map.of()));
    assertThat(log.endOffset()).isZero();
    append(log, "new").durable().join();
    engine.close();
    engine = open();
    engine.keepOnly(Map.of(PARTITION, newId));
    log = engine.create(PARTITION, newId, config(Map.of()));
    assertThat(readAll(log)).containsExactly("new");
    assertThat(engine.failed()).isNotDone();
  }

  @Test
  void keepOnlyDeletesWhatNobodyWantsOpenedOrNot() throws Exception {
    var other = new TopicPartition("t", 1);
    append(engine.create(other, topicId, config(Map.of())), "x").durable().join();
    append(log, "a").durable().join();
    engine.close();
    engine = open();
    engine.keepOnly(Map.of(PARTITION, topicId));
    awaitDeleted(other, topicId);
    log = engine.create(PARTITION, topicId, config(Map.of()));
    assertThat(readAll(log)).containsExactly("a");
    assertThat(engine.create(other, topicId, config(Map.of())).endOffset()).isZero();
    engine.keepOnly(Map.of(other, topicId));
    assertThat(engine.logs()).extracting(PartitionLog::topicPartition).containsExactly(other);
  }

  @Test
  void aFailedLogIsNeverTriedAgainAndTheOthersGoOn() throws Exception {
    append(log, "good").durable().join();
    assertThat(engine.problem()).isEmpty();
    var other = engine.create(new TopicPartition("u", 0), otherId, config(Map.of()));
    int before = attempts();
    losePages(log);
    Appended lost = append(log, "lost");
    assertThatThrownBy(() -> lost.durable().orTimeout(10, TimeUnit.SECONDS).join())
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(KafkaStorageException.class);
    assertThat(log.highWatermark()).isEqualTo(1);
    assertThatThrownBy(() -> append(log, "later")).isInstanceOf(KafkaStorageException.class);
    assertThatThrownBy(() -> readAll(log)).isInstanceOf(KafkaStorageException.class);
    assertThat(engine.problem()).hasValueSatisfying(problem -> assertThat(problem).contains("t-0"));
    assertThat(attempts() - before).isLessThanOrEqualTo(2); // all logs at once, then this one

    append(other, "fine").durable().orTimeout(10, TimeUnit.SECONDS).join();
    assertThat(readAll(other)).containsExactly("fine");
    assertThat(engine.failed()).isNotDone();
  }

  @Test
  void theLastLogThatFailsEndsTheEngine() {
    var other = engine.create(new TopicPartition("u", 0), otherId, config(Map.of()));
    losePages(log);
    assertThatThrownBy(() -> append(log, "lost").durable().join())
        .hasCauseInstanceOf(KafkaStorageException.class);
    assertThat(engine.failed()).isNotDone();
    losePages(other);
    assertThatThrownBy(() -> append(other, "lost").durable().join())
        .hasCauseInstanceOf(KafkaStorageException.class);
    assertThatThrownBy(() -> engine.failed().orTimeout(10, TimeUnit.SECONDS).join())
        .hasCauseInstanceOf(KafkaStorageException.class);
  }

  @Test
  void behavesLikeASimpleModelUnderRandomOperations() throws Exception {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    var model = new ArrayList<String>();
    var pending = new ArrayList<Appended>();
    long start = 0;
    for (int step = 0; step < 400; step++) {
      switch (random.nextInt(20)) {
        case 0 -> {
          pending.forEach(one -> one.durable().join());
          pending.clear();
          start = Math.max(start, random.nextLong(model.size() + 1L));
          log.deleteBefore(start).join();
        }
        case 1 -> {
          reopen();
          pending.clear();
          assertThat(log.highWatermark()).as("%s", seed).isEqualTo(model.size());
        }
        case 2, 3, 4 -> {
          pending.forEach(one -> one.durable().join());
          pending.clear();
          assertThat(readAll(log))
              .as("%s", seed)
              .isEqualTo(model.subList((int) start, model.size()));
        }
        default -> {
          String[] values = new String[1 + random.nextInt(5)];
          for (int i = 0; i < values.length; i++) {
            values[i] = "s" + step + "-" + i;
          }
          Appended appended = append(log, values);
          assertThat(appended.firstOffset()).as("%s", seed).isEqualTo(model.size());
          pending.add(appended);
          model.addAll(List.of(values));
        }
      }
      assertThat(log.endOffset()).as("%s", seed).isEqualTo(model.size());
      assertThat(log.startOffset()).as("%s", seed).isEqualTo(start);
    }
  }

  private TimestampedOffset at(long timestamp) {
    return log.offsetForTimestamp(timestamp, IsolationLevel.READ_UNCOMMITTED).orElseThrow();
  }
}
