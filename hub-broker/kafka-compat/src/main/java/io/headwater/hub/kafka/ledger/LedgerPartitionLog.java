package io.headwater.hub.kafka.ledger;

import io.headwater.hub.kafka.log.Appended;
import io.headwater.hub.kafka.log.EpochEnd;
import io.headwater.hub.kafka.log.HighWatermarks;
import io.headwater.hub.kafka.log.LogRead;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.log.TimestampedOffset;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.BatchMetadata;
import org.apache.kafka.storage.internals.log.LastRecord;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.OffsetMap;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.jspecify.annotations.Nullable;

/**
 * A partition in ledgers, while this broker owns it. An append becomes an entry of the open ledger
 * under the lock and is readable once enough stores have it.
 *
 * <p>One failed append ends the tenure: what was appended behind it is refused too, and nobody is
 * told that it is durable.
 */
final class LedgerPartitionLog implements PartitionLog {
  private record Waiting(long endOffset, CompletableFuture<Void> durable) {}

  /** An entry that has been sent, and what tells that it is stored. */
  private record Sent(Underway.Entry entry, int bytes, CompletableFuture<Void> stored) {}

  private final TopicPartition partition;
  private final Uuid topicId;
  private final LedgerLogEngine engine;
  private final Time time;
  private final BatchCheck check;
  private final Ownership ownership;
  private final int leaderEpoch;
  private final HighWatermarks highWatermarks = new HighWatermarks();
  private final TailCache.OfLog cache;

  /** By base offset; the last one is open. Changed under the lock. */
  private final ConcurrentSkipListMap<Long, StoredLedger> ledgers = new ConcurrentSkipListMap<>();

  private final ReadAhead ahead;
  private final LedgerReads reads;
  private final LogCompactor compactor;
  private final NextLedger next;

  /** Twice as many as compactions have replaced ledgers; odd while one does. */
  private final AtomicLong replacements = new AtomicLong();

  /** Guards the order of appends and what is marked so. */
  private final Object lock = new Object();

  // Guarded by the lock.
  private final Producers producers;
  private final EpochStarts epochs;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private final Underway underway = new Underway();
  private OpenLedger open;

  /** When the oldest entry under way was stored last, or one began to wait with none before it. */
  private long progressMs;

  // Written under the lock.
  private volatile LogConfig config;
  private volatile long startOffset;
  private volatile long endOffset;
  private volatile long highWatermark;

  /** Where the oldest undecided transaction begins; {@code Long.MAX_VALUE} without one. */
  private volatile long firstUnstable = Long.MAX_VALUE;

  /** Why nothing can be done with this log any more. */
  private volatile @Nullable ApiException ended;

  /** Why appends are refused while what was appended is still made durable. */
  private volatile @Nullable ApiException refusing;

  LedgerPartitionLog(
      TopicPartition partition,
      Uuid topicId,
      LogConfig config,
      Takeover.Taken taken,
      LedgerLogEngine engine) {
    this.partition = partition;
    this.topicId = topicId;
    this.config = config;
    this.engine = engine;
    this.time = engine.time();
    this.check = new BatchCheck(partition, time);
    this.ownership = taken.ownership();
    this.leaderEpoch = ownership.state().leaderEpoch();
    this.cache = engine.cache().ofLog();
    this.producers = taken.producers();
    this.epochs = taken.epochs();
    this.open = taken.open();
    taken.sealed().forEach(ledger -> ledgers.put(ledger.baseOffset(), ledger));
    ledgers.put(open.baseOffset(), open);
    this.ahead = new ReadAhead(engine.readAhead(), time);
    this.reads = new LedgerReads(ledgers, ahead, engine.settings().patience());
    this.compactor = new LogCompactor(this, ownership, engine);
    this.next = new NextLedger(this, ownership, engine);
    this.startOffset = taken.ownership().state().startOffset();
    this.endOffset = open.baseOffset();
    this.highWatermark = endOffset;
    producers.onHighWatermark(endOffset);
    noteUnstable();
  }

