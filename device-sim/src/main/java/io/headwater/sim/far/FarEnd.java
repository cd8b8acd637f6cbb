package io.headwater.sim.far;

import io.headwater.sim.judge.Arrival;
import java.time.Duration;
import java.util.List;

/**
 * What arrives where the readings shall end up, from the moment of opening on. Confined to one
 * thread after it was opened.
 */
public interface FarEnd extends AutoCloseable {
  /** The next records, in order within each partition; none if none come within the time. */
  List<Arrival> poll(Duration wait);

  /**
   * How long the reader stood still at most although there was more to read; zero where that cannot
   * be seen.
   */
  default Duration longestStall() {
    return Duration.ZERO;
  }

  @Override
  void close();
}
