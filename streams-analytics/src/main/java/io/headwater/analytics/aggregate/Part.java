package io.headwater.analytics.aggregate;

/** What is kept of a field beside its {@link Moments}, in the order in which it is stored. */
public enum Part {
  /** For the standard deviation. */
  SPREAD,
  /** For the first and the last reading. */
  ENDS,
  /** For the time-weighted mean. */
  POINTS,
  /** For percentiles. */
  SKETCH;

  int flag() {
    return 1 << ordinal();
  }
}
