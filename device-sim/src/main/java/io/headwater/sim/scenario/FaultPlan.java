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
        strikes.add(new Strike(aimed(entry.fault(), scenario, random), begin, end));
      }
      if (phase.random().isPresent()) {
        draw(phase.random().get(), scenario, start, phaseEnd, random, strikes);
      }
      start = phaseEnd;
    }
    strikes.sort(Comparator.comparing(Strike::begin));
    return new FaultPlan(strikes);
  }

  /** One fault after the other, until the phase ends. */
  private static void draw(
      Scenario.Lottery lottery,
      Scenario scenario,
      Duration start,
      Duration end,
      SplittableRandom random,
      List<Strike> strikes) {
    Duration begin = start.plus(lottery.every().draw(random));
    while (begin.compareTo(end) < 0) {
      Scenario.Entry entry = lottery.faults().get(random.nextInt(lottery.faults().size()));
      Duration length = entry.length().map(span -> span.draw(random)).orElse(Duration.ZERO);
      Duration over = begin.plus(length);
      strikes.add(
          new Strike(
              aimed(entry.fault(), scenario, random), begin, over.compareTo(end) < 0 ? over : end));
      begin = begin.plus(lottery.every().draw(random));
    }
  }

  private static Fault aimed(Fault fault, Scenario scenario, SplittableRandom random) {
    return fault instanceof Fault.OnProcess about
        ? about.on(about.target().draw(scenario.layout(), random))
        : fault;
  }
}
