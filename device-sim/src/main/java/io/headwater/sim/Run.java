package io.headwater.sim;

import io.headwater.sim.far.Place;
import io.headwater.sim.far.Verifier;
import io.headwater.sim.fleet.Fleet;
import io.headwater.sim.fleet.FleetSettings;
import io.headwater.sim.judge.Ledger;
import io.headwater.sim.judge.Rules;
import io.headwater.sim.judge.RunListener;
import io.headwater.sim.judge.Verdict;
import io.headwater.sim.record.RunRecordWriter;
import io.headwater.sim.scenario.Bound;
import io.headwater.sim.scenario.FaultPlan;
import io.headwater.sim.scenario.Scenario;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One scenario and its verdict: the verifier takes its position, the fleet publishes phase by phase
 * while faults strike, what is due is waited for, and the verdict given. Confined to one thread; a
 * fault's lines come from its own.
 */
final class Run {
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(5);

  /** A run that was asked to end, or has failed, does not wait for as long as the scenario says. */
  private static final Duration SHORT_DRAIN = Duration.ofSeconds(15);

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final Scenario scenario;
  private final FleetSettings settings;
  private final Place place;
  private final FaultInjector injector;
  private final Optional<Path> recordFile;
  private final Clock clock;
  private final Interruption interruption;
  private final RunView view;

  private final Histogram acknowledgedMicros = new Histogram(2);
  private final Histogram arrivedMs = new Histogram(2);
  private final Histogram scheduleErrorMicros = new Histogram(2);
  private final ConcurrentLinkedQueue<String> faultsOfPhase = new ConcurrentLinkedQueue<>();

  /**
   * @param injector makes the scenario's faults
   * @param recordFile where everything that the verdict rests on is written
   */
  Run(
      Scenario scenario,
      FleetSettings settings,
      Place place,
      FaultInjector injector,
      Optional<Path> recordFile,
      Clock clock,
      Interruption interruption,
      RunView view) {
    this.scenario = scenario;
    this.settings = settings;
    this.place = place;
    this.injector = injector;
    this.recordFile = recordFile;
    this.clock = clock;
    this.interruption = interruption;
    this.view = view;
  }

  RunResult execute() {
    injector.require(scenario);
    var rules = new Rules(scenario.lateAfter().toMillis(), settings.protocol().qos() == 2);
    if (recordFile.isEmpty()) {
      return execute(rules, null);
    }
    try (RunRecordWriter written =
        RunRecordWriter.open(
            recordFile.get(),
            scenario.name(),
            settings.devicePrefix(),
            rules,
            settings.seed(),
            clock)) {
      RunResult result = execute(rules, written);
      written.verdict(result.verdict());
      return result;
    }
  }

