package io.headwater.edge.input;

import io.headwater.edge.input.sensor.Fault;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** What inputs do. Thread-safe. */
final class InputMetrics {
  /** Why a reading did not come into the log. */
  enum Drop {
    /** There was no room in the log's queue. */
    QUEUE_FULL("queue-full"),
    /** It could not be committed. */
    NOT_COMMITTED("not-committed");

    private final String text;

    Drop(String text) {
      this.text = text;
    }
  }

  private final MeterRegistry registry;
  private final Timer lateness;
  private final Counter unchanged;
  private final Counter retries;
  private final Counter skipped;
  private final Counter good;
  private final Counter bad;

  InputMetrics(MeterRegistry registry) {
    this.registry = registry;
    lateness =
        Timer.builder("edge.inputs.lateness")
            .description("From the time at which a read is due until it begins")
            .serviceLevelObjectives(
                Duration.ofMillis(1),
                Duration.ofMillis(5),
                Duration.ofMillis(20),
                Duration.ofMillis(100),
                Duration.ofSeconds(1))
            .register(registry);
    unchanged =
        Counter.builder("edge.inputs.unchanged")
            .baseUnit("readings")
            .description("Readings not sent, as they do not differ from the last one")
            .register(registry);
    retries =
        Counter.builder("edge.inputs.retries")
            .baseUnit("reads")
            .description("Reads tried once more after a failure")
            .register(registry);
    skipped =
        Counter.builder("edge.inputs.skipped")
            .baseUnit("reads")
            .description("Reads whose time had passed by more than an interval")
            .register(registry);
    good = readings("good");
    bad = readings("bad");
  }

  void inputs(String state, Supplier<Number> count) {
    Gauge.builder("edge.inputs", count)
        .description("Declared inputs by what is known of them")
        .tag("state", state)
        .register(registry);
  }

  /** One for each input: they are as many as somebody has declared. */
  void input(String name, Supplier<Number> faulty) {
    Gauge.builder("edge.input.faulty", faulty)
        .description("1 while the input has no value")
        .tag("input", name)
        .register(registry);
  }

  void bus(String bus, Supplier<Number> waiting, Supplier<Number> stuckSeconds) {
    Gauge.builder("edge.inputs.waiting", waiting)
        .baseUnit("reads")
        .description("Reads that wait for the bus")
        .tag("bus", bus)
        .register(registry);
    Gauge.builder("edge.inputs.stuck", stuckSeconds)
        .baseUnit("seconds")
        .description("For how long a read has kept the bus beyond its timeout; 0 if none does")
        .tag("bus", bus)
        .register(registry);
  }

  void began(long lateNanos) {
    lateness.record(Math.max(0, lateNanos), TimeUnit.NANOSECONDS);
  }

  /** Of a type's reads, those that ended in a value. */
  Counter values(String type) {
    return reads(type, "value");
  }

  void fault(String type, Fault fault) {
    reads(type, fault.text()).increment();
  }

  private Counter reads(String type, String result) {
    return Counter.builder("edge.inputs.reads")
        .baseUnit("reads")
        .description("Reads by how they ended")
        .tag("type", type)
        .tag("result", result)
        .register(registry);
  }

  private Counter readings(String quality) {
    return Counter.builder("edge.inputs.readings")
        .baseUnit("readings")
        .description("Readings handed to the log")
        .tag("quality", quality)
        .register(registry);
  }

  void published(boolean isGood) {
    (isGood ? good : bad).increment();
  }

  void dropped(Drop reason) {
    Counter.builder("edge.inputs.dropped")
        .baseUnit("readings")
        .description("Readings that did not come into the log")
        .tag("reason", reason.text)
        .register(registry)
        .increment();
  }

  void unchanged() {
    unchanged.increment();
  }

  void retried() {
    retries.increment();
  }

  void skipped(long reads) {
    skipped.increment((double) reads);
  }
}
