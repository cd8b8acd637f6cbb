package io.headwater.edge.mqtt;

/** Who follows the log by a {@link LoopFeed}. Called on its loop. */
interface FeedReader {
  /** More is committed. */
  void pump();

  /** Each second. */
  void tick();
}
