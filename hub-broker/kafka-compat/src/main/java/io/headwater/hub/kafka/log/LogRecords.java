package io.headwater.hub.kafka.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.Records;

/** Reads a whole log, batch by batch: how coordinators load their state. */
public final class LogRecords {
  private static final int CHUNK = 4 << 20;

  private LogRecords() {}

  /** Gives every batch from the start to the high watermark, in order. */
  public static void forEachBatch(PartitionLog log, Consumer<RecordBatch> consumer) {
    long offset = log.startOffset();
    long end = log.highWatermark();
    while (offset < end) {
      Records records = log.read(offset, CHUNK, true, IsolationLevel.READ_UNCOMMITTED).records();
      long next = offset;
      for (RecordBatch batch : inMemory(records).batches()) {
        consumer.accept(batch);
        next = batch.nextOffset();
      }
      if (next == offset) {
        return; // compaction has taken what was left
      }
      offset = next;
    }
  }

  private static MemoryRecords inMemory(Records records) {
    return switch (records) {
      case MemoryRecords memory -> memory;
      case FileRecords file -> {
        ByteBuffer buffer = ByteBuffer.allocate(file.sizeInBytes());
        try {
          file.readInto(buffer, 0);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        yield MemoryRecords.readableRecords(buffer);
      }
      default -> throw new IllegalArgumentException("records of " + records.getClass());
    };
  }
}
