package io.headwater.edge.input;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What becomes of one quantity that a sensor measures.
 *
 * @param index of the quantity among those of the sensor
 * @param topic whole, without placeholders
 * @param scale and {@code offset}: a reading is measured × scale + offset
 * @param clamp what readings are then held to
 * @param deadBand if present, a reading is sent only if it differs from the last one by more
 */
record ValueSettings(
    int index,
    String quantity,
    String topic,
    String unit,
    double scale,
    double offset,
    Optional<Clamp> clamp,
    OptionalDouble deadBand) {
  /** Of digits behind the point, beyond which only the arithmetic of doubles speaks. */
  private static final double PRECISION = 1e6;

  /** The reading before it is held to its bounds. */
  double calibrated(double measured) {
    double value = measured * scale + offset;
    return Math.abs(value) < 1e9 ? Math.rint(value * PRECISION) / PRECISION : value;
  }
}
