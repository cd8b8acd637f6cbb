package io.headwater.bridge.presence;

import io.headwater.bridge.broker.BrokerMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** What becomes of status messages. */
public final class PresenceMetrics {
  private final MeterRegistry registry;
  private final BrokerMetrics brokers;
  private final Counter written;
  private final Counter failed;

  public PresenceMetrics(MeterRegistry registry, BrokerMetrics brokers) {
    this.registry = registry;
    this.brokers = brokers;
    written =
        Counter.builder("bridge.presence.records")
            .description("Records written to headwater-presence")
            .register(registry);
    failed =
        Counter.builder("bridge.presence.failures")
            .description("Times that headwater-presence could not be read or written")
            .register(registry);
  }

  void written(int records) {
    written.increment(records);
  }

  void failed() {
    failed.increment();
  }

  void unlike(int peers) {
    brokers.unlike(peers);
  }

  /** Counts status messages and devices that were left out; the reasons are a fixed few. */
  void dropped(String reason, long number) {
    if (number > 0) {
      registry.counter("bridge.presence.dropped", "reason", reason).increment((double) number);
    }
  }
}
