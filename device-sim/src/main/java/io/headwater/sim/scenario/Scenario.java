package io.headwater.sim.scenario;

import io.headwater.sim.local.Part;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A run: phases one after the other, and bounds on the whole.
 *
 * @param name of the file without its ending, or of the ready scenario
 * @param about one line for people
 * @param lateAfter a reading first seen so long after it was due is late
 * @param drain so long nothing may arrive after the last phase until what is missing is lost
 * @param bounds on the whole run
 */
public record Scenario(
    String name,
    String about,
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
   * @param bounds on what is measured during the phase, or at its end
   */
  public record Phase(
      String name,
      Optional<Duration> length,
      Optional<Double> rate,
      List<Entry> faults,
      List<Bound> bounds) {
    public Phase {
      faults = List.copyOf(faults);
      bounds = List.copyOf(bounds);
    }
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
          if (fault instanceof Fault.OnLink(Link link, var _)) {
            links.add(link);
          }
        });
    return links;
  }

  /** Processes that some fault is about. */
  public Set<Part> parts() {
    var parts = EnumSet.noneOf(Part.class);
    faults()
        .forEach(fault -> {
          switch (fault) {
            case Fault.Kill(Part part) -> parts.add(part);
            case Fault.Restart(Part part) -> parts.add(part);
            case Fault.Suspend(Part part) -> parts.add(part);
            case Fault.Fill(Part part) -> parts.add(part);
            case Fault.OnLink _, Fault.Storm _ -> {
              // About no process.
            }
          }
        });
    return parts;
  }

  private List<Fault> faults() {
    return phases.stream().flatMap(phase -> phase.faults().stream()).map(Entry::fault).toList();
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
