package io.headwater.hub.kafka.log;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.server.common.OffsetAndEpoch;
import org.apache.kafka.server.common.RequestLocal;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.FetchDataInfo;
import org.apache.kafka.storage.internals.log.LogAppendInfo;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogSegment;
import org.apache.kafka.storage.internals.log.LogStartOffsetIncrementReason;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.jspecify.annotations.Nullable;

/**
 * A partition in files: Kafka's {@code UnifiedLog}, whose high watermark is raised by the group
 * committer after it has forced the data to disk.
 *
 * <p>Appends come from any thread and are serialised here, so that the waiting futures stand in
 * offset order; {@link #force} and {@link #complete} are called by the committer's thread alone.
 */
final class FilePartitionLog implements PartitionLog {
  private record Waiting(long endOffset, CompletableFuture<Void> durable) {}

  private final UnifiedLog log;
  private final Uuid topicId;
  private final Consumer<FilePartitionLog> markDirty;
  private final List<HighWatermarkListener> listeners = new CopyOnWriteArrayList<>();

  /** Guards the order of appends, {@code waiting} and {@code failure}. */
  private final Object lock = new Object();

  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private @Nullable KafkaStorageException failure;

  /** Guards the order of announcements: registration against the committer. */
  private final Object announcing = new Object();

  /** Base of the segment that held the log's end at the last force. Committer's thread only. */
  private long forcedSegment;

  private volatile boolean closed;

  FilePartitionLog(UnifiedLog log, Uuid topicId, Consumer<FilePartitionLog> markDirty) {
    this.log = log;
    this.topicId = topicId;
    this.markDirty = markDirty;
    this.forcedSegment = log.activeSegment().baseOffset();
  }

  UnifiedLog unifiedLog() {
    return log;
  }

  @Override
  public TopicPartition topicPartition() {
    return log.topicPartition();
  }

  @Override
  public Uuid topicId() {
    return topicId;
  }

  @Override
  public LogConfig config() {
    return log.config();
  }

  @Override
  public Appended append(
      MemoryRecords batches,
      int leaderEpoch,
      AppendOrigin origin,
      VerificationGuard guard,
      short transactionVersion) {
    var durable = new CompletableFuture<Void>();
    LogAppendInfo info;
    synchronized (lock) {
      if (failure != null) {
        throw failure;
      }
      info =
          log.appendAsLeader(
              batches, leaderEpoch, origin, RequestLocal.noCaching(), guard, transactionVersion);
      waiting.add(new Waiting(info.lastOffset() + 1, durable));
    }
    markDirty.accept(this);
    return new Appended(
        info.firstOffset(),
        info.lastOffset(),
        info.logAppendTime(),
        info.logStartOffset(),
        durable);
  }

  /**
   * Forces to disk what was appended before the call.
   *
   * <p>Data of the active segment is enough: indexes and producer state are rebuilt from it after
   * an unclean stop. When a segment was rolled since the last force, the log forces all of it and
   * the folder.
   *
   * @return the end offset that is now durable
   */
  long force() throws IOException {
    long end = log.logEndOffset();
    LogSegment active = log.activeSegment();
    if (active.baseOffset() == forcedSegment) {
      active.log().flush();
    } else {
      log.flush(true);
      forcedSegment = active.baseOffset();
    }
    return end;
  }

  /** Raises the high watermark, then answers who waited for it. */
  void complete(long end) throws IOException {
    long highWatermark;
    synchronized (announcing) {
      highWatermark = log.updateHighWatermark(Math.max(end, log.highWatermark()));
      for (HighWatermarkListener listener : listeners) {
        listener.onHighWatermark(topicPartition(), highWatermark);
      }
    }
    var done = new ArrayList<CompletableFuture<Void>>();
    synchronized (lock) {
      while (!waiting.isEmpty() && waiting.getFirst().endOffset() <= highWatermark) {
        done.add(waiting.removeFirst().durable());
      }
    }
    done.forEach(durable -> durable.complete(null));
  }

  /** Storage has failed: nothing that waits, and nothing later, becomes durable. */
  void fail(KafkaStorageException cause) {
    List<Waiting> failed;
    synchronized (lock) {
      failure = cause;
      failed = List.copyOf(waiting);
      waiting.clear();
    }
    failed.forEach(waiter -> waiter.durable().completeExceptionally(cause));
  }