  /** Puts what a new owner needs in front; nothing can be read before. */
  void begin() {
    List<Sent> sent = new ArrayList<>();
    synchronized (lock) {
      checkpoint(sent);
    }
    follow(sent);
  }

  @Override
  public TopicPartition topicPartition() {
    return partition;
  }

  @Override
  public OptionalInt leaderEpoch() {
    return OptionalInt.of(leaderEpoch);
  }

  int epoch() {
    return leaderEpoch;
  }

  @Override
  public Uuid topicId() {
    return topicId;
  }

  @Override
  public Appended append(
      MemoryRecords records,
      int epoch,
      AppendOrigin origin,
      VerificationGuard guard,
      short transactionVersion) {
    throwIfEnded();
    if (epoch < leaderEpoch) {
      throw new NotLeaderOrFollowerException(
          "%s is led under leader epoch %d, not under %d any more"
              .formatted(partition, leaderEpoch, epoch));
    }
    engine.admit(origin);
    LogConfig rules = config;
    MemoryRecords whole = check.whole(records, origin, rules);
    var durable = new CompletableFuture<Void>();
    var sent = new ArrayList<Sent>();
    try {
      synchronized (lock) {
        throwIf(refusing);
        throwIfEnded();
        long first = endOffset;
        BatchCheck.Stamped stamped = check.stamp(whole, first, epoch, origin, rules);
        Producers.Verdict verdict =
            producers.check(stamped.records(), origin, guard, transactionVersion);
        if (verdict.duplicate().isPresent()) {
          return duplicate(verdict.duplicate().get());
        }
        rollIfDue(sent);
        write(stamped.records(), sent);
        producers.accept(verdict, endOffset).forEach(open.index()::addAborted);
        noteUnstable();
        if (waiting.isEmpty()) {
          progressMs = time.hiResClockMs();
        }
        waiting.add(new Waiting(endOffset, durable));
        var appended =
            new Appended(
                first, endOffset - 1, stamped.logAppendTimeMs(), startOffset, false, durable);
        engine.appended(appended.lastOffset() - appended.firstOffset() + 1, whole.sizeInBytes());
        return appended;
      }
    } finally {
      follow(sent); // what was sent before a failure, too: the log waits for it
    }
  }

  private Appended duplicate(BatchMetadata original) {
    var durable = new CompletableFuture<Void>();
    if (original.lastOffset() < highWatermark) {
      durable.complete(null);
    } else {
      waiting.addLast(new Waiting(original.lastOffset() + 1, durable));
    }
    return new Appended(
        original.firstOffset(),
        original.lastOffset(),
        original.timestamp(),
        startOffset,
        true,
        durable);
  }

  private void write(MemoryRecords records, List<Sent> sent) {
    for (MutableRecordBatch batch : records.batches()) {
      if (open.needsCheckpoint()) {
        checkpoint(sent);
      }
      ByteBuffer entry = copyOf(batch);
      RecordBatch stored = LedgerScan.batchOf(entry);
      CompletableFuture<Void> storing = open.append(entry.asReadOnlyBuffer(), stored);
      sent.add(new Sent(underway.add(open.id(), stored.nextOffset()), entry.remaining(), storing));
      engine.sent(entry.remaining());
      cache.put(stored.baseOffset(), stored.nextOffset(), entry);
      epochs.assign(stored.partitionLeaderEpoch(), stored.baseOffset());
      endOffset = stored.nextOffset();
    }
  }

  /** The caller gets its buffer back, while an entry is sent and cached for longer. */
  private static ByteBuffer copyOf(MutableRecordBatch batch) {
    ByteBuffer copy = ByteBuffer.allocate(batch.sizeInBytes());
    batch.writeTo(copy);
    return copy.flip();
  }

  private void finish(OpenLedger ledger, List<Sent> sent) {
    CompletableFuture<Void> storing =
        ledger.appendLast(endOffset, Math.min(firstUnstable, endOffset), full(ledger));
    sent.add(new Sent(underway.add(ledger.id(), endOffset), 0, storing));
  }

