package io.headwater.edge.output;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Supplier;

/** What outputs do. Thread-safe. */
final class OutputMetrics {
  /** What became of a command. */
  enum Result {
    /** The output is what it was told to be. */
    SET("set"),
    /** It could not be set; that is tried again. */
    FAILED("failed"),
    /** The payload is none for this output. */
    BAD_PAYLOAD("bad-payload"),
    /** There was no room: commands came faster than the bus takes them. */
    QUEUE_FULL("queue-full");

    private final String text;

    Result(String text) {
      this.text = text;
    }
  }

  private final MeterRegistry registry;
  private final Counter watchdog;

  OutputMetrics(MeterRegistry registry) {
    this.registry = registry;
    watchdog =
        Counter.builder("edge.outputs.watchdog")
            .baseUnit("times")
            .description("Outputs set to their safe value as no command came for too long")
            .register(registry);
  }

  void outputs(String state, Supplier<Number> count) {
    Gauge.builder("edge.outputs", count)
        .description("Declared outputs by what is known of them")
        .tag("state", state)
        .register(registry);
  }

  /** One for each output: they are as many as somebody has declared. */
  void output(String name, Supplier<Number> value, Supplier<Number> faulty) {
    Gauge.builder("edge.output.value", value)
        .description("What the output was last set to; NaN while that is not known")
        .tag("output", name)
        .register(registry);
    Gauge.builder("edge.output.faulty", faulty)
        .description("1 while the output cannot be set")
        .tag("output", name)
        .register(registry);
  }

  void bus(String bus, Supplier<Number> waiting) {
    Gauge.builder("edge.outputs.waiting", waiting)
        .baseUnit("commands")
        .description("Commands that wait for the bus; at most " + OutputWorker.MOST_WAITING)
        .tag("bus", bus)
        .register(registry);
  }

  void command(String type, Result result) {
    Counter.builder("edge.outputs.commands")
        .baseUnit("commands")
        .description("Commands by what became of them")
        .tag("type", type)
        .tag("result", result.text)
        .register(registry)
        .increment();
  }

  void fellSafe() {
    watchdog.increment();
  }

  void droppedState() {
    Counter.builder("edge.outputs.dropped")
        .baseUnit("readings")
        .description("States that did not come into the log")
        .register(registry)
        .increment();
  }
}
