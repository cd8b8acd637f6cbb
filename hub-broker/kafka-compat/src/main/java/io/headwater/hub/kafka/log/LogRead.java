package io.headwater.hub.kafka.log;

import java.util.List;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.Records;

/**
 * The answer to one read.
 *
 * @param records whole batches in order (the last may be cut off by the size limit); empty at the
 *     end of what may be read. {@code FileRecords} or {@code MemoryRecords}.
 * @param abortedTransactions those that overlap {@code records}; empty for {@code READ_UNCOMMITTED}
 * @param logStartOffset when the read began
 * @param highWatermark when the read began
 * @param lastStableOffset when the read began
 */
public record LogRead(
    Records records,
    List<AbortedTransaction> abortedTransactions,
    long logStartOffset,
    long highWatermark,
    long lastStableOffset) {
  public LogRead {
    abortedTransactions = List.copyOf(abortedTransactions);
  }
}
