package io.headwater.analytics.aggregate;

import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What can be told of a field. */
enum Function {
  COUNT,
  SUM,
  MIN,
  MAX,
  MEAN,
  STDDEV(Part.SPREAD),
  FIRST(Part.ENDS),
  LAST(Part.ENDS),
  DELTA(Part.ENDS),
  RATE(Part.ENDS),
  TIME_WEIGHTED_MEAN(Part.POINTS),
  PERCENTILE(Part.SKETCH);

  private final @Nullable Part part;

  Function() {
    this.part = null;
  }

  Function(Part part) {
    this.part = part;
  }

  /** What a window must keep for it. */
  Set<Part> parts() {
    return part == null ? Set.of() : Set.of(part);
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
