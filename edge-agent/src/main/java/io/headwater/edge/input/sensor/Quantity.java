package io.headwater.edge.input.sensor;

/**
 * What a sensor measures.
 *
 * @param name in topics and readings: {@code temperature}
 * @param unit as in readings; empty if it has none
 * @param min and {@code max}: what the sensor can measure at most, before calibration; beyond that
 *     it is nonsense
 */
public record Quantity(String name, String unit, double min, double max) {
  /** The only one of a sensor that measures anything. */
  public static final String VALUE = "value";

  /** One without bounds. */
  public static Quantity of(String name, String unit) {
    return new Quantity(name, unit, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
  }

  /** Whether the sensor can have measured this. */
  public boolean isPossible(double value) {
    return Double.isFinite(value) && value >= min && value <= max;
  }
}
