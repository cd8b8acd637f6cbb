package io.headwater.edge.forward;

import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * How long what waits will take, if it goes on as in the last half minute. Confined to the
 * forwarder's thread.
 */
final class DrainEstimate {
  /** Nobody can tell, or never. */
  static final long UNKNOWN = -1;

  private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long SHORTEST_NANOS = TimeUnit.SECONDS.toNanos(3);

  /** Nothing has waited within it: what waits now is on its way. */
  private static final long RECENT_NANOS = TimeUnit.SECONDS.toNanos(5);

  /**
   * @param depth readings not settled
   * @param settled readings settled, in all
   */
  private record Sample(long nanos, long depth, long settled) {}

  private final ArrayDeque<Sample> samples = new ArrayDeque<>();

  /** What was before says nothing: a connection has begun or ended. */
  void restart() {
    samples.clear();
  }

  boolean isDue(long nowNanos) {
    return samples.isEmpty() || nowNanos - samples.getLast().nanos >= EVERY_NANOS;
  }

  void sample(long nowNanos, long depth, long settled) {
    samples.add(new Sample(nowNanos, depth, settled));
    while (nowNanos - samples.getFirst().nanos > WINDOW_NANOS) {
      samples.removeFirst();
    }
  }

  /** Until nothing waits; {@link #UNKNOWN} if it does not shrink, or too little was seen. */
  long seconds() {
    if (samples.isEmpty()) {
      return UNKNOWN;
    }
    Sample first = samples.getFirst();
    Sample last = samples.getLast();
    if (samples.stream()
        .anyMatch(each -> each.depth == 0 && last.nanos - each.nanos <= RECENT_NANOS)) {
      return 0;
    }
    if (last.nanos - first.nanos < SHORTEST_NANOS) {
      return UNKNOWN;
    }
    double seconds = (last.nanos - first.nanos) / 1e9;
    double settledPerSecond = (last.settled - first.settled) / seconds;
    if (last.depth <= settledPerSecond) {
      return 0; // a second's worth is under way
    }
    double shrinksPerSecond = (first.depth - last.depth) / seconds;
    return shrinksPerSecond > 0 ? (long) Math.ceil(last.depth / shrinksPerSecond) : UNKNOWN;
  }
}
