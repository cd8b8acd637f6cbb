package io.headwater.edge.log;

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

  public boolean isEmpty() {
    return firstOffset == nextOffset;
  }
}
