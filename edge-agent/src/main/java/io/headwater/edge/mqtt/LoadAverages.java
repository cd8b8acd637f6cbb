package io.headwater.edge.mqtt;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * How many a minute of something that is counted, over the last 1, 5 and 15 minutes: as Unix' load
 * averages, and as Mosquitto tells them. Confined to one thread.
 */
final class LoadAverages {
  private static final int[] MINUTES = {1, 5, 15};

  private final double[] perMinute = new double[MINUTES.length];
  private long last;

  /**
   * Takes the next reading.
   *
   * @param count since the start
   * @param seconds since the last reading
   */
  void add(long count, double seconds) {
    double now = (count - last) * 60.0 / seconds;
    last = count;
    for (int i = 0; i < MINUTES.length; i++) {
      double kept = Math.exp(-seconds / (60.0 * MINUTES[i]));
      perMinute[i] = now + kept * (perMinute[i] - now);
    }
  }

  /** By the last level of their topics. */
  Map<String, String> values() {
    var values = new LinkedHashMap<String, String>();
    for (int i = 0; i < MINUTES.length; i++) {
      values.put(MINUTES[i] + "min", String.format(Locale.ROOT, "%.2f", perMinute[i]));
    }
    return values;
  }
}