  @Override
  public Fetched read(long offset, int maxBytes, boolean atLeastOne, IsolationLevel isolation) {
    long highWatermark = log.highWatermark();
    if (offset > highWatermark || offset < log.logStartOffset()) {
      throw new OffsetOutOfRangeException(
          "offset "
              + offset
              + " of "
              + topicPartition()
              + " is outside "
              + log.logStartOffset()
              + " to "
              + highWatermark);
    }
    try {
      FetchDataInfo info = log.read(offset, maxBytes, isolationOf(isolation), atLeastOne);
      return new Fetched(
          info.records,
          info.abortedTransactions,
          highWatermark,
          log.lastStableOffset(),
          log.logStartOffset());
    } catch (IOException e) {
      throw new KafkaStorageException("reading " + topicPartition() + " failed", e);
    }
  }

  @Override
  public void addListener(HighWatermarkListener listener) {
    synchronized (announcing) {
      listeners.add(listener);
      listener.onHighWatermark(topicPartition(), log.highWatermark());
    }
  }

  @Override
  public void removeListener(HighWatermarkListener listener) {
    listeners.remove(listener);
  }

  @Override
  public long startOffset() {
    return log.logStartOffset();
  }

  @Override
  public long highWatermark() {
    return log.highWatermark();
  }

  @Override
  public long lastStableOffset() {
    return log.lastStableOffset();
  }

  @Override
  public long endOffset() {
    return log.logEndOffset();
  }

  @Override
  public int leaderEpoch() {
    return log.latestEpoch().orElse(0);
  }

  @Override
  public long sizeInBytes() {
    return log.size();
  }

  @Override
  public Optional<TimedOffset> offsetForTime(long timestampMs, IsolationLevel isolation) {
    if (timestampMs == ListOffsetsRequest.LATEST_TIMESTAMP) {
      long latest =
          isolation == IsolationLevel.READ_COMMITTED ? lastStableOffset() : highWatermark();
      return Optional.of(new TimedOffset(latest, -1, OptionalInt.of(leaderEpoch())));
    }
    return log.fetchOffsetByTimestamp(timestampMs, Optional.empty())
        .timestampAndOffsetOpt()
        .filter(found -> timestampMs < 0 || found.offset < log.highWatermark())
        .map(FilePartitionLog::timed);
  }

  private static TimedOffset timed(FileRecords.TimestampAndOffset found) {
    return new TimedOffset(
        found.offset,
        found.timestamp,
        found.leaderEpoch.map(OptionalInt::of).orElse(OptionalInt.empty()));
  }

  @Override
  public Optional<TimedOffset> endOffsetForEpoch(int leaderEpoch) {
    Optional<OffsetAndEpoch> end = log.endOffsetForEpoch(leaderEpoch);
    return end.map(found -> new TimedOffset(found.offset(), -1, OptionalInt.of(found.epoch())));
  }

  @Override
  public List<DescribeProducersResponseData.ProducerState> activeProducers() {
    return log.activeProducers();
  }

  @Override
  public boolean hasOngoingTransaction(long producerId, short producerEpoch) {
    return log.hasOngoingTransaction(producerId, producerEpoch);
  }

  @Override
  public VerificationGuard startVerification(
      long producerId, int sequence, short producerEpoch, boolean supportsEpochBump) {
    return log.maybeStartTransactionVerification(
        producerId, sequence, producerEpoch, supportsEpochBump);
  }

  @Override
  public long deleteBefore(long offset) {
    if (offset > log.highWatermark() || offset < 0) {
      throw new OffsetOutOfRangeException(
          "cannot delete records of "
              + topicPartition()
              + " before offset "
              + offset
              + ": the high watermark is "
              + log.highWatermark());
    }
    log.maybeIncrementLogStartOffset(offset, LogStartOffsetIncrementReason.ClientRecordDeletion);
    return log.logStartOffset();
  }

  @Override
  public void updateConfig(LogConfig config) {
    log.updateConfig(config);
  }

  boolean isClosed() {
    return closed;
  }

  void markClosed() {
    closed = true;
  }

  private static FetchIsolation isolationOf(IsolationLevel isolation) {
    return switch (isolation) {
      case READ_COMMITTED -> FetchIsolation.TXN_COMMITTED;
      case READ_UNCOMMITTED -> FetchIsolation.HIGH_WATERMARK;
    };
  }
}
