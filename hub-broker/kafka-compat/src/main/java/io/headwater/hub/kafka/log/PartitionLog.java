package io.headwater.hub.kafka.log;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/**
 * The log of one partition while this process owns it.
 *
 * <p>Offsets: {@code start <= last stable offset <= high watermark <= end}. Every record below the
 * high watermark survives the death of the process. With {@link FlushMode#ALWAYS} it is the durable
 * offset: they survive the death of the machine too, and it never goes back, also not over a
 * restart. With the other modes it is the end of what is written, and a power cut may take it back.
 * Readers see nothing above it.
 *
 * <p>A failure to append for any other reason than the records themselves, or to make records
 * durable, is final: from then on every append is refused, every outstanding and later future of
 * {@link Appended#durable()} fails with a {@link
 * org.apache.kafka.common.errors.KafkaStorageException}, and {@link LogEngine#problem()} tells it.
 * Other logs go on; see {@link LogEngine#failed()}.
 *
 * <p>All methods may be called from any thread and none waits for the disk to become durable.
 * {@code append} and {@code read} do read and write files and so do not belong on an event loop. A
 * thread that is in one of them must never be interrupted: that would close the file under
 * everyone.
 *
 * <p>After a log was deleted or closed every method that touches records throws {@link
 * org.apache.kafka.common.errors.UnknownTopicOrPartitionException} (deleted) or {@link
 * org.apache.kafka.common.errors.KafkaStorageException} (closed or failed).
 */
public interface PartitionLog {

  TopicPartition topicPartition();

  /**
   * The leader epoch under which it was opened: appends under an older one are refused. Empty if it
   * serves under any, as no other broker can open it.
   */
  default OptionalInt leaderEpoch() {
    return OptionalInt.empty();
  }

  /** The id of the topic that this log belongs to; a topic made anew has another. */
  Uuid topicId();

  /**
   * Validates batches, assigns them offsets and appends them; returns at once.
   *
   * <p>A batch that an idempotent producer sent before (same producer id, epoch and sequence) is
   * not appended again: the result names the original's offsets, and becomes durable when the high
   * watermark has passed those.
   *
   * @param records one or more batches (exactly one if it has a producer id). Offsets, leader epoch
   *     and, on topics with append time, timestamps are written into the buffer in place, so a
   *     buffer can be appended only once and its base offset must be 0. The caller has it back when
   *     this returns.
   * @param leaderEpoch this owner's leader epoch of the partition, written into each batch
   * @param origin {@code CLIENT} for Produce, {@code COORDINATOR} for coordinators' records and
   *     transaction markers
   * @param guard what {@link #maybeStartTransactionVerification} gave for this transaction's first
   *     append to the log; {@link VerificationGuard#SENTINEL} if none was asked for
   * @param transactionVersion for markers the {@code transaction.version} feature in force (1, 2),
   *     otherwise {@code TransactionVersion.TV_UNKNOWN} (-1)
   * @throws org.apache.kafka.common.errors.CorruptRecordException CRC or size is wrong
   * @throws org.apache.kafka.common.errors.RecordTooLargeException a batch exceeds {@code
   *     max.message.bytes}
   * @throws org.apache.kafka.common.errors.RecordBatchTooLargeException all together exceed {@code
   *     segment.bytes}
   * @throws org.apache.kafka.storage.internals.log.RecordValidationException single records are
   *     refused, for example without a key on a compacted topic; lists them, the cause to answer
   *     with is {@code invalidException()}
   * @throws org.apache.kafka.common.errors.OutOfOrderSequenceException a sequence is missing before
   *     this batch
   * @throws org.apache.kafka.common.errors.InvalidProducerEpochException a newer epoch of the
   *     producer has written
   * @throws org.apache.kafka.common.errors.InvalidTxnStateException the transaction was not
   *     verified with {@code guard}
   * @throws org.apache.kafka.common.errors.NotLeaderOrFollowerException {@code leaderEpoch} is
   *     older than the one under which the log was opened, or another broker has it now
   * @throws org.apache.kafka.common.errors.KafkaStorageException the log has failed or is closed,
   *     or there is too little space (then nothing was written, and trying again helps in time)
   */
  Appended append(
      MemoryRecords records,
      int leaderEpoch,
      AppendOrigin origin,
      VerificationGuard guard,
      short transactionVersion);

