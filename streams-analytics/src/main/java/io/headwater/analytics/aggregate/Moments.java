package io.headwater.analytics.aggregate;

import java.nio.ByteBuffer;

/**
 * Count, sum and range.
 *
 * <p>The sum is Neumaier's: {@code compensation} holds what rounding took from {@code sum}, so the
 * mean of many readings does not drift.
 *
 * @param count readings taken in
 * @param min positive infinity while there is none
 * @param max negative infinity while there is none
 */
record Moments(long count, double sum, double compensation, double min, double max) {
  static final Moments EMPTY =
      new Moments(0, 0, 0, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY);

  static final int BYTES = 5 * Long.BYTES;

  Moments add(double reading) {
    double total = sum + reading;
    return new Moments(
        count + 1,
        total,
        compensation + lost(sum, reading, total),
        Math.min(min, reading),
        Math.max(max, reading));
  }

  Moments merge(Moments other) {
    double total = sum + other.sum;
    return new Moments(
        count + other.count,
        total,
        compensation + other.compensation + lost(sum, other.sum, total),
        Math.min(min, other.min),
        Math.max(max, other.max));
  }

  /** What rounding took from {@code a + b = total}. */
  private static double lost(double a, double b, double total) {
    return Math.abs(a) >= Math.abs(b) ? (a - total) + b : (b - total) + a;
  }

  double total() {
    return sum + compensation;
  }

  /** Not a number while there is no reading. */
  double mean() {
    return total() / count;
  }

  void writeTo(ByteBuffer out) {
    out.putLong(count).putDouble(sum).putDouble(compensation).putDouble(min).putDouble(max);
  }

  static Moments readFrom(ByteBuffer in) {
    return new Moments(
        in.getLong(), in.getDouble(), in.getDouble(), in.getDouble(), in.getDouble());
  }
}