  private Checkpoint.Full full(OpenLedger ledger) {
    return new Checkpoint.Full(ledger.index(), epochs.asMap(), producers.snapshot());
  }

  private void checkpoint(List<Sent> sent) {
    OpenLedger ledger = open;
    CompletableFuture<Void> storing = ledger.appendCheckpoint(endOffset, () -> full(ledger));
    sent.add(new Sent(underway.add(ledger.id(), endOffset), 0, storing));
  }

  /** Without the lock: what completes at once runs here. */
  private void follow(List<Sent> sent) {
    for (Sent one : sent) {
      var _ =
          one.stored()
              .whenComplete((_, failure) -> {
                engine.arrived(one.bytes());
                if (failure == null) {
                  stored(one.entry());
                } else {
                  fail("append to", failure);
                }
              });
    }
  }

  private void stored(Underway.Entry entry) {
    long now;
    var done = new ArrayList<Waiting>();
    synchronized (lock) {
      if (ended != null) {
        return;
      }
      OptionalLong durable = underway.stored(entry);
      if (durable.isEmpty()) {
        return;
      }
      progressMs = time.hiResClockMs();
      now = durable.getAsLong();
      if (now <= highWatermark) {
        return;
      }
      highWatermark = now;
      producers.onHighWatermark(now);
      noteUnstable();
      while (!waiting.isEmpty() && waiting.getFirst().endOffset() <= now) {
        done.add(waiting.removeFirst());
      }
    }
    highWatermarks.announce(now);
    done.forEach(append -> append.durable().complete(null));
  }

  private void noteUnstable() {
    firstUnstable = producers.firstUnstable().orElse(Long.MAX_VALUE);
  }

  private void rollIfDue(List<Sent> sent) {
    if (open.index().isEmpty()) {
      return;
    }
    boolean isOld = time.milliseconds() - open.openedMs() >= config.maxSegmentMs();
    next.take(
            isOld || open.bytes() >= config.segmentSize(), open.bytes() >= config.segmentSize() / 2)
        .ifPresent(writer -> roll(writer, sent));
  }

  private void roll(Ledgers.Writer writer, List<Sent> sent) {
    OpenLedger full = open;
    finish(full, sent);
    OpenLedger begun = new OpenLedger(writer, endOffset, time.milliseconds());
    open = begun;
    ledgers.put(endOffset, begun);
    next.rolled(full, begun);
  }

  /**
   * Gives the log up if what was appended waits and nothing was stored for this long. Who reaches
   * none of the others is not always told: a ledger with fewer copies than there are stores tries
   * one of them after the other, for ever.
   */
  void failIfStalled(Duration patience) {
    long ledger;
    synchronized (lock) {
      if (ended != null
          || waiting.isEmpty()
          || time.hiResClockMs() - progressMs < patience.toMillis()) {
        return;
      }
      ledger = underway.oldestLedger().orElse(open.id());
    }
    fail(
        "append to",
        new LedgerException(
            LedgerException.Reason.UNAVAILABLE,
            "nothing was stored in ledger %d for %d s".formatted(ledger, patience.toSeconds()),
            null));
  }

  /** If the open ledger has too few copies, goes on in one that has enough, once that can be. */
  void heal() {
    boolean isShort;
    synchronized (lock) {
      isShort = open.writer().isShort();
    }
    if (isShort && ended == null) {
      next.heal();
    }
  }

  boolean isEnded() {
    return ended != null;
  }

  void giveUpIfFenced(RuntimeException failure) {
    if (failure instanceof LedgerException ledger
        && ledger.reason() == LedgerException.Reason.FENCED) {
      fail("own", failure);
    }
  }

