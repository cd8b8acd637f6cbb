package io.headwater.hub.kafka.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.Records;

/**
 * Reads a log piece by piece, from its start to what was its high watermark when this was made. One
 * thread at a time.
 */
public final class LogCursor {
  private static final int CHUNK = 4 << 20;

  private final PartitionLog log;
  private final long end;
  private long offset;

  public LogCursor(PartitionLog log) {
    this.log = log;
    offset = log.startOffset();
    end = log.highWatermark();
  }

  /**
   * Reads the next batches; gives nothing at the end. When this fails it has not moved: called once
   * more, it reads the same ones.
   */
  public MemoryRecords next() {
    if (offset >= end) {
      return MemoryRecords.EMPTY;
    }
    MemoryRecords records =
        inMemory(log.read(offset, CHUNK, true, IsolationLevel.READ_UNCOMMITTED).records());
    long next = offset;
    for (RecordBatch batch : records.batches()) {
      next = batch.nextOffset();
    }
    if (next == offset) {
      return MemoryRecords.EMPTY; // compaction has taken what was left
    }
    offset = next;
    return records;
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
