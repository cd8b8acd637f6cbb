package io.headwater.hub.kafka.log;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Records;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/**
 * One partition's records, in offset order.
 *
 * <p>Thread-safe. Promises:
 *
 * <ul>
 *   <li>{@link #append} never waits for storage: it returns the assigned offsets at once, and a
 *       future that completes when they are durable. Futures complete in offset order.
 *   <li>The high watermark is the end of what is durable. It never goes back, and {@link #read}
 *       does not see beyond it. Listeners hear of it in order.
 *   <li>A failed append to storage is final: every pending and later future fails.
 *   <li>The buffers given to {@code append} may be reused when it has returned: engines that need
 *       them longer copy or retain.
 * </ul>
 */
public interface PartitionLog {
  /**
   * What an append was given.
   *
   * @param firstOffset of the first record; of the original one if the batch was a duplicate
   * @param lastOffset inclusive
   * @param logAppendTimeMs -1 unless the topic stamps records with the time of the append
   * @param logStartOffset at the time of the append
   * @param durable completes when all records up to {@code lastOffset} are on disk
   */
  record Appended(
      long firstOffset,
      long lastOffset,
      long logAppendTimeMs,
      long logStartOffset,
      CompletableFuture<Void> durable) {}

  /**
   * What a read found.
   *
   * @param records may refer to files that stay readable for {@code file.delete.delay.ms}
   * @param aborted transactions to skip; present with {@code read_committed} only
   */
  record Fetched(
      Records records,
      Optional<List<FetchResponseData.AbortedTransaction>> aborted,
      long highWatermark,
      long lastStableOffset,
      long startOffset) {}

  /**
   * An offset found by time.
   *
   * @param timestampMs of the record, or -1 where the question was not about a record
   */
  record TimedOffset(long offset, long timestampMs, OptionalInt leaderEpoch) {}

  /** Hears of each rise of the high watermark, in order, never under the log's locks. */
  @FunctionalInterface
  interface HighWatermarkListener {
    void onHighWatermark(TopicPartition partition, long highWatermark);
  }

  TopicPartition topicPartition();

  Uuid topicId();

  LogConfig config();

  /**
   * Validates the batches, assigns offsets and hands them to storage.
   *
   * @param transactionVersion of markers; {@code TransactionVersion.TV_UNKNOWN} otherwise
   * @throws org.apache.kafka.common.errors.ApiException if a batch is refused: nothing is appended
   */
  Appended append(
      MemoryRecords batches,
      int leaderEpoch,
      AppendOrigin origin,
      VerificationGuard guard,
      short transactionVersion);

  /**
   * Reads from an offset up to the high watermark, or the last stable offset.
   *
   * @param atLeastOne gives the first batch even if it is larger than {@code maxBytes}
   * @throws org.apache.kafka.common.errors.OffsetOutOfRangeException below the start or above the
   *     high watermark
   */
  Fetched read(long offset, int maxBytes, boolean atLeastOne, IsolationLevel isolation);

  /** Registers a listener and tells it the present high watermark once. */
  void addListener(HighWatermarkListener listener);

  void removeListener(HighWatermarkListener listener);

  long startOffset();

  /** The end of what is durable, exclusive. */
  long highWatermark();

  /** The high watermark, or the first offset of the oldest open transaction if that is lower. */
  long lastStableOffset();

  /** The end of what was appended, exclusive; may be above the high watermark. */
  long endOffset();

  int leaderEpoch();

  long sizeInBytes();

  /**
   * The first offset whose record is not older than the time; the special negative times of the
   * protocol ({@code ListOffsetsRequest}) are understood.
   */
  Optional<TimedOffset> offsetForTime(long timestampMs, IsolationLevel isolation);

  /** The epoch at most as high as the one asked for, and the offset where it ended. */
  Optional<TimedOffset> endOffsetForEpoch(int leaderEpoch);

  List<DescribeProducersResponseData.ProducerState> activeProducers();

  /** Whether the producer has a transaction open here. */
  boolean hasOngoingTransaction(long producerId, short producerEpoch);

  /**
   * Begins the check of a transaction's first append here; {@code SENTINEL} if none is needed.
   *
   * @param supportsEpochBump whether the client follows transaction version 2
   */
  VerificationGuard startVerification(
      long producerId, int sequence, short producerEpoch, boolean supportsEpochBump);

  /**
   * Deletes all records before the offset, which is at most the high watermark.
   *
   * @return the new start offset
   */
  long deleteBefore(long offset);

  void updateConfig(LogConfig config);
}
