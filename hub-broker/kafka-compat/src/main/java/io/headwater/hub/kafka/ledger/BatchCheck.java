package io.headwater.hub.kafka.ledger;

import java.nio.ByteBuffer;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.PrimitiveRef;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.record.BrokerCompressionType;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogValidator;

/**
 * The checks that batches pass before they become entries, by the rules and classes of Kafka's own
 * log: whole and of a size that is allowed first, record by record then.
 */
final class BatchCheck {
  /** Batches with their offsets, ready to be stored, and the time given to them or -1. */
  record Stamped(MemoryRecords records, long logAppendTimeMs) {}

  private final TopicPartition partition;
  private final Time time;

  BatchCheck(TopicPartition partition, Time time) {
    this.partition = partition;
    this.time = time;
  }

  /**
   * Checks batches as they have come; touches no state.
   *
   * @return the whole batches among {@code records}
   */
  MemoryRecords whole(MemoryRecords records, AppendOrigin origin, LogConfig config) {
    int bytes = 0;
    for (RecordBatch batch : records.batches()) {
      if (origin == AppendOrigin.CLIENT && batch.baseOffset() != 0) {
        throw new InvalidRecordException(
            "The base offset of a batch to append to %s is %d; it must be 0."
                .formatted(partition, batch.baseOffset()));
      }
      checkSize(batch, config);
      if (!batch.isValid()) {
        throw new CorruptRecordException(
            "A batch to append to %s does not match its CRC.".formatted(partition));
      }
      bytes += batch.sizeInBytes();
    }
    if (bytes == 0) {
      throw new InvalidRecordException("There is no whole batch to append to " + partition + ".");
    }
    if (bytes == records.sizeInBytes()) {
      return records;
    }
    ByteBuffer buffer = records.buffer();
    buffer.limit(bytes);
    return MemoryRecords.readableRecords(buffer);
  }

  /**
   * Checks the records one by one and gives them their offsets, in place where that can be.
   *
   * @param next offset of the first one
   */
  Stamped stamp(
      MemoryRecords whole, long next, int leaderEpoch, AppendOrigin origin, LogConfig config) {
    var compression = CompressionType.NONE;
    for (RecordBatch batch : whole.batches()) {
      if (batch.compressionType() != CompressionType.NONE) {
        compression = batch.compressionType();
      }
    }
    LogValidator.ValidationResult result =
        new LogValidator(
                whole,
                partition,
                time,
                compression,
                BrokerCompressionType.targetCompression(config.compression, compression),
                config.compact,
                RecordBatch.CURRENT_MAGIC_VALUE,
                config.messageTimestampType,
                config.messageTimestampBeforeMaxMs,
                config.messageTimestampAfterMaxMs,
                leaderEpoch,
                origin)
            .validateMessagesAndAssignOffsets(
                PrimitiveRef.ofLong(next), NOTHING_COUNTED, BufferSupplier.NO_CACHING);
    MemoryRecords records = result.validatedRecords();
    if (result.messageSizeMaybeChanged()) {
      records.batches().forEach(batch -> checkSize(batch, config));
    }
    if (records.sizeInBytes() > config.segmentSize()) {
      throw new RecordBatchTooLargeException(
          "The batches to append to %s have %d bytes > segment.bytes %d."
              .formatted(partition, records.sizeInBytes(), config.segmentSize()));
    }
    boolean stampsTime = config.messageTimestampType == TimestampType.LOG_APPEND_TIME;
    return new Stamped(records, stampsTime ? result.logAppendTimeMs() : RecordBatch.NO_TIMESTAMP);
  }

  private void checkSize(RecordBatch batch, LogConfig config) {
    if (batch.sizeInBytes() > config.maxMessageSize()) {
      throw new RecordTooLargeException(
          "A batch to append to %s has %d bytes > max.message.bytes %d."
              .formatted(partition, batch.sizeInBytes(), config.maxMessageSize()));
    }
  }

  private static final LogValidator.MetricsRecorder NOTHING_COUNTED =
      new LogValidator.MetricsRecorder() {
        @Override
        public void recordInvalidMagic() {}

        @Override
        public void recordInvalidOffset() {}

        @Override
        public void recordInvalidSequence() {}

        @Override
        public void recordInvalidChecksums() {}

        @Override
        public void recordNoKeyCompactedTopic() {}
      };
}
