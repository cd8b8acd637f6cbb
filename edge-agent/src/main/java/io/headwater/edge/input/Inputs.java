package io.headwater.edge.input;

import io.headwater.edge.input.sensor.Fault;
import io.headwater.edge.mqtt.Publish;
import io.headwater.edge.mqtt.PublishSink;
import io.headwater.process.Resources;
import io.headwater.process.Threads;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All inputs at work: a thread for each bus, and one that keeps time. */
public final class Inputs implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Inputs.class);

  private final Resources resources = new Resources();
  private final LongSupplier nanos;
  private final Schedule schedule;
  private final List<InputRun> inputs = new ArrayList<>();
  private final List<FaultyInput> misdeclared;
  private volatile boolean closing;

  /**
   * Starts reading; waits for no sensor.
   *
   * @param machines what sensors are reached through
   * @param sink takes readings, as it takes clients' publishes
   */
  public Inputs(InputPlan plan, Machines machines, PublishSink sink, MeterRegistry registry) {
    this(plan, machines, sink, registry, System::nanoTime);
  }

  Inputs(
      InputPlan plan,
      Machines machines,
      PublishSink sink,
      MeterRegistry registry,
      LongSupplier nanos) {
    this.nanos = nanos;
    var metrics = new InputMetrics(registry);
    misdeclared = plan.faulty();
    schedule = new Schedule(metrics, new SplittableRandom());
    var buses = new LinkedHashMap<String, List<InputRun>>();
    for (InputSettings settings : plan.inputs()) {
      var report = new InputReport(settings, sink, metrics, nanos);
      var run = new InputRun(settings, machines.of(settings), report, metrics, nanos);
      inputs.add(run);
      buses.computeIfAbsent(settings.sensor().bus(), _ -> new ArrayList<>()).add(run);
      metrics.input(settings.name(), () -> report.fault().isPresent() ? 1 : 0);
    }
    metrics.inputs("good", () -> inputs.size() - faulty());
    metrics.inputs("faulty", this::faulty);
    metrics.inputs("misdeclared", misdeclared::size);
    tell(metrics, sink);
    start(buses, metrics);
  }

  private void start(Map<String, List<InputRun>> buses, InputMetrics metrics) {
    // The thread that keeps time is there before any bus can fail, and begins when all are planned.
    Thread keeper = Threads.factory("edge-input-scheduler").newThread(this::keepTime);
    long now = nanos.getAsLong();
    buses.forEach((name, members) -> {
      BusWorker worker =
          resources.open(
              name,
              new BusWorker(
                  name,
                  members,
                  (attempt, fault) -> {
                    schedule.failed(attempt, fault);
                    LockSupport.unpark(keeper);
                  },
                  nanos));
      schedule.add(worker, members, now);
      metrics.bus(name, worker::waiting, worker::stuckSeconds);
    });
    keeper.start();
    resources.onClose(
        "scheduler",
        () -> {
          closing = true;
          LockSupport.unpark(keeper);
          keeper.join();
        });
  }

  private void keepTime() {
    while (!closing) {
      LockSupport.parkNanos(this, schedule.poll(nanos.getAsLong()));
    }
  }

  private void tell(InputMetrics metrics, PublishSink sink) {
    for (FaultyInput each : misdeclared) {
      LOGGER
          .atError()
          .addKeyValue("input", each.name())
          .addKeyValue("error", each.problem())
          .log("An input is not read");
      each.topic()
          .ifPresent(topic -> {
            var publish =
                new Publish(
                    topic,
                    ReadingJson.fault(
                        each.name(), new FaultText(Fault.CONFIGURATION, each.problem())),
                    InputReport.publisher(each.name()),
                    null,
                    List.of(),
                    _ -> {});
            if (sink.offer(publish)) {
              metrics.published(false);
            } else {
              metrics.dropped(InputMetrics.Drop.QUEUE_FULL);
            }
          });
    }
    List<String> simulated = simulated();
    if (!simulated.isEmpty()) {
      LOGGER
          .atWarn()
          .addKeyValue("count", simulated.size())
          .addKeyValue("inputs", DeviceNote.some(simulated))
          .log("Inputs are simulated: their readings are made up");
    }
  }

  private int faulty() {
    return (int) inputs.stream().filter(each -> each.report().fault().isPresent()).count();
  }

  private List<String> simulated() {
    return inputs.stream()
        .filter(each -> each.settings().simulated())
        .map(each -> each.settings().name())
        .toList();
  }

  /** What an operator should know: which have no value, and which are simulated. */
  public Optional<String> note() {
    var faulty = new ArrayList<String>();
    misdeclared.forEach(each -> faulty.add(each.name() + " (" + each.problem() + ")"));
    for (InputRun each : inputs) {
      each.report()
          .fault()
          .ifPresent(fault ->
              faulty.add(
                  DeviceNote.failing(
                      each.settings().name(), each.settings().where(), fault.text())));
    }
    return DeviceNote.of(faulty, "without a value", simulated());
  }

  @Override
  public void close() {
    resources.close();
  }
}
