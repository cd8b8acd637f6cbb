package io.headwater.sim.fleet;

import java.util.ArrayList;
import java.util.List;

/**
 * How time passes for the schedule: counted in beats, one for each reading of each device. A change
 * of the rate changes how long a beat takes; what was due before stays due when it was. Immutable;
 * times are {@link System#nanoTime} values.
 */
final class Tempo {
  /** Not begun: nothing is due. */
  static final Tempo NONE = new Tempo(List.of());

  /** When a beat is due that no time brings, as long as the tempo is zero. */
  static final long NEVER = Long.MAX_VALUE;

  private final List<Stretch> stretches;

  /** From then on, until the next stretch. */
  private record Stretch(long fromNanos, double fromBeat, double beatsPerNano) {
    double beatAt(long nanos) {
      return fromBeat + (nanos - fromNanos) * beatsPerNano;
    }
  }

  private Tempo(List<Stretch> stretches) {
    this.stretches = stretches;
  }

  /** The same until then, and another tempo after. */
  Tempo from(long nanos, double beatsPerSecond) {
    var longer = new ArrayList<>(stretches);
    longer.add(new Stretch(nanos, Math.max(0, beatAt(nanos)), beatsPerSecond / 1e9));
    return new Tempo(List.copyOf(longer));
  }

  /** How many beats have passed; negative before the beginning. */
  double beatAt(long nanos) {
    for (int i = stretches.size() - 1; i >= 0; i--) {
      Stretch stretch = stretches.get(i);
      if (nanos - stretch.fromNanos >= 0) {
        return stretch.beatAt(nanos);
      }
    }
    return -1;
  }

  /** When a beat comes or came; {@link #NEVER} if only a change of the tempo can bring it. */
  long nanosAt(double beat) {
    for (int i = stretches.size() - 1; i >= 0; i--) {
      Stretch stretch = stretches.get(i);
      if (stretch.fromBeat < beat || i == 0) {
        return stretch.beatsPerNano == 0
            ? NEVER
            : stretch.fromNanos + Math.round((beat - stretch.fromBeat) / stretch.beatsPerNano);
      }
    }
    return NEVER;
  }
}
