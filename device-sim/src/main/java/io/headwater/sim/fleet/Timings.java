package io.headwater.sim.fleet;

import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;

/** Times in microseconds: all so far, and those since somebody last asked. Thread-safe. */
final class Timings {
  private static final long LONGEST_MICROS = 3_600_000_000L;
  private static final int DIGITS = 2;

  private final Recorder recorder = new Recorder(LONGEST_MICROS, DIGITS);
  private final Histogram all = new Histogram(LONGEST_MICROS, DIGITS);
  private final Histogram unread = new Histogram(LONGEST_MICROS, DIGITS);
  private @Nullable Histogram interval;

  void record(long nanos) {
    recorder.recordValue(Math.clamp(nanos / 1_000, 0, LONGEST_MICROS));
  }

  /** What was recorded since the last call. */
  synchronized Histogram takeNew() {
    collect();
    Histogram taken = unread.copy();
    unread.reset();
    return taken;
  }

  synchronized double percentileMillis(double percentile) {
    collect();
    return all.getValueAtPercentile(percentile) / 1_000.0;
  }

  private void collect() {
    Histogram recorded = recorder.getIntervalHistogram(interval);
    all.add(recorded);
    unread.add(recorded);
    interval = recorded;
  }
}
