package io.headwater.sim.scenario;

import io.headwater.sim.local.Layout;
import io.headwater.sim.local.Part;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A run: phases one after the other, and bounds on the whole.
 *
 * @param name of the file without its ending, or of the ready scenario
 * @param about one line for people
 * @param layout of the system that is started for it
 * @param lateAfter a reading first seen so long after it was due is late
 * @param drain so long nothing may arrive after the last phase until what is missing is lost
 * @param bounds on the whole run
 */
public record Scenario(
    String name,
    String about,
    Layout layout,
    Load load,
    Duration lateAfter,
    Duration drain,
    List<Phase> phases,
    List<Bound> bounds) {
  /** What must not happen in a run that does not say how often it may. */
  public static final List<Bound> NEVER =
      List.of(
          new Bound(Measure.LOST, 0, false),
          new Bound(Measure.DUPLICATED, 0, false),
          new Bound(Measure.CORRUPTED, 0, false));

  public Scenario {
    phases = List.copyOf(phases);
    bounds = List.copyOf(bounds);
    if (phases.isEmpty()) {
      throw new IllegalArgumentException("a scenario without a phase");
    }
  }

  /**
   * A part of the run.
   *
   * @param length absent only in a last phase that goes on until it is interrupted
   * @param rate readings a second from the beginning of the phase on, if it changes
   * @param random faults besides those
   * @param bounds on what is measured during the phase, or at its end
   */
  public record Phase(
      String name,
      Optional<Duration> length,
      Optional<Double> rate,
      List<Entry> faults,
      Optional<Lottery> random,
      List<Bound> bounds) {
    public Phase {
      faults = List.copyOf(faults);
      bounds = List.copyOf(bounds);
    }
  }

  /**
   * Faults that strike one after the other, each drawn from a list.
   *
   * @param every from one beginning to the next
   */
  public record Lottery(Span every, List<Entry> faults) {
    public Lottery {
      faults = List.copyOf(faults);
      if (faults.isEmpty()) {
        throw new IllegalArgumentException("no fault to draw");
      }
    }
  }

  /**
   * The same with other lengths of the phases whose faults are drawn.
   *
   * @return absent if there is no such phase
   */
  public Optional<Scenario> lasting(Duration length) {
    if (phases.stream().allMatch(phase -> phase.random().isEmpty())) {
      return Optional.empty();
    }
    List<Phase> changed =
        phases.stream()
            .map(phase ->
                phase.random().isEmpty()
                    ? phase
                    : new Phase(
                        phase.name(),
                        Optional.of(length),
                        phase.rate(),
                        phase.faults(),
                        phase.random(),
                        phase.bounds()))
            .toList();
    return Optional.of(new Scenario(name, about, layout, load, lateAfter, drain, changed, bounds));
  }

  /**
   * A fault of a phase.
   *
   * @param at from the beginning of the phase
   * @param length until it ends; absent: until the phase ends
   */
  public record Entry(Fault fault, Span at, Optional<Span> length) {}

  /** Links that some fault is about. */
  public Set<Link> links() {
    var links = EnumSet.noneOf(Link.class);
    faults()
        .forEach(fault -> {
          if (fault instanceof Fault.OnLink(Link link, var _, var _)) {
            links.add(link);
          }
        });
    return links;
  }

  /** Processes that some fault is about; of a fault that may strike any, none. */
  public Set<Part> parts() {
    var parts = EnumSet.noneOf(Part.class);
    targets().forEach(target -> target.part().ifPresent(parts::add));
    return parts;
  }

  /** What faults about processes aim at. */
  public List<Target> targets() {
    return faults().stream()
        .filter(Fault.OnProcess.class::isInstance)
        .map(fault -> ((Fault.OnProcess) fault).target())
        .toList();
  }

  private List<Fault> faults() {
    return phases.stream()
        .flatMap(phase ->
            Stream.concat(
                phase.faults().stream(),
                phase.random().stream().flatMap(lottery -> lottery.faults().stream())))
        .map(Entry::fault)
        .toList();
  }

  /** How long all phases are together; absent if the last one has no end. */
  public Optional<Duration> length() {
    Duration sum = Duration.ZERO;
    for (Phase phase : phases) {
      if (phase.length().isEmpty()) {
        return Optional.empty();
      }
      sum = sum.plus(phase.length().get());
    }
    return Optional.of(sum);
  }
}
