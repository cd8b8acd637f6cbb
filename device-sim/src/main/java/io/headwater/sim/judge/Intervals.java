package io.headwater.sim.judge;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.longlong.LongIterator;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/**
 * A compressed set of non-negative longs. Not thread-safe.
 *
 * <p>Numbers that come in order, each one more than the last, cost two longs altogether. What came
 * before a hole, or out of order, lies in a Roaring bitmap: at the worst (every other number) a
 * little over one bit for each number below the highest.
 */
public final class Intervals {
  /** So many changes of the bitmap may leave it larger than it need be. */
  private static final int CHANGES_UNTIL_COMPRESSED = 1 << 16;

  /** The bitmap copies for a range, but not for single numbers. */
  private static final long SHORT_RUN = 16;

  /** All below the highest run; null as long as there is nothing. */
  private @Nullable Roaring64Bitmap rest;

  /** The highest run, first to last; empty if last is below first. */
  private long runFirst;

  private long runLast = -1;
  private long size;
  private int changes;

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
    if (number == runLast + 1) {
      runLast = number;
    } else if (number > runLast) {
      keepRun();
      runFirst = number;
      runLast = number;
    } else if (number >= runFirst || (rest != null && rest.contains(number))) {
      return false;
    } else if (number == runFirst - 1) {
      runFirst = number;
    } else {
      addToRest(number, number);
    }
    size++;
    return true;
  }

  private void keepRun() {
    if (runLast >= runFirst) {
      addToRest(runFirst, runLast);
    }
  }

  private void addToRest(long first, long last) {
    Roaring64Bitmap bitmap = rest;
    if (bitmap == null) {
      rest = bitmap = new Roaring64Bitmap();
    }
    if (last - first < SHORT_RUN) {
      for (long number = first; number <= last; number++) {
        bitmap.addLong(number);
      }
    } else {
      bitmap.addRange(first, last + 1);
    }
    if (++changes % CHANGES_UNTIL_COMPRESSED == 0) {
      bitmap.runOptimize();
    }
  }

  public boolean contains(long number) {
    return (number >= runFirst && number <= runLast) || (rest != null && rest.contains(number));
  }

  /** How many numbers. */
  public long size() {
    return size;
  }

  /**
   * The lowest ranges of members that the other set has not.
   *
   * @param most so many ranges at most
   */
  public List<Range> minus(Intervals other, int most) {
    var ranges = new ArrayList<Range>();
    if (rest == null && other.containsRun(runFirst, runLast)) {
      return ranges;
    }
    Roaring64Bitmap difference = bitmap();
    difference.andNot(other.bitmap());
    LongIterator numbers = difference.getLongIterator();
    while (ranges.size() < most && numbers.hasNext()) {
      long first = numbers.next();
      long last = endOfRun(difference, first);
      ranges.add(new Range(first, last));
      numbers = difference.getLongIteratorFrom(last + 1);
    }
    return ranges;
  }

  /** How many members are in the other set as well, and how many are not. */
  Split split(Intervals other) {
    if (size == 0 || (rest == null && other.containsRun(runFirst, runLast))) {
      return new Split(size, 0);
    }
    Roaring64Bitmap common = bitmap();
    common.and(other.bitmap());
    return new Split(common.getLongCardinality(), size - common.getLongCardinality());
  }

  private boolean containsRun(long first, long last) {
    return last < first || (first >= runFirst && last <= runLast);
  }

  /** The last number of the run that begins at a member: doubling steps, then halving ones. */
  private static long endOfRun(Roaring64Bitmap bitmap, long from) {
    long rank = bitmap.rankLong(from);
    long known = 0;
    long step = 1;
    while (bitmap.rankLong(from + step) == rank + step) {
      known = step;
      step *= 2;
    }
    long beyond = step;
    while (beyond - known > 1) {
      long middle = (known + beyond) >>> 1;
      if (bitmap.rankLong(from + middle) == rank + middle) {
        known = middle;
      } else {
        beyond = middle;
      }
    }
    return from + known;
  }

  private Roaring64Bitmap bitmap() {
    var all = new Roaring64Bitmap();
    if (rest != null) {
      all.or(rest);
    }
    if (runLast >= runFirst) {
      all.addRange(runFirst, runLast + 1);
    }
    return all;
  }

  /** The same numbers in a set of its own. */
  public Intervals copy() {
    var copy = new Intervals();
    if (rest != null) {
      copy.rest = new Roaring64Bitmap();
      copy.rest.or(rest);
    }
    copy.runFirst = runFirst;
    copy.runLast = runLast;
    copy.size = size;
    return copy;
  }

  public List<Range> ranges() {
    return minus(new Intervals(), Integer.MAX_VALUE);
  }

  @Override
  public String toString() {
    return ranges().toString();
  }
}
