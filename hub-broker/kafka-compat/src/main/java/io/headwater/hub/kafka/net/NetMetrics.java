package io.headwater.hub.kafka.net;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;

/** What the Kafka front end does. Thread-safe. */
public final class NetMetrics {
  private final MeterRegistry registry;
  private final RequestMetrics requests;
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger unanswered = new AtomicInteger();
  private final Counter accepted;
  private final Counter malformed;
  private final Counter failed;
  private final Counter idle;
  private final Map<Refusal, Counter> refused = new EnumMap<>(Refusal.class);
  private final Map<ReadGate.Reason, AtomicInteger> paused = new EnumMap<>(ReadGate.Reason.class);
  private final Map<ReadGate.Reason, Timer> pauses = new EnumMap<>(ReadGate.Reason.class);

  /** Why a connection is closed as soon as it is accepted. */
  enum Refusal {
    MAX_CONNECTIONS,
    MAX_CONNECTIONS_PER_ADDRESS
  }

  public NetMetrics(MeterRegistry registry) {
    this.registry = registry;
    requests = new RequestMetrics(registry);
    gauge("hub.net.connections", "connections", "Open connections", connections);
    gauge("hub.net.unanswered", "requests", "Requests that have no answer yet", unanswered);
    accepted = connections("hub.net.accepted", "Connections accepted");
    malformed =
        connections(
            "hub.net.malformed", "Connections closed because their bytes were not understood");
    failed =
        connections("hub.net.failed", "Connections closed because a request of theirs has failed");
    idle = connections("hub.net.idle", "Connections closed because they had no request for long");
    for (Refusal reason : Refusal.values()) {
      refused.put(
          reason,
          Counter.builder("hub.net.refused")
              .description("Connections closed because there are too many")
              .baseUnit("connections")
              .tag("reason", label(reason))
              .register(registry));
    }
    for (ReadGate.Reason reason : ReadGate.Reason.values()) {
      var now = new AtomicInteger();
      paused.put(reason, now);
      Gauge.builder("hub.net.paused", now, AtomicInteger::get)
          .description("Connections that are not read for the moment")
          .baseUnit("connections")
          .tag("reason", label(reason))
          .register(registry);
      pauses.put(
          reason,
          Timer.builder("hub.net.pause")
              .description("For how long connections were not read")
              .tag("reason", label(reason))
              .register(registry));
    }
    buffers("direct", KafkaListener.BUFFERS, ByteBufAllocatorMetric::usedDirectMemory);
    buffers("heap", KafkaListener.BUFFERS, ByteBufAllocatorMetric::usedHeapMemory);
  }

  private static String label(Enum<?> reason) {
    return reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private Counter connections(String name, String description) {
    return Counter.builder(name)
        .description(description)
        .baseUnit("connections")
        .register(registry);
  }

  private void gauge(String name, String unit, String description, AtomicInteger value) {
    Gauge.builder(name, value, AtomicInteger::get)
        .description(description)
        .baseUnit(unit)
        .register(registry);
  }

  private void buffers(
      String kind,
      ByteBufAllocatorMetricProvider allocator,
      ToDoubleFunction<ByteBufAllocatorMetric> used) {
    Gauge.builder("hub.net.buffers", allocator, all -> used.applyAsDouble(all.metric()))
        .description("Memory that network buffers hold, in use or kept for the next")
        .baseUnit("bytes")
        .tag("memory", kind)
        .register(registry);
  }

  /** What tells of the requests themselves. */
  RequestMetrics requests() {
    return requests;
  }

  void connectionOpened() {
    accepted.increment();
    connections.incrementAndGet();
  }

  void connectionClosed() {
    connections.decrementAndGet();
  }

  void requestsUnanswered(int change) {
    unanswered.addAndGet(change);
  }

  void watch(RequestMemory memory, long limit) {
    Gauge.builder("hub.net.request.memory", memory, RequestMemory::used)
        .description("What requests between their first byte and their answer take")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("hub.net.request.memory.limit", () -> limit)
        .description("What they may take at most, net.request-memory")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("hub.net.request.memory.waiting", memory, RequestMemory::waitingCount)
        .description("Connections that are not read because requests take all of their memory")
        .baseUnit("connections")
        .register(registry);
  }

  void watch(ThreadPoolExecutor workers) {
    Gauge.builder("hub.net.workers.busy", workers, ThreadPoolExecutor::getActiveCount)
        .description("Threads that handle a request at this moment")
        .baseUnit("threads")
        .register(registry);
    Gauge.builder("hub.net.workers.limit", workers, ThreadPoolExecutor::getMaximumPoolSize)
        .description("Threads that handle requests")
        .baseUnit("threads")
        .register(registry);
    Gauge.builder("hub.net.workers.queue", workers, pool -> pool.getQueue().size())
        .description("Requests that wait for such a thread")
        .baseUnit("requests")
        .register(registry);
  }

  void refused(Refusal reason) {
    Objects.requireNonNull(refused.get(reason)).increment();
  }

  void paused(ReadGate.Reason reason) {
    Objects.requireNonNull(paused.get(reason)).incrementAndGet();
  }

  void resumed(ReadGate.Reason reason, long nanos) {
    Objects.requireNonNull(paused.get(reason)).decrementAndGet();
    Objects.requireNonNull(pauses.get(reason)).record(nanos, TimeUnit.NANOSECONDS);
  }

  void idle() {
    idle.increment();
  }

  void malformed() {
    malformed.increment();
  }

  void failed() {
    failed.increment();
  }
}
