package io.headwater.edge.mqtt;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who follows the log by a {@link LoopFeed}. Called on its loop. */
interface FeedReader {
  /** More is committed. */
  void pump();

  /** What it may want, the same map until that changes; null for a reader that is always told. */
  default @Nullable Map<String, Subscription> filters() {
    return null;
  }

  /**
   * Nothing among these rows is for it.
   *
   * @return false if it does not stand right before them; then it is told as if there were
   */
  default boolean passes(long firstSeq, long nextSeq) {
    return false;
  }

  /** Each second. */
  void tick();
}
