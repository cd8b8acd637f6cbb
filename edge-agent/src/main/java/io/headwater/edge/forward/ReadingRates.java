package io.headwater.edge.forward;

import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/** How many readings came and went, by the second, of the last seconds. Confined to one thread. */
final class ReadingRates {
  /** Too little was seen. */
  static final double UNKNOWN = -1;

  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private record Sample(long nanos, long committed, long settled) {}

  private final ArrayDeque<Sample> samples = new ArrayDeque<>();

  /**
   * To be told every second.
   *
   * @param committed a count of readings that rises with each that comes
   * @param settled with each that goes
   */
  void sample(long nowNanos, long committed, long settled) {
    samples.add(new Sample(nowNanos, committed, settled));
    while (nowNanos - samples.getFirst().nanos > WINDOW_NANOS) {
      samples.removeFirst();
    }
  }

  /** Committed readings a second. */
  double in() {
    return samples.isEmpty()
        ? UNKNOWN
        : perSecond(samples.getLast().committed - samples.getFirst().committed);
  }

  /** Settled readings a second. */
  double out() {
    return samples.isEmpty()
        ? UNKNOWN
        : perSecond(samples.getLast().settled - samples.getFirst().settled);
  }

  private double perSecond(long readings) {
    long elapsed = samples.getLast().nanos - samples.getFirst().nanos;
    return elapsed < SHORTEST_NANOS ? UNKNOWN : Math.max(0, readings) / (elapsed / 1e9);
  }
}