  /**
   * Reads whole batches from the one that contains {@code offset} up to the high watermark ({@code
   * READ_UNCOMMITTED}) or the last stable offset ({@code READ_COMMITTED}).
   *
   * <p>The result may reference a file range instead of memory. It stays readable for {@code
   * file.delete.delay.ms} after its segment was removed.
   *
   * @param offset first offset wanted; the first batch may begin before it
   * @param maxBytes upper bound of the result's size; the last batch may be cut off
   * @param minOneMessage return the first batch even if it is larger than {@code maxBytes}
   * @throws org.apache.kafka.common.errors.OffsetOutOfRangeException {@code offset} is below the
   *     start or above the end of the log
   */
  LogRead read(long offset, int maxBytes, boolean minOneMessage, IsolationLevel isolation);

  /**
   * Resolves a ListOffsets timestamp.
   *
   * @param timestamp milliseconds since the epoch: the first record at or after it; or {@code
   *     ListOffsetsRequest.LATEST_TIMESTAMP} (-1: high watermark or last stable offset), {@code
   *     EARLIEST_TIMESTAMP} (-2), {@code MAX_TIMESTAMP} (-3: the record with the highest
   *     timestamp), {@code EARLIEST_LOCAL_TIMESTAMP} (-4: same as earliest), {@code
   *     LATEST_TIERED_TIMESTAMP} (-5: none)
   * @return empty if there is no such record below the bound that {@code isolation} sets
   */
  Optional<TimestampedOffset> offsetForTimestamp(long timestamp, IsolationLevel isolation);

  /**
   * Where a leader epoch ended (OffsetForLeaderEpoch): the largest known epoch {@code <=
   * leaderEpoch} and the offset after its last record; for the newest epoch the end of the log.
   * Empty if no record of such an epoch is known.
   */
  Optional<EpochEnd> endOffsetForEpoch(int leaderEpoch);

  /** Producers with state in this log, as DescribeProducers reports them. */
  List<ProducerState> activeProducers();

  /**
   * Asks for permission to append the first records of a transaction. {@link
   * VerificationGuard#SENTINEL} means that none is needed: the transaction is ongoing in this log.
   * Otherwise the caller verifies the partition with (or adds it to) the transaction coordinator
   * and then passes the guard to {@link #append}.
   *
   * @param sequence of the batch about to be appended; {@code RecordBatch.NO_SEQUENCE} if unknown
   * @param supportsEpochBump whether the client raises its epoch after each transaction
   *     (transaction.version 2)
   */
  VerificationGuard maybeStartTransactionVerification(
      long producerId, int sequence, short producerEpoch, boolean supportsEpochBump);

  /** Whether this log holds records of an undecided transaction of this producer id and epoch. */
  boolean hasOngoingTransaction(long producerId, short producerEpoch);

  /** First offset that can be read. */
  long startOffset();

  /** The offset that the next record will get. */
  long endOffset();

  /** First offset that is not durable yet, or not written with modes that do not wait for that. */
  long highWatermark();

  /** First offset of the oldest undecided transaction, otherwise the high watermark. */
  long lastStableOffset();

  /** Bytes of all segments. */
  long size();

  /** Files that its records lie in. */
  int segments();

  /**
   * Makes everything before {@code offset} unreadable (DeleteRecords). Completes with the new start
   * offset when that is durable.
   *
   * @param offset new start; -1 ({@code DeleteRecordsRequest.HIGH_WATERMARK}) for the high
   *     watermark; one below the start changes nothing
   * @throws org.apache.kafka.common.errors.OffsetOutOfRangeException {@code offset} is above the
   *     high watermark
   * @throws org.apache.kafka.common.errors.PolicyViolationException the topic's {@code
   *     cleanup.policy} does not contain {@code delete}
   */
  CompletableFuture<Long> deleteBefore(long offset);

  LogConfig config();

  /** Applies a changed topic configuration to later appends, rolls, retention and compaction. */
  void updateConfig(LogConfig config);

  /**
   * Announces the high watermark to {@code listener}: the current value once, before this returns,
   * then each change. Closing the registration ends the announcements; one that is under way may
   * still arrive.
   */
  Registration onHighWatermark(HighWatermarkListener listener);

  /** Hears the high watermark of one log. */
  @FunctionalInterface
  interface HighWatermarkListener {
    /**
     * Offsets below {@code highWatermark} are durable or at least written. Called by one thread at
     * a time, with rising values of which some may be left out. Must return quickly, not block and
     * not throw; may call the log. The last stable offset has been raised already.
     */
    void onHighWatermark(long highWatermark);

    /**
     * The last call: the log was deleted, closed or has failed, and nothing will be announced any
     * more. Waiting readers should look again and meet the error.
     */
    default void onEnd() {}
  }

  /** Ends what it stands for when closed; closing twice is allowed. */
  @FunctionalInterface
  interface Registration extends AutoCloseable {
    @Override
    void close();
  }
}
