package io.headwater.analytics.aggregate;

import java.nio.ByteBuffer;

/**
 * Welford's running deviation, merged as Chan et al. do: a sum of squares would lose all digits of
 * readings that lie close together and far from zero.
 *
 * @param squares sum of the squared distances from the mean
 */
record Spread(long count, double mean, double squares) {
  static final Spread EMPTY = new Spread(0, 0, 0);

  static final int BYTES = 3 * Long.BYTES;

  Spread add(double reading) {
    long n = count + 1;
    double delta = reading - mean;
    double newMean = mean + delta / n;
    return new Spread(n, newMean, squares + delta * (reading - newMean));
  }

  Spread merge(Spread other) {
    if (other.count == 0) {
      return this;
    }
    if (count == 0) {
      return other;
    }
    long n = count + other.count;
    double delta = other.mean - mean;
    return new Spread(
        n,
        mean + delta * other.count / n,
        squares + other.squares + delta * delta * ((double) count * other.count / n));
  }

  /** Of a sample (n − 1); not a number for fewer than two readings. */
  double deviation() {
    return count < 2 ? Double.NaN : Math.sqrt(squares / (count - 1));
  }

  void writeTo(ByteBuffer out) {
    out.putLong(count).putDouble(mean).putDouble(squares);
  }

  static Spread readFrom(ByteBuffer in) {
    return new Spread(in.getLong(), in.getDouble(), in.getDouble());
  }
}
