package io.headwater.analytics;

import java.time.Duration;

/** What becomes of readings that come when their windows have been told, or are kept no more. */
sealed interface Late {
  /** They are counted. */
  record Drop() implements Late {}

  /** They are counted, and written to a topic of their own. */
  record Side(String topic) implements Late {}

  /**
   * A final window that has been told takes them nevertheless, and is told again. Others take them
   * anyway, as long as their grace lasts.
   *
   * @param keep how long after its end a window takes readings
   * @param after how long after the first such reading a window is told again, so that those which
   *     come with it are in the same result
   */
  record Recompute(Duration keep, Duration after) implements Late {}
}
