package io.headwater.uplink;

import java.util.ArrayList;
import java.util.List;

/**
 * A set of offsets as sorted ranges that neither touch nor overlap. Immutable.
 *
 * <p>Cheap while there are few ranges, which is what settled offsets are: one range per track.
 */
public record OffsetRanges(List<Range> ranges) {
  public static final OffsetRanges EMPTY = new OffsetRanges(List.of());

  /**
   * @param from inclusive
   * @param to exclusive
   */
  public record Range(long from, long to) {
    public Range {
      if (from < 0 || to <= from) {
        throw new IllegalArgumentException("range " + from + " to " + to + " is empty");
      }
    }
  }

  public OffsetRanges {
    ranges = List.copyOf(ranges);
    long end = -1;
    for (Range range : ranges) {
      if (range.from() <= end) {
        throw new IllegalArgumentException("ranges overlap, touch or are not sorted: " + ranges);
      }
      end = range.to();
    }
  }

  public static OffsetRanges of(long from, long to) {
    return new OffsetRanges(List.of(new Range(from, to)));
  }

  public boolean isEmpty() {
    return ranges.isEmpty();
  }

  /** The same with a range more. */
  public OffsetRanges add(long from, long to) {
    var merged = new ArrayList<Range>(ranges.size() + 1);
    long newFrom = from;
    long newTo = to;
    int i = 0;
    while (i < ranges.size() && ranges.get(i).to() < newFrom) {
      merged.add(ranges.get(i++));
    }
    while (i < ranges.size() && ranges.get(i).from() <= newTo) {
      newFrom = Math.min(newFrom, ranges.get(i).from());
      newTo = Math.max(newTo, ranges.get(i).to());
      i++;
    }
    merged.add(new Range(newFrom, newTo));
    merged.addAll(ranges.subList(i, ranges.size()));
    return new OffsetRanges(merged);
  }

  /** All offsets of both. */
  public OffsetRanges union(OffsetRanges other) {
    OffsetRanges all = this;
    for (Range range : other.ranges) {
      all = all.add(range.from(), range.to());
    }
    return all;
  }

  /** Those below an offset. */
  public OffsetRanges below(long end) {
    var kept = new ArrayList<Range>();
    for (Range range : ranges) {
      if (range.from() < end) {
        kept.add(new Range(range.from(), Math.min(range.to(), end)));
      }
    }
    return new OffsetRanges(kept);
  }

  public boolean contains(long offset) {
    return covers(offset, offset + 1);
  }

  /** Whether every offset of the range is in. */
  public boolean covers(long from, long to) {
    for (Range range : ranges) {
      if (range.from() <= from && to <= range.to()) {
        return true;
      }
    }
    return false;
  }

  /** Whether any offset of the range is in. */
  public boolean overlaps(long from, long to) {
    for (Range range : ranges) {
      if (range.from() < to && from < range.to()) {
        return true;
      }
    }
    return false;
  }

  /** The first offset from the given one on that is not in. */
  public long firstMissing(long from) {
    for (Range range : ranges) {
      if (range.from() <= from && from < range.to()) {
        return range.to();
      }
    }
    return from;
  }

  /** Where the hole ends that the offset lies in: the next range's start, or {@code limit}. */
  public long endOfHole(long offset, long limit) {
    for (Range range : ranges) {
      if (range.from() > offset) {
        return Math.min(range.from(), limit);
      }
    }
    return limit;
  }

  /** How many offsets of the range are in. */
  public long count(long from, long to) {
    long count = 0;
    for (Range range : ranges) {
      count += Math.max(0, Math.min(to, range.to()) - Math.max(from, range.from()));
    }
    return count;
  }
}
