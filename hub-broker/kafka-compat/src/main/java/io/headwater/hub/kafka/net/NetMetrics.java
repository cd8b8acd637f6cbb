package io.headwater.hub.kafka.net;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.protocol.ApiKeys;

/** What the Kafka front end does. */
public final class NetMetrics {
  private final AtomicInteger connections;
  private final MeterRegistry registry;
  private final Counter malformed;
  private final Counter idle;
  private final Map<Refusal, Counter> refused = new EnumMap<>(Refusal.class);

  /** Why a connection is closed as soon as it is accepted. */
  enum Refusal {
    MAX_CONNECTIONS,
    MAX_CONNECTIONS_PER_ADDRESS;

    private String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private final Map<ApiKeys, Counter> requests = new EnumMap<>(ApiKeys.class);

  public NetMetrics(MeterRegistry registry) {
    this.registry = registry;
    connections = registry.gauge("hub.net.connections", new AtomicInteger());
    malformed =
        Counter.builder("hub.net.malformed")
            .description("Connections closed because their bytes were not understood")
            .register(registry);
    idle =
        Counter.builder("hub.net.idle")
            .description("Connections closed because they had no request for long")
            .register(registry);
    for (Refusal reason : Refusal.values()) {
      refused.put(
          reason,
          Counter.builder("hub.net.refused")
              .description("Connections closed because there are too many")
              .tag("reason", reason.label())
              .register(registry));
    }
    for (ApiKeys key : ApiKeys.values()) {
      requests.put(
          key,
          Counter.builder("hub.net.requests")
              .description("Requests by API")
              .tag("api", key.name)
              .register(registry));
    }
  }

  void connectionOpened() {
    connections.incrementAndGet();
  }

  void connectionClosed() {
    connections.decrementAndGet();
  }

  void watch(RequestMemory memory) {
    Gauge.builder("hub.net.request.memory", memory, RequestMemory::used)
        .description("What requests between their first byte and their answer take")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("hub.net.request.memory.waiting", memory, RequestMemory::waitingCount)
        .description("Connections that are not read because requests take all of their memory")
        .register(registry);
  }

  void refused(Refusal reason) {
    Counter counter = refused.get(reason);
    if (counter != null) {
      counter.increment();
    }
  }

  void idle() {
    idle.increment();
  }

  void malformed() {
    malformed.increment();
  }

  void request(ApiKeys key) {
    Counter counter = requests.get(key);
    if (counter != null) {
      counter.increment();
    }
  }
}
