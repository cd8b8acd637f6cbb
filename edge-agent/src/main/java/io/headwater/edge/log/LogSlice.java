package io.headwater.edge.log;

import io.headwater.uplink.Batch;
import io.headwater.uplink.Gap;
import io.headwater.uplink.UplinkRecord;
import java.util.List;

/**
 * A stretch of one partition: records and gaps that together cover {@code firstOffset} to {@code
 * nextOffset}, exclusive. Empty if both are the same.
 */
public record LogSlice(
    long firstOffset, long nextOffset, List<UplinkRecord> records, List<Gap> gaps) {
  public LogSlice {
    records = List.copyOf(records);
    gaps = List.copyOf(gaps);
  }

  /** What of it lies before an offset: a gap may reach beyond what is wanted. */
  public LogSlice before(long end) {
    if (nextOffset <= end) {
      return this;
    }
    List<Gap> cut =
        gaps.stream()
            .filter(gap -> gap.firstOffset() < end)
            .map(gap ->
                new Gap(
                    gap.firstOffset(),
                    Math.min(gap.nextOffset(), end),
                    gap.reason(),
                    gap.kept(),
                    gap.total()))
            .toList();
    return new LogSlice(
        firstOffset, end, records.stream().filter(record -> record.offset() < end).toList(), cut);
  }

  /** Without the readings that are too far from its first offset for one batch. */
  LogSlice ofOneBatch() {
    for (UplinkRecord record : records) {
      if (record.offset() - firstOffset > Batch.FARTHEST) {
        return before(record.offset());
      }
    }
    return this;
  }

  public boolean isEmpty() {
    return firstOffset == nextOffset;
  }
}
