package io.headwater.edge.forward;

import io.headwater.edge.log.DeviceWrites;
import java.util.ArrayDeque;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * What this process writes to its storage in a day, as Linux counts it: of the last 24 hours, or
 * carried on from a shorter run. Confined to one thread.
 */
final class WrittenPerDay {
  /** Not told by this system, or too early to say. */
  static final long UNKNOWN = -1;

  private static final long DAY_NANOS = TimeUnit.DAYS.toNanos(1);
  private static final long EVERY_NANOS = TimeUnit.MINUTES.toNanos(10);
  private static final long SHORTEST_NANOS = TimeUnit.MINUTES.toNanos(1);

  private record Sample(long nanos, long bytes) {}

  private final DeviceWrites writes;
  private final ArrayDeque<Sample> samples = new ArrayDeque<>();

  WrittenPerDay(DeviceWrites writes, long nowNanos) {
    this.writes = writes;
    bytes(nowNanos);
  }

  /** Bytes a day; to be asked every few minutes at least. */
  long bytes(long nowNanos) {
    OptionalLong written = writes.bytes();
    if (written.isEmpty()) {
      return UNKNOWN;
    }
    if (samples.isEmpty() || nowNanos - samples.getLast().nanos >= EVERY_NANOS) {
      samples.add(new Sample(nowNanos, written.getAsLong()));
    }
    while (nowNanos - samples.getFirst().nanos > DAY_NANOS && samples.size() > 1) {
      samples.removeFirst();
    }
    Sample first = samples.getFirst();
    long elapsed = nowNanos - first.nanos;
    return elapsed < SHORTEST_NANOS
        ? UNKNOWN
        : (long) ((written.getAsLong() - first.bytes) * ((double) DAY_NANOS / elapsed));
  }
}
