package io.headwater.analytics;

import java.time.Duration;

/**
 * How readings are put into windows. Sizes are 1 s to 366 days, the grace, which is how long a
 * window still takes readings after its end, up to 366 days.
 */
sealed interface Window {
  Duration grace();

  /** Windows of one size, one after the other, the first at the Unix epoch. */
  record Tumbling(Duration size, Duration grace) implements Window {}

  /**
   * Windows of one size that begin at multiples of {@code every}.
   *
   * @param every at most the size, which it need not divide
   */
  record Hopping(Duration size, Duration every, Duration grace) implements Window {}

  /** A window per reading: what came in the {@code span} up to it, and what came after it. */
  record Sliding(Duration span, Duration grace) implements Window {}

  /** From a reading on until none has come for {@code gap}. */
  record Session(Duration gap, Duration grace) implements Window {}

  /** From its start to its end; the least that a session can have, which is nothing. */
  default long spanMs() {
    return switch (this) {
      case Tumbling(var size, _) -> ms(size);
      case Hopping(var size, _, _) -> ms(size);
      case Sliding(var span, _) -> ms(span);
      case Session _ -> 0;
    };
  }

  /** The same windows, which take readings for longer or shorter. */
  default Window withGrace(Duration other) {
    return switch (this) {
      case Tumbling(var size, _) -> new Tumbling(size, other);
      case Hopping(var size, var every, _) -> new Hopping(size, every, other);
      case Sliding(var span, _) -> new Sliding(span, other);
      case Session(var gap, _) -> new Session(gap, other);
    };
  }

  /**
   * When a window takes no more readings.
   *
   * @param endMs as Streams has it: of sliding windows and sessions the last instant in it
   * @return the first stream time at which it is closed
   */
  default long closesAtMs(long endMs) {
    return endMs
        + grace().toMillis()
        + switch (this) {
          case Tumbling _, Hopping _ -> 0;
          case Sliding _ -> 1;
          case Session session -> session.gap().toMillis() + 1;
        };
  }

  /** Whether all windows that a reading would belong to have been closed. */
  default boolean isLate(long timeMs, long streamTimeMs) {
    long lastEndMs =
        switch (this) {
          case Tumbling tumbling -> timeMs - timeMs % ms(tumbling.size()) + ms(tumbling.size());
          case Hopping hopping -> timeMs - timeMs % ms(hopping.every()) + ms(hopping.size());
          case Sliding sliding -> timeMs + ms(sliding.span());
          case Session _ -> timeMs;
        };
    return closesAtMs(lastEndMs) <= streamTimeMs;
  }

  /** Whether one of the windows that a reading would belong to has been closed. */
  default boolean isLateForSome(long timeMs, long streamTimeMs) {
    return switch (this) {
      case Tumbling _, Session _ -> isLate(timeMs, streamTimeMs);
      case Hopping(var size, var every, _) -> {
        long before = Math.floorDiv(timeMs - ms(size), ms(every)) * ms(every);
        yield closesAtMs(before + ms(every) + ms(size)) <= streamTimeMs;
      }
      case Sliding _ -> closesAtMs(timeMs) <= streamTimeMs;
    };
  }

  /** The end as it is told: of all kinds the first instant after the window. */
  default long endExclusiveMs(long endMs) {
    return switch (this) {
      case Tumbling _, Hopping _ -> endMs;
      case Sliding _, Session _ -> endMs + 1;
    };
  }

  private static long ms(Duration duration) {
    return duration.toMillis();
  }
}
