package io.headwater.hub.kafka.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** How many of something have no series of their own. Thread-safe. */
final class LeftOut {
  private final AtomicInteger count = new AtomicInteger();

  LeftOut(MeterRegistry registry, String what) {
    Gauge.builder("hub.metrics.left.out", count, AtomicInteger::get)
        .description("Topics, partitions, groups and their offsets without series of their own")
        .baseUnit("entries")
        .tag("of", what)
        .register(registry);
  }

  void set(int entries) {
    count.set(entries);
  }
}