  /** Deletes what is older or more than the topic keeps. */
  void applyRetention() {
    LogConfig rules = config;
    if (ended != null || !rules.delete) {
      return;
    }
    long now = time.milliseconds();
    long total = size();
    long start = startOffset;
    List<StoredLedger> all = List.copyOf(ledgers.values());
    for (int i = 0; i + 1 < all.size(); i++) {
      StoredLedger oldest = all.get(i);
      long following = all.get(i + 1).baseOffset();
      boolean tooOld = rules.retentionMs >= 0 && now - oldest.maxTimestamp() > rules.retentionMs;
      boolean tooMany = rules.retentionSize >= 0 && total - oldest.bytes() >= rules.retentionSize;
      if (!(tooOld || tooMany || following <= start) || following > highWatermark) {
        break;
      }
      total -= oldest.bytes();
      start = Math.max(start, following);
    }
    if (start > startOffset) {
      try {
        startAt(start);
      } catch (RuntimeException e) {
        giveUpIfFenced(e);
        engine.couldNotRoll(partition, e);
      }
    }
  }

  /** As {@link LogCompactor#compactIfDue}. */
  boolean compactIfDue(OffsetMap keys) {
    return ended == null && config.compact && compactor.compactIfDue(keys);
  }

  /** The ledgers as they are now, in order; the last one is open. */
  List<StoredLedger> ledgers() {
    return List.copyOf(ledgers.values());
  }

  Map<Long, LastRecord> lastRecords() {
    synchronized (lock) {
      return producers.lastRecords();
    }
  }

  /** Puts ledgers in the place of others, which end at an offset, as the newest state does. */
  void swap(List<StoredLedger> old, List<StoredLedger> fresh, long end) {
    synchronized (lock) {
      replacements.incrementAndGet();
      fresh.forEach(ledger -> ledgers.put(ledger.baseOffset(), ledger));
      old.forEach(ledger -> ledgers.remove(ledger.baseOffset(), ledger));
      cache.dropBefore(end);
      replacements.incrementAndGet();
    }
  }

  void forgetUnwantedReads() {
    ahead.forgetUnwanted();
  }

  void forgetExpiredProducers() {
    synchronized (lock) {
      producers.forgetExpired();
    }
  }

  private long startAt(long offset) {
    var gone = new ArrayList<StoredLedger>();
    ownership.change(
        state -> LedgerLists.startAt(state, offset), written -> gone.addAll(startAsIn(written)));
    gone.forEach(this::delete);
    engine.retired(gone.size());
    return startOffset;
  }

  /**
   * Begins where a state says, and forgets the ledgers that it does not list any more. It must be
   * the newest state: an older one does not list what a compaction has made since.
   */
  private List<StoredLedger> startAsIn(PartitionState written) {
    var gone = new ArrayList<StoredLedger>();
    synchronized (lock) {
      startOffset = Math.max(startOffset, written.startOffset());
      producers.onStart(startOffset);
      epochs.startAt(startOffset);
      noteUnstable();
      for (StoredLedger ledger : ledgers.values()) {
        boolean isKept =
            ledger.id() == open.id()
                || written.ledgers().stream().anyMatch(part -> part.ledger() == ledger.id());
        if (!isKept) {
          gone.add(ledger);
        }
      }
      gone.forEach(ledger -> ledgers.remove(ledger.baseOffset()));
    }
    return gone;
  }

  // Reading.

  @Override
  public LogRead read(long offset, int maxBytes, boolean minOneMessage, IsolationLevel isolation) {
    throwIfEnded();
    long high = highWatermark;
    long stable = Math.min(firstUnstable, high);
    long start = startOffset;
    if (offset < start || offset > endOffset) {
      throw new OffsetOutOfRangeException(
          "Offset %d of %s is not between the start %d and the end %d of the log."
              .formatted(offset, partition, start, endOffset));
    }
    boolean committed = isolation == IsolationLevel.READ_COMMITTED;
    long bound = committed ? stable : high;
    List<ByteBuffer> batches;
    List<AbortedTransaction> aborted;
    long before;
    do {
      before = replacements.get();
      batches = offset < bound ? batches(offset, bound, maxBytes) : List.of();
      if (!batches.isEmpty() && batches.getFirst().remaining() > maxBytes && !minOneMessage) {
        batches = List.of();
      }
      aborted = aborted(offset, committed ? batches : List.of());
      // A compaction drops what was aborted, and the list of it: never the one without the other.
    } while (committed && (before % 2 == 1 || replacements.get() != before));
    return new LogRead(LedgerReads.joined(batches), aborted, start, high, stable);
  }

