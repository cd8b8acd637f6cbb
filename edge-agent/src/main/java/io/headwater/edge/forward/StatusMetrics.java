package io.headwater.edge.forward;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.DoubleSupplier;

/** What a heartbeat tells, for those who scrape. Set by the forwarder's thread, read by any. */
final class StatusMetrics {
  private volatile double oldestSeconds;
  private volatile double drainSeconds = Double.NaN;
  private volatile double writtenPerDay = Double.NaN;

  StatusMetrics(MeterRegistry registry) {
    gauge(
        registry,
        "edge.uplink.oldest",
        "seconds",
        () -> oldestSeconds,
        "Age of the oldest reading not yet settled, by its capture time");
    gauge(
        registry,
        "edge.uplink.drain",
        "seconds",
        () -> drainSeconds,
        "Until nothing waits, if it goes on as in the last half minute; NaN if it does not shrink");
    gauge(
        registry,
        "edge.storage.written.per.day",
        "bytes",
        () -> writtenPerDay,
        "What the agent writes to its storage in a day; NaN in the first minute");
  }

  private static void gauge(
      MeterRegistry registry, String name, String unit, DoubleSupplier value, String description) {
    Gauge.builder(name, value::getAsDouble)
        .baseUnit(unit)
        .description(description)
        .register(registry);
  }

  /**
   * What was measured now.
   *
   * @param oldestMs age of the oldest reading not settled; 0 if there is none
   * @param drain in seconds; negative if not known
   * @param written in bytes a day; negative if not known
   */
  void measured(long oldestMs, long drain, long written) {
    oldestSeconds = Math.max(0, oldestMs) / 1e3;
    drainSeconds = drain < 0 ? Double.NaN : (double) drain;
    writtenPerDay = written < 0 ? Double.NaN : (double) written;
  }
}
