package io.headwater.sim.fleet;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** What all devices of a fleet count together; thread-safe. */
final class FleetCounters {
  private static final long LONGEST_MICROS = 600_000_000;

  final AtomicInteger connected = new AtomicInteger();
  final LongAdder connectionsLost = new LongAdder();

  /** Why the last connection attempt failed; empty if none did. */
  final AtomicReference<String> connectFailure = new AtomicReference<>("");

  /** From when a reading was due until it was acknowledged, in microseconds. */
  final Histogram acknowledgeMicros = new ConcurrentHistogram(LONGEST_MICROS, 2);

  void acknowledgedAfter(long nanos) {
    acknowledgeMicros.recordValue(Math.clamp(nanos / 1000, 0, LONGEST_MICROS));
  }
}