  private List<ByteBuffer> batches(long offset, long bound, int maxBytes) {
    List<ByteBuffer> cached = cache.from(offset, bound, maxBytes);
    if (!cached.isEmpty()) {
      return cached;
    }
    return reading(() -> reads.from(offset, bound, maxBytes));
  }

  private List<AbortedTransaction> aborted(long offset, List<ByteBuffer> batches) {
    return batches.isEmpty() ? List.of() : reading(() -> reads.aborted(offset, batches));
  }

  private interface Reading<T> {
    T read();
  }

  private <T> T reading(Reading<T> reading) {
    try {
      return reading.read();
    } catch (LedgerException e) {
      throwIfEnded();
      throw new KafkaStorageException(
          "The log of %s cannot be read: %s".formatted(partition, e.getMessage()), e);
    }
  }

  @Override
  public Optional<TimestampedOffset> offsetForTimestamp(long timestamp, IsolationLevel isolation) {
    throwIfEnded();
    long bound = isolation == IsolationLevel.READ_COMMITTED ? lastStableOffset() : highWatermark;
    if (timestamp == ListOffsetsRequest.LATEST_TIMESTAMP) {
      synchronized (lock) {
        return Optional.of(new TimestampedOffset(bound, -1, epochs.newest().orElse(-1)));
      }
    }
    if (timestamp == ListOffsetsRequest.EARLIEST_TIMESTAMP
        || timestamp == ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP) {
      long start = startOffset;
      return Optional.of(new TimestampedOffset(start, -1, epochAt(start)));
    }
    if (timestamp < 0 && timestamp != ListOffsetsRequest.MAX_TIMESTAMP) {
      return Optional.empty();
    }
    Optional<Record> found =
        timestamp == ListOffsetsRequest.MAX_TIMESTAMP
            ? reading(() -> reads.newest(startOffset))
            : reading(() -> reads.at(timestamp, startOffset));
    return found
        .filter(record -> record.offset() < bound)
        .map(record ->
            new TimestampedOffset(record.offset(), record.timestamp(), epochAt(record.offset())));
  }

  private int epochAt(long offset) {
    synchronized (lock) {
      int epoch = -1;
      for (var one : epochs.asMap().entrySet()) {
        if (one.getValue() <= offset) {
          epoch = one.getKey();
        }
      }
      return epoch;
    }
  }

  @Override
  public Optional<EpochEnd> endOffsetForEpoch(int leaderEpoch) {
    synchronized (lock) {
      return epochs.endOf(leaderEpoch, endOffset);
    }
  }

  @Override
  public List<ProducerState> activeProducers() {
    synchronized (lock) {
      return producers.states();
    }
  }

  @Override
  public VerificationGuard maybeStartTransactionVerification(
      long producerId, int sequence, short producerEpoch, boolean supportsEpochBump) {
    throwIfEnded();
    synchronized (lock) {
      return producers.startVerification(producerId, sequence, producerEpoch, supportsEpochBump);
    }
  }

  @Override
  public boolean hasOngoingTransaction(long producerId, short producerEpoch) {
    synchronized (lock) {
      return producers.hasOngoingTransaction(producerId, producerEpoch);
    }
  }

  @Override
  public long startOffset() {
    return startOffset;
  }

  @Override
  public long endOffset() {
    return endOffset;
  }

  @Override
  public long highWatermark() {
    return highWatermark;
  }

  @Override
  public long lastStableOffset() {
    return Math.min(firstUnstable, highWatermark);
  }

  @Override
  public long size() {
    return ledgers.values().stream().mapToLong(StoredLedger::bytes).sum();
  }

