package io.headwater.edge.forward;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What the forwarder does. */
final class ForwarderMetrics {
  private final MeterRegistry registry;
  private final Counter settled;
  private final Counter batches;
  private final Counter timeouts;
  private final Counter ignored;
  private final Counter epochs;
  private final Counter moves;
  private final Timer roundTrip;
  private final AtomicInteger connected = new AtomicInteger();
  private final AtomicLong underWay = new AtomicLong();
  private final AtomicLong window = new AtomicLong();

  ForwarderMetrics(MeterRegistry registry) {
    this.registry = registry;
    settled = counter("edge.uplink.settled.records", "Offsets that the hub has committed");
    batches = counter("edge.uplink.batches", "Batches sent");
    timeouts = counter("edge.uplink.timeouts", "Times that no answer came in time");
    ignored = counter("edge.uplink.answers.ignored", "Answers that were not for this log");
    epochs =
        counter("edge.uplink.epochs", "New lives begun because the log is a copy or an old image");
    moves = counter("edge.uplink.moves", "Times that a silent broker was left for the next one");
    roundTrip =
        Timer.builder("edge.uplink.round.trip")
            .description("From sending a batch to its answer")
            .register(registry);
    registry.gauge("edge.uplink.connected", connected);
    Gauge.builder("edge.uplink.under.way", underWay, AtomicLong::doubleValue)
        .baseUnit("bytes")
        .description("Batches sent and not answered yet, compressed")
        .register(registry);
    Gauge.builder("edge.uplink.window", window, AtomicLong::doubleValue)
        .baseUnit("bytes")
        .description("What a backlog may have under way: more would only wait in the network")
        .register(registry);
  }

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }

  void settled(long records) {
    settled.increment((double) records);
  }

  void sent() {
    batches.increment();
  }

  /** What was under way when it was last looked whether more may go. */
  void underWay(long bytes, long most) {
    underWay.set(bytes);
    window.set(most);
  }

  void timedOut() {
    timeouts.increment();
  }

  void movedOn() {
    moves.increment();
  }

  void ignored() {
    ignored.increment();
  }

  void epochBegun() {
    epochs.increment();
  }

  void answered(long nanos) {
    roundTrip.record(nanos, TimeUnit.NANOSECONDS);
  }

  void connected(boolean now) {
    connected.set(now ? 1 : 0);
  }

  void rejected(String reason) {
    registry.counter("edge.uplink.rejects", "reason", reason).increment();
  }
}
