package io.headwater.sim;

import io.headwater.sim.fleet.Fleet;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Shows people how a run goes. Called on the run's thread, but {@link #say} on any. */
interface RunView {
  /**
   * @param second since the beginning of the run
   * @param length of all phases together, if they have an end
   * @param phase what goes on now
   * @param counts of the fleet since the beginning
   * @param arrived readings since the beginning
   * @param acknowledgedLatency of the last second: from due to acknowledged
   * @param arrivedLatency of the last second: from due to seen first at the far end
   * @param faults in effect now
   */
  record Status(
      long second,
      Optional<Duration> length,
      String phase,
      Fleet.Counts counts,
      long arrived,
      Latency acknowledgedLatency,
      Latency arrivedLatency,
      List<String> faults) {
    /** Acknowledged and not arrived; resent and unconfirmed readings blur it a little. */
    long onTheWay() {
      return Math.max(0, counts.acknowledged() - arrived);
    }
  }

  /** Told once a second. */
  void status(Status status);

  /** A line that stays. */
  void say(String line);

  /** No more follows. */
  default void end() {}
}
