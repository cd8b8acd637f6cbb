package io.headwater.edge.sparkplug;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Supplier;

/** What is made of what edge nodes say. Thread-safe. */
final class SparkplugMetrics {
  private final MeterRegistry registry;
  private final Counter readings;
  private final Counter rebirths;
  private final Counter skipped;

  SparkplugMetrics(MeterRegistry registry) {
    this.registry = registry;
    readings =
        Counter.builder("edge.sparkplug.readings")
            .baseUnit("readings")
            .description("Readings made of metrics, births and deaths")
            .register(registry);
    rebirths =
        Counter.builder("edge.sparkplug.rebirths")
            .baseUnit("requests")
            .description("Requests to edge nodes for a birth")
            .register(registry);
    skipped =
        Counter.builder("edge.sparkplug.skipped")
            .baseUnit("metrics")
            .description("Metrics not kept: transient ones, and names that are no topic")
            .register(registry);
  }

  void nodes(String state, Supplier<Number> count) {
    Gauge.builder("edge.sparkplug.nodes", count)
        .description("Edge nodes by what is known of them")
        .tag("state", state)
        .register(registry);
  }

  void waiting(Supplier<Number> count, int most) {
    Gauge.builder("edge.sparkplug.waiting", count)
        .baseUnit("messages")
        .description("Messages that wait to be decoded; at most " + most)
        .register(registry);
  }

  void message(SparkplugTopic.MessageType type) {
    Counter.builder("edge.sparkplug.messages")
        .baseUnit("messages")
        .description("Messages of edge nodes")
        .tag("type", type.name())
        .register(registry)
        .increment();
  }

  void refused(Refused reason) {
    Counter.builder("edge.sparkplug.refused")
        .baseUnit("messages")
        .description("Messages of which no reading is made")
        .tag("reason", reason.text())
        .register(registry)
        .increment();
  }

  void reading() {
    readings.increment();
  }

  void rebirth() {
    rebirths.increment();
  }

  void skipped() {
    skipped.increment();
  }
}
