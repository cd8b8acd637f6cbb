package io.headwater.edge.mqtt;

import io.headwater.edge.log.CommittedRows;
import io.netty.util.concurrent.EventExecutor;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A feed for each event loop. Thread-safe. */
final class Feeds {
  private final Map<EventExecutor, LoopFeed> feeds = new ConcurrentHashMap<>();

  LoopFeed of(EventExecutor loop) {
    return feeds.computeIfAbsent(loop, LoopFeed::new);
  }

  /** Called by the writer. */
  void committed(CommittedRows rows) {
    for (LoopFeed feed : feeds.values()) {
      feed.committed(rows);
    }
  }
}
