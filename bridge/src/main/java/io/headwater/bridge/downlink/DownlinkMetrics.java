package io.headwater.bridge.downlink;

import io.headwater.uplink.CommandOutcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** What goes down. */
final class DownlinkMetrics {
  private final MeterRegistry registry;
  private final Counter sent;
  private final Counter refetched;
  private final Counter syncs;
  private final AtomicInteger pending = new AtomicInteger();
  private final AtomicInteger values = new AtomicInteger();

  DownlinkMetrics(MeterRegistry registry) {
    this.registry = registry;
    sent = counter("bridge.commands.sent", "Commands sent, repeats too");
    refetched = counter("bridge.refetch.records", "Readings written once more");
    syncs = counter("bridge.values.syncs", "Times that a gateway was sent all values");
    registry.gauge("bridge.commands.pending", pending);
    registry.gauge("bridge.values", values);
  }

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }

  void sent() {
    sent.increment();
  }

  void done(CommandOutcome outcome) {
    registry.counter("bridge.commands.results", "outcome", outcome.text()).increment();
  }

  void refetched(int records) {
    refetched.increment(records);
  }

  void synced() {
    syncs.increment();
  }

  void pending(int now) {
    pending.set(now);
  }

  void values(int held) {
    values.set(held);
  }

  /** Counts what was not taken; the reasons are a fixed few. */
  void ignored(String reason) {
    registry.counter("bridge.down.ignored", "reason", reason).increment();
  }
}
