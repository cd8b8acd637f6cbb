package io.headwater.edge.forward;

import io.headwater.edge.log.LogSlice;
import io.headwater.uplink.Gap;
import io.headwater.uplink.Track;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What of a partition goes into the next batch. A batch is bounded by its readings: offsets that
 * have none are told at once, however many they are. Behind a lost file numbering goes on 2^32
 * further, and in pieces of a batch's readings such a hole would take days. No state.
 */
final class BatchCut {
  /** A partition of the log, as {@code EdgeLog.read} tells it. */
  interface Rows {
    LogSlice read(long from, int maxRecords, int maxBytes);
  }

  private BatchCut() {}

  /**
   * @param range what the plan gives next on the track, with as many offsets as readings may go
   * @return empty if there is nothing
   */
  static LogSlice next(
      Rows rows, PartitionPlan plan, Track track, long end, PartitionPlan.Range range, int bytes) {
    LogSlice read = rows.read(range.from(), (int) (range.to() - range.from()), bytes);
    if (hasReadingBefore(range.to(), read)) {
      return read.before(range.to());
    }
    PartitionPlan.Range whole = plan.next(track, end, Long.MAX_VALUE).orElse(range);
    if (whole.from() < range.from()) {
      return givenUp(rows, range.from(), range.to())
          .map(gaps -> backwards(rows, whole.from(), range, gaps))
          // A file ends with them: the readings behind it are in what the plan gives next.
          .orElse(read);
    }
    return read.before(whole.to());
  }

  private static boolean hasReadingBefore(long end, LogSlice slice) {
    return !slice.records().isEmpty() && slice.records().getFirst().offset() < end;
  }

  /** The more of what comes before the range, the more of that has no readings either. */
  private static LogSlice backwards(
      Rows rows, long least, PartitionPlan.Range range, LogSlice gaps) {
    LogSlice found = gaps;
    while (found.firstOffset() > least) {
      long twice = 2 * (range.to() - found.firstOffset());
      Optional<LogSlice> more = givenUp(rows, Math.max(least, range.to() - twice), range.to());
      if (more.isEmpty()) {
        break;
      }
      found = more.get();
    }
    return found;
  }

  /** The gaps of a stretch; empty if there are readings in it. */
  private static Optional<LogSlice> givenUp(Rows rows, long from, long to) {
    var gaps = new ArrayList<Gap>();
    for (long next = from; next < to; ) {
      LogSlice slice = rows.read(next, 1, 1);
      if (slice.isEmpty() || hasReadingBefore(to, slice)) {
        return Optional.empty();
      }
      gaps.addAll(slice.before(to).gaps());
      next = slice.nextOffset();
    }
    return Optional.of(new LogSlice(from, to, List.of(), gaps));
  }
}
