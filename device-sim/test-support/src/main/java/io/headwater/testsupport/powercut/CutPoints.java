package io.headwater.testsupport.powercut;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/** Where in a recording the power is cut. */
public final class CutPoints {
  private static final int NEAR = 2;
  private static final int WEIGHT = 10;

  private CutPoints() {}

  /**
   * Chooses, and more often near what matters: where something is being forced to disk, or a name
   * changes, too.
   *
   * @return in rising order, the same more than once if that is chosen; {@code n} stands between
   *     the event {@code n - 1} and the event {@code n}
   */
  public static int[] choose(
      List<Event> events, int count, SplittableRandom random, Predicate<Event> matters) {
    var weights = new int[events.size() + 1];
    Arrays.fill(weights, 1);
    for (int i = 0; i < events.size(); i++) {
      Event event = events.get(i);
      if (event instanceof Event.SyncBegun
          || event instanceof Event.SyncEnded
          || event instanceof Event.Renamed
          || event instanceof Event.Removed
          || matters.test(event)) {
        Arrays.fill(
            weights, Math.max(0, i + 1 - NEAR), Math.min(weights.length, i + 1 + NEAR), WEIGHT);
      }
    }
    var sums = new long[weights.length];
    long sum = 0;
    for (int i = 0; i < weights.length; i++) {
      sum += weights[i];
      sums[i] = sum;
    }
    var points = new int[count];
    for (int i = 0; i < count; i++) {
      int found = Arrays.binarySearch(sums, random.nextLong(sum) + 1);
      points[i] = found >= 0 ? found : -found - 1;
    }
    Arrays.sort(points);
    return points;
  }
}
