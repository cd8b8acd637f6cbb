package io.headwater.hub.kafka.log;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.utils.Utils;
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
 * A partition in files: Kafka's {@code UnifiedLog}, whose high watermark is raised by {@link
 * #complete}: by the commit thread after it has forced the data to disk, or, where the flush mode
 * does not wait for that, right after the append.
 *
 * <p>Appends come from any thread and are put in order here, so that the waiting futures stand in
 * offset order.
 */
final class FilePartitionLog implements PartitionLog {
  private record Waiting(long endOffset, CompletableFuture<Void> durable) {}

  private final UnifiedLog log;
  private final Uuid topicId;
  private final LogFailures failures;
  private final FileLogEngine engine;
  private final HighWatermarks highWatermarks = new HighWatermarks();

  /** Guards the order of appends and {@code waiting}. */
  private final Object appendLock = new Object();

  private final Deque<Waiting> waiting = new ArrayDeque<>();

  /** Why nothing can be done with this log any more. Set once, under the append lock. */
  private volatile @Nullable ApiException ended;

  /** Why appends are refused while what was appended is still made durable. */
  private volatile @Nullable ApiException refusing;

  /** Base of the newest segment whose directory entry is durable. Commit thread only. */
  private long forcedBase;

  /** What is durable for sure. Written by the commit thread. */
  private volatile long forcedEnd;

