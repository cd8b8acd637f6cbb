package io.headwater.sim.fleet;

/**
 * When a device's readings are due: sequence n at start + phase + (n − 1) × interval. All times are
 * {@link System#nanoTime} values.
 */
record Schedule(long startNanos, long phaseNanos, long intervalNanos) {
  long dueNanos(long sequence) {
    return startNanos + phaseNanos + (sequence - 1) * intervalNanos;
  }

  /** The newest sequence that is due by then; 0 if none is. */
  long dueBy(long nanos) {
    long since = nanos - startNanos - phaseNanos;
    return since < 0 ? 0 : since / intervalNanos + 1;
  }
}
