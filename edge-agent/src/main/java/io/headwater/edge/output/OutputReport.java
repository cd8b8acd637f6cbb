package io.headwater.edge.output;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.edge.input.sensor.Fault;
import io.headwater.edge.mqtt.Publish;
import io.headwater.edge.mqtt.PublishSink;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes what an output is, as its state topic's retained message; docs/outputs.md has the
 * payload. Confined to the bus' thread, but for what is known now.
 */
final class OutputReport {
  private static final Logger LOGGER = LoggerFactory.getLogger(OutputReport.class);

  /** Why it is what it is. */
  enum Cause {
    START,
    COMMAND,
    WATCHDOG,
    RETRY,
    STOP,
    REFUSED;

    private String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Why it cannot be set.
   *
   * @param text one line for users
   */
  record Problem(Fault fault, String text) {}

  private final OutputSettings output;
  private final PublishSink sink;
  private final OutputMetrics metrics;
  private volatile OptionalInt value = OptionalInt.empty();
  private volatile Optional<Problem> problem = Optional.empty();

  OutputReport(OutputSettings output, PublishSink sink, OutputMetrics metrics) {
    this.output = output;
    this.sink = sink;
    this.metrics = metrics;
  }

  /** It is set. */
  void set(int to, Cause cause) {
    if (problem.isPresent()) {
      LOGGER.atInfo().addKeyValue("output", output.name()).log("An output can be set again");
    }
    value = OptionalInt.of(to);
    problem = Optional.empty();
    send(state().put("by", cause.text()));
  }

  /** It could not be set, and is nobody knows what. */
  void failed(int wanted, Problem why, Cause cause) {
    boolean news = problem.filter(known -> known.fault() == why.fault()).isEmpty();
    value = OptionalInt.empty();
    problem = Optional.of(why);
    if (news) {
      LOGGER
          .atWarn()
          .addKeyValue("output", output.name())
          .addKeyValue("where", output.where())
          .addKeyValue("fault", why.fault().text())
          .addKeyValue("error", why.text())
          .log("An output cannot be set");
    }
    if (news || cause != Cause.RETRY) {
      send(state().put("wanted", wanted).put("by", cause.text()));
    }
  }

  /** A command was none. */
  void refused(String why) {
    LOGGER
        .atDebug()
        .addKeyValue("output", output.name())
        .addKeyValue("error", why)
        .log("A command is refused");
    send(state().put("by", Cause.REFUSED.text()).put("refused", why));
  }

  /** What it was last set to; empty if that is not known. */
  OptionalInt value() {
    return value;
  }

  Optional<Problem> problem() {
    return problem;
  }

  private ObjectNode state() {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("name", output.name());
    value.ifPresent(known -> json.put("value", known));
    if (!output.target().unit().isEmpty()) {
      json.put("unit", output.target().unit());
    }
    json.put("quality", problem.isPresent() ? "bad" : "good");
    problem.ifPresent(why -> json.put("fault", why.fault().text()).put("message", why.text()));
    return json;
  }

  private void send(ObjectNode json) {
    if (output.simulated()) {
      json.put("simulated", true);
    }
    boolean taken =
        sink.offer(
            Publish.retained(
                output.state(),
                json.toString().getBytes(StandardCharsets.UTF_8),
                "$output/" + output.name(),
                outcome -> {
                  if (!outcome.isTaken()) {
                    metrics.droppedState();
                  }
                }));
    if (!taken) {
      metrics.droppedState();
    }
  }
}
