package io.headwater.analytics;

import java.time.Duration;

/** What becomes of readings that come when their windows have been told, or are kept no more. */
sealed interface Late {
  /** They are counted. */
  record Drop() implements Late {}

  /** They are counted, and written to a topic of their own. */
  record Side(String topic) implements Late {}

  /**
   * They are in the results nevertheless, which are told again. A final window that has been told
   * still takes them while it is kept; others take them as long as their grace lasts. Beyond, the
   * window is computed anew from the topic.
   *
   * @param keep how long after its end a final window takes readings
   * @param after how long after the first such reading a window is told again at the latest, so
   *     that those which come with it are in the same result
   */
  record Recompute(Duration keep, Duration after) implements Late {}
}
