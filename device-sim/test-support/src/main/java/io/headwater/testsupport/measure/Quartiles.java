package io.headwater.testsupport.measure;

import java.util.Arrays;

/** The middle of some values and the spread about it, between neighbours by proportion. */
public record Quartiles(double lower, double median, double upper) {
  /** Throws {@link IllegalArgumentException} if there are none. */
  public static Quartiles of(double[] values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("no values");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return new Quartiles(at(sorted, 0.25), at(sorted, 0.5), at(sorted, 0.75));
  }

  private static double at(double[] sorted, double share) {
    double position = share * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }
}
