package io.headwater.sim.judge;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A set of longs as disjoint, non-adjacent ranges. Not thread-safe.
 *
 * <p>Memory and time go with the number of ranges, not of members: numbers that come roughly in
 * order cost next to nothing.
 */
public final class Intervals {
  /** First member to last member, both inclusive. */
  private final TreeMap<Long, Long> ranges = new TreeMap<>();

  private long size;

  /**
   * @param first smallest member
   * @param last largest member
   */
  public record Range(long first, long last) {
    public long size() {
      return last - first + 1;
    }

    @Override
    public String toString() {
      return first == last ? Long.toString(first) : first + "-" + last;
    }
  }

  /** Adds a number; false if it was there. */
  public boolean add(long number) {
    Map.Entry<Long, Long> below = ranges.floorEntry(number);
    if (below != null && below.getValue() >= number) {
      return false;
    }
    long first = below != null && below.getValue() == number - 1 ? below.getKey() : number;
    Long joined = ranges.remove(number + 1);
    ranges.put(first, joined == null ? number : joined);
    size++;
    return true;
  }

  public boolean contains(long number) {
    Map.Entry<Long, Long> below = ranges.floorEntry(number);
    return below != null && below.getValue() >= number;
  }

  /** How many numbers. */
  public long size() {
    return size;
  }

  /** The members of this set that the other has not, ascending. */
  public List<Range> minus(Intervals other) {
    var missing = new ArrayList<Range>();
    for (Map.Entry<Long, Long> range : ranges.entrySet()) {
      long next = range.getKey();
      long last = range.getValue();
      Map.Entry<Long, Long> hole = other.ranges.floorEntry(next);
      if (hole == null || hole.getValue() < next) {
        hole = other.ranges.higherEntry(next);
      }
      while (next <= last && hole != null && hole.getKey() <= last) {
        if (hole.getKey() > next) {
          missing.add(new Range(next, hole.getKey() - 1));
        }
        next = hole.getValue() + 1;
        hole = other.ranges.higherEntry(hole.getKey());
      }
      if (next <= last) {
        missing.add(new Range(next, last));
      }
    }
    return missing;
  }

  /** The same numbers in a set of its own. */
  public Intervals copy() {
    var copy = new Intervals();
    copy.ranges.putAll(ranges);
    copy.size = size;
    return copy;
  }

  public List<Range> ranges() {
    return minus(new Intervals());
  }

  @Override
  public String toString() {
    return ranges().toString();
  }
}
