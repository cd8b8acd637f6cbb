package io.headwater.hub.kafka.net;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.protocol.ApiKeys;

/** What the Kafka front end does. */
public final class NetMetrics {
  private final AtomicInteger connections;
  private final Counter malformed;
  private final Map<ApiKeys, Counter> requests = new EnumMap<>(ApiKeys.class);

  public NetMetrics(MeterRegistry registry) {
    connections = registry.gauge("hub.net.connections", new AtomicInteger());
    malformed =
        Counter.builder("hub.net.malformed")
            .description("Connections closed because their bytes were not understood")
            .register(registry);
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
