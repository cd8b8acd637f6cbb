package io.headwater.edge.clock;

/**
 * Whose time is believed.
 *
 * @param trust when the device's own clock is
 * @param bridge whether the bridges' clock is, while the device's own is not
 */
public record ClockSettings(Trust trust, boolean bridge) {
  public static final ClockSettings DEFAULTS = new ClockSettings(Trust.SYNCHRONISED, true);

  /** When the device's own clock is right. */
  public enum Trust {
    /** While the kernel says that something synchronises it. */
    SYNCHRONISED,
    /** At all times: it has a clock chip with a battery that somebody sets. */
    ALWAYS,
    /** Never. */
    NEVER
  }
}
