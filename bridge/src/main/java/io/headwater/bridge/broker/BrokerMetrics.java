package io.headwater.bridge.broker;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/** What the brokers do, the embedded one and those that the bridge is a client of. */
public final class BrokerMetrics {
  private final MeterRegistry registry;
  private final AtomicInteger unlike = new AtomicInteger();

  public BrokerMetrics(MeterRegistry registry) {
    this.registry = registry;
    Gauge.builder("bridge.brokers.unlike", unlike, AtomicInteger::get)
        .description("Peers whose list of brokers is not this bridge's")
        .register(registry);
    restarted(0, "session-thread");
    restarted(0, "silence");
  }

  void brokers(LongSupplier connected, LongSupplier missing) {
    brokers("connected", connected);
    brokers("missing", missing);
  }

  private void brokers(String state, LongSupplier number) {
    Gauge.builder("bridge.brokers", number, LongSupplier::getAsLong)
        .description("Brokers in the bridge's list, by whether it is connected to them")
        .tag("state", state)
        .register(registry);
  }

  /** Peers whose list of brokers is another one. */
  public void unlike(int peers) {
    unlike.set(peers);
  }

  void restarted(int times, String reason) {
    registry.counter("bridge.broker.restarts", "reason", reason).increment(times);
  }

  /** Counts what the embedded broker refused; the reasons are a fixed few. */
  void refused(String reason) {
    registry.counter("bridge.broker.refused", "reason", reason).increment();
  }
}
