package io.headwater.bridge.handover;

import io.headwater.uplink.UplinkTopics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
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
  private final Counter copies;
  private final Counter forgotten;
  private final AtomicInteger lanes = new AtomicInteger();
  private final AtomicLong credit = new AtomicLong();

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
    copies =
        counter("bridge.uplink.copies", "State requests of logs that are copies or old images");
    forgotten =
        counter("bridge.uplink.forgotten.logs", "Logs whose cursors were deleted, as long unused");
    registry.gauge("bridge.lanes", lanes);
    registry.gauge("bridge.uplink.credit.bytes", credit);
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

  void committed(long records, long gapRecords) {
    committed.increment((double) records);
    gaps.increment((double) gapRecords);
  }

  void transaction(long nanos) {
    transaction.record(nanos, TimeUnit.NANOSECONDS);
  }

  void malformed(UplinkTopics.Kind kind) {
    String name = kind.name().toLowerCase(Locale.ROOT);
    registry.counter("bridge.uplink.malformed", "kind", name).increment();
  }

  void copy() {
    copies.increment();
  }

  void credit(long granted) {
    credit.set(granted);
  }

  void forgotten(int logs) {
    forgotten.increment((double) logs);
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
