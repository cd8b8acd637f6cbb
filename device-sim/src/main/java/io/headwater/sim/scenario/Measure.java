package io.headwater.sim.scenario;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What a bound can be set on. */
public enum Measure {
  ACKNOWLEDGED_P50(Scope.PHASE, Unit.MILLIS, false),
  ACKNOWLEDGED_P99(Scope.PHASE, Unit.MILLIS, false),
  ACKNOWLEDGED_MAX(Scope.PHASE, Unit.MILLIS, false),
  ARRIVED_P50(Scope.PHASE, Unit.MILLIS, false),
  ARRIVED_P99(Scope.PHASE, Unit.MILLIS, false),
  ARRIVED_MAX(Scope.PHASE, Unit.MILLIS, false),
  SCHEDULE_ERROR_P99(Scope.PHASE, Unit.MILLIS, false),
  /** A second, or per cent of the load's rate. */
  ACKNOWLEDGED_RATE(Scope.PHASE, Unit.COUNT_OR_PERCENT, true),
  /** A second, or per cent of the load's rate. */
  ARRIVED_RATE(Scope.PHASE, Unit.COUNT_OR_PERCENT, true),
  /** Acknowledged and not arrived when the phase ends. */
  ON_THE_WAY(Scope.PHASE, Unit.COUNT, false),
  /** Devices with a connection when the phase ends. */
  CONNECTED(Scope.PHASE, Unit.COUNT_OR_PERCENT, true),
  LOST(Scope.RUN, Unit.COUNT, false),
  DUPLICATED(Scope.RUN, Unit.COUNT, false),
  CORRUPTED(Scope.RUN, Unit.COUNT, false),
  RESENT(Scope.RUN, Unit.COUNT, false),
  REORDERED(Scope.RUN, Unit.COUNT, false),
  LATE(Scope.RUN, Unit.COUNT, false),
  /** So long a partition had more for a read_committed reader, and the reader stood still. */
  LONGEST_STALL(Scope.RUN, Unit.MILLIS, false),
  /** Readings acknowledged in the whole run. */
  ACKNOWLEDGED(Scope.RUN, Unit.COUNT, true),
  /** Readings found at the far end in the whole run. */
  ARRIVED(Scope.RUN, Unit.COUNT, true);

  /** Over what it is measured. */
  public enum Scope {
    PHASE,
    RUN
  }

  /** How a limit is written. */
  public enum Unit {
    MILLIS,
    COUNT,
    COUNT_OR_PERCENT
  }

  private final Scope scope;
  private final Unit unit;
  private final boolean atLeast;

  Measure(Scope scope, Unit unit, boolean atLeast) {
    this.scope = scope;
    this.unit = unit;
    this.atLeast = atLeast;
  }

  public Unit unit() {
    return unit;
  }

  /** Whether the limit is the least that is allowed; otherwise it is the most. */
  public boolean atLeast() {
    return atLeast;
  }

  /** As in scenario files: {@code arrived-p99}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static List<Measure> of(Scope scope) {
    return Arrays.stream(values()).filter(measure -> measure.scope == scope).toList();
  }
}
