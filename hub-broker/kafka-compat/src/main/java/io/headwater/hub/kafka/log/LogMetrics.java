package io.headwater.hub.kafka.log;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/** What the log engine does. */
final class LogMetrics {
  private final Timer commit;
  private final DistributionSummary partitions;

  LogMetrics(MeterRegistry registry) {
    commit =
        Timer.builder("hub.log.commit")
            .description("Time to force one group of appends to disk")
            .register(registry);
    partitions =
        DistributionSummary.builder("hub.log.commit.partitions")
            .description("Partitions in one group commit")
            .register(registry);
  }

  void committed(int dirtyPartitions, long nanos) {
    commit.record(nanos, TimeUnit.NANOSECONDS);
    partitions.record(dirtyPartitions);
  }
}
