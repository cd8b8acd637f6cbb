package io.headwater.edge.output;

import io.headwater.edge.input.DeviceNote;
import io.headwater.edge.input.Machines;
import io.headwater.edge.input.board.Pi4jBoard;
import io.headwater.edge.log.Append;
import io.headwater.edge.log.CommittedRows;
import io.headwater.edge.mqtt.PublishSink;
import io.headwater.process.Resources;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All outputs at work, a thread for each bus. Commands may come on any thread. */
public final class Outputs implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Outputs.class);

  private record Driven(OutputRun output, OutputWorker worker) {}

  private final Resources resources = new Resources();
  private final OutputMetrics metrics;
  private final List<FaultyOutput> misdeclared;
  private final List<OutputRun> outputs = new ArrayList<>();
  private final Map<String, List<Driven>> byTopic = new HashMap<>();

  /**
   * Sets all to their safe values; waits for none.
   *
   * @param machines what they are reached through
   * @param sink takes states, as it takes clients' publishes
   */
  public Outputs(OutputPlan plan, Machines machines, PublishSink sink, MeterRegistry registry) {
    this(plan, machines, sink, registry, System::nanoTime);
  }

  Outputs(
      OutputPlan plan,
      Machines machines,
      PublishSink sink,
      MeterRegistry registry,
      LongSupplier nanos) {
    metrics = new OutputMetrics(registry);
    misdeclared = plan.faulty();
    var buses = new LinkedHashMap<String, List<OutputRun>>();
    for (OutputSettings settings : plan.outputs()) {
      var report = new OutputReport(settings, sink, metrics);
      var run =
          new OutputRun(
              settings,
              initial -> settings.target().open(board(settings, machines), initial),
              report,
              metrics);
      outputs.add(run);
      buses.computeIfAbsent(settings.target().bus(), _ -> new ArrayList<>()).add(run);
      metrics.output(
          settings.name(),
          () -> report.value().isPresent() ? report.value().getAsInt() : Double.NaN,
          () -> report.problem().isPresent() ? 1 : 0);
    }
    metrics.outputs("good", () -> outputs.size() - faulty());
    metrics.outputs("faulty", this::faulty);
    metrics.outputs("misdeclared", misdeclared::size);
    tell();
    buses.forEach((bus, members) -> {
      OutputWorker worker = resources.open(bus, new OutputWorker(bus, members, nanos));
      metrics.bus(bus, worker::waiting);
      members.forEach(each ->
          byTopic
              .computeIfAbsent(each.settings().topic(), _ -> new ArrayList<>())
              .add(new Driven(each, worker)));
    });
  }

  private static Pi4jBoard board(OutputSettings settings, Machines machines) {
    return (settings.simulated() ? machines.simulated() : machines.real()).board();
  }

  private void tell() {
    for (FaultyOutput each : misdeclared) {
      LOGGER
          .atError()
          .addKeyValue("output", each.name())
          .addKeyValue("error", each.problem())
          .log("An output is not driven");
    }
    List<String> simulated = simulated();
    if (!simulated.isEmpty()) {
      LOGGER
          .atWarn()
          .addKeyValue("count", simulated.size())
          .addKeyValue("outputs", DeviceNote.some(simulated))
          .log("Outputs are simulated: nothing is switched");
    }
  }

  /** Takes the commands that are among the rows of a commit; quick. */
  public void committed(CommittedRows rows) {
    for (Append row : rows.rows()) {
      command(row.mqttTopic(), row.value());
    }
  }

  /** Takes a message of any topic: of most nobody here wants to know. Quick. */
  public void command(String topic, byte[] payload) {
    List<Driven> driven = byTopic.get(topic);
    if (driven == null) {
      return;
    }
    for (Driven each : driven) {
      if (!each.worker().offer(each.output(), payload)) {
        metrics.command(each.output().settings().target().type(), OutputMetrics.Result.QUEUE_FULL);
      }
    }
  }

  private int faulty() {
    return (int) outputs.stream().filter(each -> each.report().problem().isPresent()).count();
  }

  private List<String> simulated() {
    return outputs.stream()
        .filter(each -> each.settings().simulated())
        .map(each -> each.settings().name())
        .toList();
  }

  /** What an operator should know: which cannot be set, and which are simulated. */
  public Optional<String> note() {
    var faulty = new ArrayList<String>();
    misdeclared.forEach(each -> faulty.add(each.name() + " (" + each.problem() + ")"));
    for (OutputRun each : outputs) {
      each.report()
          .problem()
          .ifPresent(problem ->
              faulty.add(
                  DeviceNote.failing(
                      each.settings().name(), each.settings().where(), problem.text())));
    }
    return DeviceNote.of(faulty, "cannot be set", simulated());
  }

  /** Sets all to their safe values. */
  @Override
  public void close() {
    resources.close();
  }
}
