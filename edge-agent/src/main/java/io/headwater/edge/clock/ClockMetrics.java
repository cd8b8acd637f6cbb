package io.headwater.edge.clock;

import io.headwater.uplink.ClockQuality;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** How the clock is. Thread-safe. */
final class ClockMetrics {
  private final Counter steps;
  private volatile double bridgeSeconds = Double.NaN;

  ClockMetrics(MeterRegistry registry, Supplier<ClockQuality> now, Supplier<OptionalLong> errorMs) {
    for (ClockQuality quality : ClockQuality.values()) {
      Gauge.builder("edge.clock", () -> now.get() == quality ? 1 : 0)
          .tag("quality", quality.text())
          .description("1 for how far this device's time can be trusted now")
          .register(registry);
    }
    Gauge.builder("edge.clock.error", () -> seconds(errorMs.get()))
        .baseUnit("seconds")
        .description("By how much readings' times may be wrong; NaN if nobody knows")
        .register(registry);
    Gauge.builder("edge.clock.bridge.difference", () -> bridgeSeconds)
        .baseUnit("seconds")
        .description("This device's wall clock less the bridge's; NaN if no bridge has told it")
        .register(registry);
    steps =
        Counter.builder("edge.clock.steps")
            .description("Jumps of the wall clock by more than a second")
            .register(registry);
  }

  private static double seconds(OptionalLong millis) {
    return millis.isPresent() ? millis.getAsLong() / 1e3 : Double.NaN;
  }

  void stepped() {
    steps.increment();
  }

  void bridgeDiffers(long millis) {
    bridgeSeconds = millis / 1e3;
  }
}
