package io.headwater.sim.judge;

/** A number of readings: of those acknowledged to their device, and of all others. */
public record Split(long acknowledged, long unacknowledged) {
  static final Split NONE = new Split(0, 0);

  public long total() {
    return acknowledged + unacknowledged;
  }

  Split plus(Split other) {
    return new Split(acknowledged + other.acknowledged, unacknowledged + other.unacknowledged);
  }
}
