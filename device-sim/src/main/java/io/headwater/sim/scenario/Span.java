package io.headwater.sim.scenario;

import io.headwater.process.Durations;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * A time, or a range to draw one from: {@code 5s}, {@code 2s..8s}.
 *
 * @param max inclusive
 */
public record Span(Duration min, Duration max) {
  public Span {
    if (min.compareTo(max) > 0) {
      throw new IllegalArgumentException(min + " is above " + max);
    }
  }

  static final Span NONE = new Span(Duration.ZERO, Duration.ZERO);

  /** Reads the forms of the class comment; anything else is an IllegalArgumentException. */
  static Span parse(String text) {
    int dots = text.indexOf("..");
    if (dots < 0) {
      Duration time = Durations.parse(text);
      return new Span(time, time);
    }
    Duration min = Durations.parse(text.substring(0, dots));
    Duration max = Durations.parse(text.substring(dots + 2));
    if (min.compareTo(max) > 0) {
      throw new IllegalArgumentException("'" + text + "' begins after its end");
    }
    return new Span(min, max);
  }

  Duration draw(SplittableRandom random) {
    long spread = max.minus(min).toMillis();
    return spread == 0 ? min : min.plusMillis(random.nextLong(spread + 1));
  }
}