  @Override
  public int segments() {
    return ledgers.size();
  }

  @Override
  public CompletableFuture<Long> deleteBefore(long offset) {
    throwIfEnded();
    if (config.compact && !config.delete) {
      throw new PolicyViolationException(
          "Records of %s cannot be deleted: cleanup.policy does not contain 'delete'."
              .formatted(partition));
    }
    long high = highWatermark;
    long start = offset == DeleteRecordsRequest.HIGH_WATERMARK ? high : offset;
    if (start < 0 || start > high) {
      throw new OffsetOutOfRangeException(
          "Records of %s cannot be deleted before offset %d: the high watermark is %d."
              .formatted(partition, offset, high));
    }
    var done = new CompletableFuture<Long>();
    engine.inBackground(() -> {
      try {
        done.complete(startAt(start));
      } catch (RuntimeException e) {
        giveUpIfFenced(e);
        done.completeExceptionally(
            new KafkaStorageException(
                "The start of %s could not be moved: %s".formatted(partition, e.getMessage()), e));
      }
    });
    return done;
  }

  @Override
  public LogConfig config() {
    return config;
  }

  @Override
  public void updateConfig(LogConfig config) {
    this.config = config;
  }

  @Override
  public Registration onHighWatermark(HighWatermarkListener listener) {
    return highWatermarks.add(listener, highWatermark);
  }

  // The end.

  Ownership ownership() {
    return ownership;
  }

  /** Id of the ledger that is written to. */
  long openLedger() {
    synchronized (lock) {
      return open.id();
    }
  }

  /** Lets what was appended become durable, but takes nothing more. */
  void refuseAppends(ApiException cause) {
    synchronized (lock) {
      refusing = cause;
    }
  }

  /** Waits for what was appended, and ends the ledger: the next owner need not fence anybody. */
  void settle() {
    OpenLedger last;
    var sent = new ArrayList<Sent>();
    var acknowledged = new CompletableFuture<Void>();
    synchronized (lock) {
      last = open;
      if (ended == null && !last.index().isEmpty()) {
        finish(last, sent);
      }
      if (endOffset <= highWatermark) {
        acknowledged.complete(null);
      } else {
        waiting.addLast(new Waiting(endOffset, acknowledged));
      }
    }
    follow(sent);
    if (ended == null) {
      next.endLog(last, acknowledged);
    }
  }

  /** Nothing can be done with this log from now on; whoever waits is told why. */
  void end(ApiException cause) {
    List<Waiting> failed;
    synchronized (lock) {
      if (ended != null) {
        return;
      }
      ended = cause;
      failed = List.copyOf(waiting);
      waiting.clear();
      underway.clear();
    }
    cache.clear();
    ahead.close();
    failed.forEach(append -> append.durable().completeExceptionally(cause));
    highWatermarks.end();
  }

  /** Closes what is open in this process; the ledgers stay as they are. */
  void closeLedgers() {
    ledgers.values().forEach(LedgerPartitionLog::close);
    next.close();
  }

  /** Deletes a ledger that is in no list any more. */
  void delete(StoredLedger ledger) {
    close(ledger);
    engine.deleteLedger(ledger.id());
  }

  private static void close(StoredLedger ledger) {
    if (ledger instanceof SealedLedger sealed) {
      sealed.close(); // if it was opened at all
    } else {
      ledger.reader().close();
    }
  }

  void fail(String what, Throwable cause) {
    engine.fail(this, Waits.causeOf(cause, "trying to %s %s".formatted(what, partition)));
  }

  private void throwIfEnded() {
    throwIf(ended);
  }

  private static void throwIf(@Nullable ApiException cause) {
    switch (cause) {
      case null -> {}
      case UnknownTopicOrPartitionException _ ->
          throw new UnknownTopicOrPartitionException(cause.getMessage());
      case NotLeaderOrFollowerException _ ->
          throw new NotLeaderOrFollowerException(cause.getMessage());
      default -> throw new KafkaStorageException(cause.getMessage(), cause);
    }
  }
}
