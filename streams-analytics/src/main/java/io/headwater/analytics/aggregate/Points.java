package io.headwater.analytics.aggregate;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.kafka.common.errors.SerializationException;

/**
 * All readings by event time; of several at one instant the last to arrive.
 *
 * <p>A time-weighted mean cannot do with less: a reading that comes late takes its time from the
 * one before it, whichever that is. So the state grows with the readings of the window.
 */
final class Points {
  static final Points EMPTY = new Points(new long[0], new double[0]);

  private final long[] timesMs; // ascending, distinct
  private final double[] readings;

  private Points(long[] timesMs, double[] readings) {
    this.timesMs = timesMs;
    this.readings = readings;
  }

  Points add(double reading, long timeMs) {
    int found = Arrays.binarySearch(timesMs, timeMs);
    if (found >= 0) {
      double[] replaced = readings.clone();
      replaced[found] = reading;
      return new Points(timesMs, replaced);
    }
    int at = -found - 1;
    long[] times = Arrays.copyOf(timesMs, timesMs.length + 1);
    double[] values = Arrays.copyOf(readings, readings.length + 1);
    System.arraycopy(timesMs, at, times, at + 1, timesMs.length - at);
    System.arraycopy(readings, at, values, at + 1, readings.length - at);
    times[at] = timeMs;
    values[at] = reading;
    return new Points(times, values);
  }

  /**
   * @param later what arrived later
   */
  Points merge(Points later) {
    long[] times = new long[timesMs.length + later.timesMs.length];
    double[] values = new double[times.length];
    int size = 0;
    int mine = 0;
    int its = 0;
    while (mine < timesMs.length || its < later.timesMs.length) {
      boolean takeMine =
          its == later.timesMs.length
              || (mine < timesMs.length && timesMs[mine] < later.timesMs[its]);
      if (takeMine) {
        times[size] = timesMs[mine];
        values[size++] = readings[mine++];
      } else {
        if (mine < timesMs.length && timesMs[mine] == later.timesMs[its]) {
          mine++;
        }
        times[size] = later.timesMs[its];
        values[size++] = later.readings[its++];
      }
    }
    return new Points(Arrays.copyOf(times, size), Arrays.copyOf(values, size));
  }

  /**
   * The mean in which each reading counts for the time until the next one.
   *
   * @param endMs until when the last one counts; not before it
   * @return the last reading if no time passes, not a number if there is none
   */
  double weightedMean(long endMs) {
    if (timesMs.length == 0) {
      return Double.NaN;
    }
    int last = timesMs.length - 1;
    if (endMs <= timesMs[0]) {
      return readings[last];
    }
    double span = endMs - timesMs[0];
    Moments sum = Moments.EMPTY;
    for (int i = 0; i <= last; i++) {
      long until = i == last ? endMs : timesMs[i + 1];
      sum = sum.add(readings[i] * ((until - timesMs[i]) / span));
    }
    return sum.total();
  }

  int bytes() {
    return Integer.BYTES + timesMs.length * 2 * Long.BYTES;
  }

  void writeTo(ByteBuffer out) {
    out.putInt(timesMs.length);
    for (int i = 0; i < timesMs.length; i++) {
      out.putLong(timesMs[i]).putDouble(readings[i]);
    }
  }

  static Points readFrom(ByteBuffer in) {
    int size = in.getInt();
    if (size < 0 || size > in.remaining() / (2 * Long.BYTES)) {
      throw new SerializationException("stored window claims " + size + " points");
    }
    long[] times = new long[size];
    double[] values = new double[size];
    for (int i = 0; i < size; i++) {
      times[i] = in.getLong();
      values[i] = in.getDouble();
    }
    return new Points(times, values);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Points points
        && Arrays.equals(timesMs, points.timesMs)
        && Arrays.equals(readings, points.readings);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(timesMs) + Arrays.hashCode(readings);
  }
}