  private RunResult execute(Rules rules, @Nullable RunRecordWriter written) {
    RunListener listener = written == null ? RunListener.NONE : written;
    var ledger = new Ledger(listener);
    try (Verifier verifier =
            Verifier.start(place, settings.devicePrefix(), rules, ledger, listener, clock);
        var fleet = new Fleet(settings, ledger, clock)) {
      fleet.connect(CONNECT_WITHIN);
      fleet.begin();
      long start = System.nanoTime();
      var faults =
          new FaultDriver(
              FaultPlan.draw(scenario, settings.seed()),
              injector,
              fleet,
              start,
              line -> {
                faultsOfPhase.add(line);
                note(written, line);
              });
      var running = new Running(verifier, fleet, faults, start);
      var phases = new ArrayList<RunResult.Phase>();
      Optional<String> endedBy = Optional.empty();
      long end = start;
      for (Scenario.Phase phase : scenario.phases()) {
        if (scenario.phases().size() > 1) {
          note(written, "phase " + phase.name());
        }
        phase.rate().ifPresent(fleet::rate);
        end += phase.length().map(Duration::toNanos).orElse(Long.MAX_VALUE / 2);
        endedBy = running.phase(phase, end, phases);
        if (endedBy.isPresent() || interruption.wasAsked()) {
          break;
        }
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      fleet.stop();
      faults.endAll();
      endedBy = endedBy.or(faults::failure);
      Verdict verdict = running.drain(endedBy.isPresent());
      view.end();
      return new RunResult(
          scenario.name(),
          settings,
          seconds,
          fleet.counts(),
          phases,
          verdict,
          verifier.longestStall(),
          outcomes(verdict, verifier.longestStall()),
          endedBy);
    }
  }

  private void note(@Nullable RunRecordWriter written, String line) {
    view.say(line);
    if (written != null) {
      written.note(line);
    }
  }

  /** What was measured since it was looked at last, about a second ago. */
  private record Second(Latency acknowledged, Latency arrived) {}

  /** What happens while the fleet works. */
  private final class Running {
    private final Verifier verifier;
    private final Fleet fleet;
    private final FaultDriver faults;
    private final long start;
    private long second;

    Running(Verifier verifier, Fleet fleet, FaultDriver faults, long start) {
      this.verifier = verifier;
      this.fleet = fleet;
      this.faults = faults;
      this.start = start;
    }

    /** Lets a phase pass; the reason if the run must end with it. */
    Optional<String> phase(Scenario.Phase phase, long end, List<RunResult.Phase> phases) {
      collect();
      acknowledgedMicros.reset();
      arrivedMs.reset();
      scheduleErrorMicros.reset();
      faultsOfPhase.clear();
      long began = System.nanoTime();
      Fleet.Counts before = fleet.counts();
      long arrivedBefore = verifier.arrivedCount();
      Optional<String> endedBy = Optional.empty();
      while (endedBy.isEmpty() && !interruption.wasAsked() && System.nanoTime() - end < 0) {
        long next = Math.min(end, start + (second + 1) * SECOND);
        if (!interruption.awaitAsked(next - System.nanoTime())
            && System.nanoTime() - (start + (second + 1) * SECOND) >= 0) {
          second++;
          status(phase.name());
          endedBy = injector.firstEnded().or(faults::failure);
        }
      }
      collect();
      boolean complete = System.nanoTime() - end >= 0;
      Fleet.Counts after = fleet.counts();
      long arrived = verifier.arrivedCount();
      double seconds = (System.nanoTime() - began) / 1e9;
      var measured =
          new RunResult.Phase(
              phase.name(),
              seconds,
              complete,
              after.readings() - before.readings(),
              after.acknowledged() - before.acknowledged(),
              arrived - arrivedBefore,
              Latency.of(acknowledgedMicros, 1_000),
              Latency.of(arrivedMs, 1),
              Latency.of(scheduleErrorMicros, 1_000),
              Math.max(0, after.acknowledged() - arrived),
              after.connected(),
              List.copyOf(faultsOfPhase),
              List.of());
      phases.add(complete ? judged(measured, phase) : measured);
      return endedBy;
    }

    private RunResult.Phase judged(RunResult.Phase measured, Scenario.Phase phase) {
      double rate = phase.rate().orElse(settings.rate());
      var outcomes = new ArrayList<RunResult.Outcome>();
      for (Bound bound : phase.bounds()) {
        double value = value(bound, measured);
        double whole =
            switch (bound.measure()) {
              case CONNECTED -> settings.devices();
              default -> rate;
            };
        outcomes.add(new RunResult.Outcome(bound, value, bound.holds(value, whole)));
      }
      return measured.withOutcomes(outcomes);
    }

    /** Takes what the histograms have gathered since. */
    private Second collect() {
      Histogram acknowledged = fleet.newLatencies();
      Histogram arrived = verifier.newLatencies();
      acknowledgedMicros.add(acknowledged);
      arrivedMs.add(arrived);
      scheduleErrorMicros.add(fleet.newScheduleErrors());
      return new Second(Latency.of(acknowledged, 1_000), Latency.of(arrived, 1));
    }

    private void status(String phase) {
      Second newest = collect();
      view.status(
          new RunView.Status(
              second,
              scenario.length(),
              phase,
              fleet.counts(),
              verifier.arrivedCount(),
              newest.acknowledged(),
              newest.arrived(),
              faults.inEffect()));
    }

    /** Waits for what is under way, and judges. */
    Verdict drain(boolean failed) {
      boolean asked = interruption.wasAsked();
      // When a process has died there is nothing to wait for.
      Duration patience =
          failed
              ? Duration.ofSeconds(2)
              : asked ? min(SHORT_DRAIN, scenario.drain()) : scenario.drain();
      long limit = System.nanoTime() + patience.toNanos();
      while (!fleet.drain(Duration.ofSeconds(1)) && System.nanoTime() - limit < 0) {
        second++;
        status("waiting for confirmations");
        if (!asked && interruption.wasAsked()) {
          break;
        }
      }
      verifier.end(patience);
      Optional<Verdict> verdict = verifier.await(Duration.ofSeconds(1));
      while (verdict.isEmpty()) {
        second++;
        status("waiting for the last readings");
        if (!asked && interruption.wasAsked()) {
          verifier.end(Duration.ofSeconds(1));
        }
        verdict = verifier.await(Duration.ofSeconds(1));
      }
      return verdict.get();
    }
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  private static double value(Bound bound, RunResult.Phase phase) {
    return switch (bound.measure()) {
      case ACKNOWLEDGED_P50 -> phase.acknowledgedLatency().p50();
      case ACKNOWLEDGED_P99 -> phase.acknowledgedLatency().p99();
      case ACKNOWLEDGED_MAX -> phase.acknowledgedLatency().max();
      case ARRIVED_P50 -> phase.arrivedLatency().p50();
      case ARRIVED_P99 -> phase.arrivedLatency().p99();
      case ARRIVED_MAX -> phase.arrivedLatency().max();
      case SCHEDULE_ERROR_P99 -> phase.scheduleError().p99();
      case ACKNOWLEDGED_RATE -> phase.acknowledged() / phase.seconds();
      case ARRIVED_RATE -> phase.arrived() / phase.seconds();
      case ON_THE_WAY -> phase.onTheWay();
      case CONNECTED -> phase.connected();
      case LOST,
          DUPLICATED,
          CORRUPTED,
          RESENT,
          REORDERED,
          LATE,
          LONGEST_STALL,
          ACKNOWLEDGED,
          ARRIVED ->
          throw new AssertionError(bound);
    };
  }

  private List<RunResult.Outcome> outcomes(Verdict verdict, Duration longestStall) {
    var outcomes = new ArrayList<RunResult.Outcome>();
    for (Bound bound : scenario.bounds()) {
      double value =
          switch (bound.measure()) {
            case LOST -> verdict.lost();
            case DUPLICATED -> verdict.duplicated().total();
            case CORRUPTED -> verdict.corrupted();
            case RESENT -> verdict.resent().total();
            case REORDERED -> verdict.reordered().total();
            case LATE -> verdict.late().total();
            case LONGEST_STALL -> longestStall.toMillis();
            case ACKNOWLEDGED -> verdict.readings().acknowledged();
            case ARRIVED -> verdict.arrived().total();
            case ACKNOWLEDGED_P50,
                ACKNOWLEDGED_P99,
                ACKNOWLEDGED_MAX,
                ARRIVED_P50,
                ARRIVED_P99,
                ARRIVED_MAX,
                SCHEDULE_ERROR_P99,
                ACKNOWLEDGED_RATE,
                ARRIVED_RATE,
                ON_THE_WAY,
                CONNECTED ->
                throw new AssertionError(bound);
          };
      outcomes.add(new RunResult.Outcome(bound, value, bound.holds(value, 0)));
    }
    return outcomes;
  }
}
