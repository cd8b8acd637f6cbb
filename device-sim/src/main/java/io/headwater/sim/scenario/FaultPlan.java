package io.headwater.sim.scenario;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/** When each fault of a scenario begins and ends: the same for the same seed. */
public record FaultPlan(List<Strike> strikes) {
  public FaultPlan {
    strikes = List.copyOf(strikes);
  }

  /**
   * One fault.
   *
   * @param begin since the beginning of the run
   * @param end not before the beginning
   */
  public record Strike(Fault fault, Duration begin, Duration end) {}

  /** Draws what the scenario leaves open; faults by their beginnings. */
  public static FaultPlan draw(Scenario scenario, long seed) {
    var random = new SplittableRandom(seed);
    var strikes = new ArrayList<Strike>();
    Duration start = Duration.ZERO;
    for (Scenario.Phase phase : scenario.phases()) {
      // A phase without an end has no faults.
      Duration phaseEnd = start.plus(phase.length().orElse(Duration.ZERO));
      for (Scenario.Entry entry : phase.faults()) {
        Duration begin = start.plus(entry.at().draw(random));
        Duration end =
            entry.length().map(length -> begin.plus(length.draw(random))).orElse(phaseEnd);
        strikes.add(new Strike(entry.fault(), begin, end));
      }
      start = phaseEnd;
    }
    strikes.sort(Comparator.comparing(Strike::begin));
    return new FaultPlan(strikes);
  }
}
