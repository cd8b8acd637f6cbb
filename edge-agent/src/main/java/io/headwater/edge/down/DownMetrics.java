package io.headwater.edge.down;

import io.headwater.uplink.CommandOutcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** What comes down. */
final class DownMetrics {
  private final MeterRegistry registry;
  private final Counter commands;
  private final Counter repeats;
  private final Counter refetched;
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger values = new AtomicInteger();

  DownMetrics(MeterRegistry registry) {
    this.registry = registry;
    commands = counter("edge.commands", "Commands taken");
    repeats = counter("edge.commands.repeats", "Repeats of commands, answered from memory");
    refetched = counter("edge.refetch.records", "Readings that were sent again on request");
    registry.gauge("edge.commands.open", open);
    registry.gauge("edge.values", values);
  }

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }

  void taken() {
    commands.increment();
  }

  void repeated() {
    repeats.increment();
  }

  void done(CommandOutcome outcome) {
    registry.counter("edge.commands.results", "outcome", outcome.text()).increment();
  }

  void open(int now) {
    open.set(now);
  }

  void values(int held) {
    values.set(held);
  }

  void refetched(int records) {
    refetched.increment(records);
  }

  /** Counts what was not taken; the reasons are a fixed few. */
  void ignored(String reason) {
    registry.counter("edge.down.ignored", "reason", reason).increment();
  }
}
