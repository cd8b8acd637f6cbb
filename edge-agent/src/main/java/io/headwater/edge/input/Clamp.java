package io.headwater.edge.input;

/**
 * Bounds that values are held to.
 *
 * @param min not above {@code max}
 */
record Clamp(double min, double max) {
  Clamp {
    if (min > max) {
      throw new IllegalArgumentException("min " + min + " > max " + max);
    }
  }

  double apply(double value) {
    return Math.min(max, Math.max(min, value));
  }
}
