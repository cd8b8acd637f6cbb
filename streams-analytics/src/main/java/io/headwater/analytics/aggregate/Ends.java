package io.headwater.analytics.aggregate;

import java.nio.ByteBuffer;

/**
 * The first and the last reading by event time. Of several at one instant the first to arrive is
 * first, and the last to arrive is last.
 *
 * @param firstMs {@link Long#MAX_VALUE} while there is none
 * @param lastMs {@link Long#MIN_VALUE} while there is none
 */
record Ends(long firstMs, double first, long lastMs, double last) {
  static final Ends EMPTY = new Ends(Long.MAX_VALUE, Double.NaN, Long.MIN_VALUE, Double.NaN);

  static final int BYTES = 4 * Long.BYTES;

  Ends add(double reading, long timeMs) {
    return merge(new Ends(timeMs, reading, timeMs, reading));
  }

  /**
   * @param later what arrived later
   */
  Ends merge(Ends later) {
    boolean itsFirst = later.firstMs < firstMs;
    boolean itsLast = later.lastMs >= lastMs;
    return new Ends(
        itsFirst ? later.firstMs : firstMs,
        itsFirst ? later.first : first,
        itsLast ? later.lastMs : lastMs,
        itsLast ? later.last : last);
  }

  double delta() {
    return last - first;
  }

  /** Change per second; not a number while all readings are of one instant. */
  double rate() {
    return lastMs <= firstMs ? Double.NaN : delta() * 1000.0 / (lastMs - firstMs);
  }

  void writeTo(ByteBuffer out) {
    out.putLong(firstMs).putDouble(first).putLong(lastMs).putDouble(last);
  }

  static Ends readFrom(ByteBuffer in) {
    return new Ends(in.getLong(), in.getDouble(), in.getLong(), in.getDouble());
  }
}