  /** The log must be durable up to its end, and its high watermark be there. */
  FilePartitionLog(UnifiedLog log, Uuid topicId, LogFailures failures, FileLogEngine engine) {
    this.log = log;
    this.topicId = topicId;
    this.failures = failures;
    this.engine = engine;
    this.forcedBase = log.activeSegment().baseOffset();
    this.forcedEnd = log.logEndOffset();
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
  public Appended append(
      MemoryRecords records,
      int leaderEpoch,
      AppendOrigin origin,
      VerificationGuard guard,
      short transactionVersion) {
    engine.throwIfFailed();
    var durable = new CompletableFuture<Void>();
    LogAppendInfo info;
    boolean duplicate;
    long bytes = records.sizeInBytes();
    throwIfEnded();
    engine.admit(origin, bytes);
    try {
      synchronized (appendLock) {
        throwIf(refusing);
        throwIfEnded();
        long endBefore = log.logEndOffset();
        info =
            log.appendAsLeader(
                records, leaderEpoch, origin, RequestLocal.noCaching(), guard, transactionVersion);
        duplicate = info.lastOffset() < endBefore;
        if (info.lastOffset() < log.highWatermark()) {
          durable.complete(null); // a duplicate of something durable
        } else {
          waiting.add(new Waiting(info.lastOffset() + 1, durable));
        }
      }
    } catch (KafkaStorageException e) {
      if (ended == null && refusing == null) {
        engine.fail(this, e); // its tail is unknown
      }
      throw e;
    } catch (KafkaException e) {
      throw e.getCause() instanceof IOException cause && !(e instanceof ApiException)
          ? failed("append to", cause)
          : e;
    } catch (InternalError e) { // a mapped index has found no room on the disk
      engine.fail(this, e);
      throw new KafkaStorageException("Cannot append to " + topicPartition() + ": " + e, e);
    }
    if (!duplicate) {
      engine.appended(this, info.lastOffset() - info.firstOffset() + 1, bytes);
    }
    return new Appended(
        info.firstOffset(),
        info.lastOffset(),
        info.logAppendTime(),
        info.logStartOffset(),
        duplicate,
        durable);
  }

  /** What a commit that begins now has to make durable. Commit thread only, as all of a commit. */
  long commitEnd() {
    return log.logEndOffset();
  }

  /**
   * Makes this log durable up to {@code end}.
   *
   * <p>The data of the segments is enough: indexes and producer state are rebuilt from it after an
   * unclean end. A segment that is new since the last time needs its directory entry too.
   */
  void force(Disk disk, long end) throws IOException {
    long from = forcedEnd;
    if (ended != null || end <= from) {
      return;
    }
    try {
      force(disk, from, end);
      forced(end);
    } catch (IOException | RuntimeException e) {
      if (ended == null) { // a log that is being deleted has nothing to promise
        throw e;
      }
    }
  }

  /** Notes that this log is durable up to {@code end}. */
  void forced(long end) {
    forcedEnd = Math.max(forcedEnd, end);
  }

  /** Makes what lies below {@code end} readable, and tells everybody who waits for it. */
  void complete(long end) throws IOException {
    if (ended != null) {
      return;
    }
    if (failures.hasOfflineLogDir(log.parentDir())) {
      throw new IOException("an I/O error was met before"); // no promise may follow one
    }
    long highWatermark = log.highWatermark();
    if (end > highWatermark) {
      highWatermark = log.updateHighWatermark(end);
    }
    highWatermarks.announce(highWatermark);
    var done = new ArrayList<Waiting>();
    synchronized (appendLock) {
      while (!waiting.isEmpty() && waiting.getFirst().endOffset() <= highWatermark) {
        done.add(waiting.removeFirst());
      }
    }
    done.forEach(append -> append.durable().complete(null));
  }

  private void force(Disk disk, long from, long to) throws IOException {
    boolean newSegment = false;
    for (LogSegment segment : log.logSegments(from, to)) {
      try {
        disk.force(segment.log().channel());
      } catch (ClosedChannelException e) {
        // The cleaner has put a cleaned segment, which it forced, in the place of this one.
        if (log.logSegments().contains(segment)) {
          throw e;
        }
      }
      if (segment.baseOffset() > forcedBase) {
        forcedBase = segment.baseOffset();
        newSegment = true;
      }
    }
    if (newSegment) {
      Utils.flushDirIfExists(log.dir().toPath());
    }
  }

  /** Nothing can be done with this log from now on; whoever waits is told why. */
  void end(ApiException cause) {
    List<Waiting> failed;
    synchronized (appendLock) {
      if (ended != null) {
        return;
      }
      ended = cause;
      failed = List.copyOf(waiting);
      waiting.clear();
    }
    failed.forEach(append -> append.durable().completeExceptionally(cause));
    highWatermarks.end();
  }

  /** Lets what was appended become durable, but takes nothing more. */
  void refuseAppends(ApiException cause) {
    synchronized (appendLock) {
      refusing = cause;
    }
  }

  private void throwIfEnded() {
    throwIf(ended);
  }

  private static void throwIf(@Nullable ApiException cause) {
    if (cause instanceof UnknownTopicOrPartitionException) {
      throw new UnknownTopicOrPartitionException(cause.getMessage());
    }
    if (cause != null) {
      throw new KafkaStorageException(cause.getMessage(), cause);
    }
  }

  @Override
  public LogRead read(long offset, int maxBytes, boolean minOneMessage, IsolationLevel isolation) {
    throwIfEnded();
    try {
      // In this order: what is returned as readable is never above what was read.
      long highWatermark = log.highWatermark();
      long lastStable = log.lastStableOffset();
      FetchDataInfo info = log.read(offset, maxBytes, isolationOf(isolation), minOneMessage);
      return new LogRead(
          info.firstEntryIncomplete ? MemoryRecords.EMPTY : info.records,
          info.abortedTransactions.orElse(List.of()),
          log.logStartOffset(),
          highWatermark,
          Math.min(lastStable, highWatermark));
    } catch (IOException e) {
      throw failed("read", e);
    } catch (KafkaException e) { // Kafka's iterators wrap the errors of files
      throw e.getCause() instanceof IOException cause && !(e instanceof ApiException)
          ? failed("read", cause)
          : e;
    }
  }

  @Override
  public Optional<TimestampedOffset> offsetForTimestamp(long timestamp, IsolationLevel isolation) {
    throwIfEnded();
    long bound =
        isolation == IsolationLevel.READ_COMMITTED ? lastStableOffset() : log.highWatermark();
    if (timestamp == ListOffsetsRequest.LATEST_TIMESTAMP) {
      return Optional.of(new TimestampedOffset(bound, -1, log.latestEpoch().orElse(-1)));
    }
    if (timestamp == ListOffsetsRequest.LATEST_TIERED_TIMESTAMP
        || timestamp == ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP) {
      return Optional.empty();
    }
    Optional<FileRecords.TimestampAndOffset> found =
        log.fetchOffsetByTimestamp(timestamp, Optional.empty()).timestampAndOffsetOpt();
    boolean ofRecord = timestamp >= 0 || timestamp == ListOffsetsRequest.MAX_TIMESTAMP;
    return found
        .filter(at -> !ofRecord || at.offset < bound)
        .map(at -> new TimestampedOffset(at.offset, at.timestamp, at.leaderEpoch.orElse(-1)));
  }

  @Override
  public Optional<EpochEnd> endOffsetForEpoch(int leaderEpoch) {
    return log.endOffsetForEpoch(leaderEpoch).map(end -> new EpochEnd(end.epoch(), end.offset()));
  }

  @Override
  public List<ProducerState> activeProducers() {
    return log.activeProducers();
  }

  @Override
  public VerificationGuard maybeStartTransactionVerification(
      long producerId, int sequence, short producerEpoch, boolean supportsEpochBump) {
    throwIfEnded();
    return log.maybeStartTransactionVerification(
        producerId, sequence, producerEpoch, supportsEpochBump);
  }

  @Override
  public boolean hasOngoingTransaction(long producerId, short producerEpoch) {
    return log.hasOngoingTransaction(producerId, producerEpoch);
  }

  @Override
  public long startOffset() {
    return log.logStartOffset();
  }

  @Override
  public long endOffset() {
    return log.logEndOffset();
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
  public long size() {
    return log.size();
  }

  @Override
  public int segments() {
    return log.numberOfSegments();
  }

  @Override
  public CompletableFuture<Long> deleteBefore(long offset) {
    throwIfEnded();
    if (log.config().compact && !log.config().delete) {
      throw new PolicyViolationException(
          "Records of %s cannot be deleted: cleanup.policy does not contain 'delete'."
              .formatted(topicPartition()));
    }
    long highWatermark = log.highWatermark();
    long start = offset == DeleteRecordsRequest.HIGH_WATERMARK ? highWatermark : offset;
    if (start < 0 || start > highWatermark) {
      throw new OffsetOutOfRangeException(
          "Records of %s cannot be deleted before offset %d: the high watermark is %d."
              .formatted(topicPartition(), offset, highWatermark));
    }
    log.maybeIncrementLogStartOffset(start, LogStartOffsetIncrementReason.ClientRecordDeletion);
    return engine.checkpointStartOffsets().thenApply(_ -> log.logStartOffset());
  }

  @Override
  public LogConfig config() {
    return log.config();
  }

  @Override
  public void updateConfig(LogConfig config) {
    log.updateConfig(config);
  }

  @Override
  public Registration onHighWatermark(HighWatermarkListener listener) {
    return highWatermarks.add(listener, log.highWatermark());
  }

  private KafkaStorageException failed(String what, IOException cause) {
    var failure =
        new KafkaStorageException(
            "Cannot %s the log of %s: %s".formatted(what, topicPartition(), cause), cause);
    engine.fail(this, failure);
    return failure;
  }

  private static FetchIsolation isolationOf(IsolationLevel isolation) {
    return switch (isolation) {
      case READ_COMMITTED -> FetchIsolation.TXN_COMMITTED;
      case READ_UNCOMMITTED -> FetchIsolation.HIGH_WATERMARK;
    };
  }
}
