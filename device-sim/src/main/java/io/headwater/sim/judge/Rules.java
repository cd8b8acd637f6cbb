package io.headwater.sim.judge;

/**
 * What a verdict holds against a run.
 *
 * @param lateAfterMs a reading that is first seen so long after it was due is late
 * @param resentIsFault whether two attempts of one reading are a fault: at QoS 2, and on a route
 *     that removes repeated ids
 */
public record Rules(long lateAfterMs, boolean resentIsFault) {
  /** Late after a minute; resent is reported only. */
  public static final Rules DEFAULTS = new Rules(60_000, false);

  public Rules {
    if (lateAfterMs < 1) {
      throw new IllegalArgumentException("late after " + lateAfterMs + " ms < min 1 ms");
    }
  }
}
