package io.headwater.edge.mqtt;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** What the MQTT server does. */
public final class MqttMetrics {
  private final MeterRegistry registry;
  private final RefusalLog refusals = new RefusalLog(System::nanoTime);
  private final AtomicInteger connections = new AtomicInteger();
  private final Counter[] publishes = new Counter[3];
  private final Counter delivered;

  public MqttMetrics(MeterRegistry registry) {
    this.registry = registry;
    registry.gauge("edge.mqtt.connections", connections);
    delivered =
        Counter.builder("edge.mqtt.delivered")
            .description("Publishes sent to subscribers")
            .register(registry);
    for (int qos = 0; qos < publishes.length; qos++) {
      publishes[qos] =
          Counter.builder("edge.mqtt.publishes")
              .description("Publishes received")
              .tag("qos", Integer.toString(qos))
              .register(registry);
    }
  }

  /** What clients were refused since the start, one for each reason, the latest first. */
  public List<Refusal> refusals() {
    return refusals.latest();
  }

  void flights(FlightBudget flights) {
    Gauge.builder("edge.mqtt.flight.bytes", flights, FlightBudget::used)
        .description("Bytes of incomplete packets and of publishes that are not committed yet")
        .register(registry);
  }

  int opened() {
    return connections.incrementAndGet();
  }

  void closed() {
    connections.decrementAndGet();
  }

  void published(int qos) {
    publishes[qos].increment();
  }

  long publishesReceived() {
    double all = 0;
    for (Counter each : publishes) {
      all += each.count();
    }
    return (long) all;
  }

  long publishesSent() {
    return (long) delivered.count();
  }

  void delivered() {
    delivered.increment();
  }

  /** Counts what did not reach a subscriber; the reasons are a fixed few. */
  void dropped(String reason) {
    registry.counter("edge.mqtt.dropped", "reason", reason).increment();
  }

  /** Counts what was refused, and says so in the log now and then; the reasons are a fixed few. */
  void refused(String reason) {
    refused(reason, "");
  }

  /**
   * As {@link #refused(String)}.
   *
   * @param detail of this one, for the log
   */
  void refused(String reason, String detail) {
    registry.counter("edge.mqtt.refused", "reason", reason).increment();
    refusals.refused(reason, detail);
  }
}
