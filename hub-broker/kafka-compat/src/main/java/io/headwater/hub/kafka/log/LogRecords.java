package io.headwater.hub.kafka.log;

import java.util.function.Consumer;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;

/** Reads a whole log, batch by batch. */
public final class LogRecords {
  private LogRecords() {}

  /** Gives every batch from the start to the high watermark, in order. */
  public static void forEachBatch(PartitionLog log, Consumer<RecordBatch> consumer) {
    var cursor = new LogCursor(log);
    for (MemoryRecords read = cursor.next(); read.sizeInBytes() > 0; read = cursor.next()) {
      read.batches().forEach(consumer);
    }
  }
}
