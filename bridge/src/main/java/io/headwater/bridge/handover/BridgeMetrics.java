package io.headwater.bridge.handover;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What the hand-over does. */
public final class BridgeMetrics {
  private final MeterRegistry registry;
  private final Counter committed;
  private final Counter duplicates;
  private final Counter gaps;
  private final Counter batches;
  private final Counter dropped;
  private final Timer transaction;
  private final AtomicInteger lanes = new AtomicInteger();

  public BridgeMetrics(MeterRegistry registry) {
    this.registry = registry;
    committed = counter("bridge.uplink.committed.records", "Records committed to the hub");
    duplicates =
        counter("bridge.uplink.duplicates.batches", "Batches that the cursors covered already");
    gaps = counter("bridge.uplink.gaps.records", "Gap records committed to the hub");
    batches = counter("bridge.uplink.batches", "Batches received");
    dropped =
        counter("bridge.uplink.dropped.batches", "Batches dropped because memory was used up");
    transaction =
        Timer.builder("bridge.uplink.transaction")
            .description("From the begin of a transaction to its commit")
            .register(registry);
    registry.gauge("bridge.lanes", lanes);
  }

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }

  void queue(AtomicLong bytes) {
    registry.gauge("bridge.uplink.queue.bytes", bytes);
  }

  void received() {
    batches.increment();
  }

  void dropped() {
    dropped.increment();
  }

  void duplicate() {
    duplicates.increment();
  }

  void committed(long records, long gapRecords, long nanos) {
    committed.increment((double) records);
    gaps.increment((double) gapRecords);
    transaction.record(nanos, TimeUnit.NANOSECONDS);
  }

  void lanes(int owned) {
    lanes.set(owned);
  }

  void rejected(String reason) {
    registry.counter("bridge.uplink.rejects", "reason", reason).increment();
  }

  void failed() {
    registry.counter("bridge.uplink.transactions.failed").increment();
  }
}
