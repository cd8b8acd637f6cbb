package io.headwater.edge.mqtt;

import io.headwater.edge.log.CommittedRows;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Brings what is committed to the subscribers of one event loop, and keeps the newest of it for
 * those that are a little behind. Confined to the loop, but for {@link #committed}.
 *
 * <p>Without subscribers nothing is brought.
 */
final class LoopFeed {
  private static final long MOST_BYTES = 8 << 20;

  private final EventExecutor loop;
  private final Set<FeedReader> subscribers = new LinkedHashSet<>();
  private final AtomicInteger wanted = new AtomicInteger();
  private final TreeMap<Long, CommittedRows> ring = new TreeMap<>();
  private long ringBytes;
  private long end;

  LoopFeed(EventExecutor loop) {
    this.loop = loop;
    loop.scheduleWithFixedDelay(this::tick, 1, 1, TimeUnit.SECONDS);
  }

  /** Called by the writer. */
  void committed(CommittedRows rows) {
    if (wanted.get() > 0) {
      try {
        loop.execute(() -> take(rows));
      } catch (RejectedExecutionException _) {
        // The listener is closed.
      }
    }
  }

  private void take(CommittedRows rows) {
    if (subscribers.isEmpty()) {
      return;
    }
    ring.put(rows.firstSeq(), rows);
    ringBytes += rows.bytes();
    while (ringBytes > MOST_BYTES && ring.size() > 1) {
      ringBytes -= ring.pollFirstEntry().getValue().bytes();
    }
    end = Math.max(end, rows.nextSeq());
    for (FeedReader subscriber : new ArrayList<>(subscribers)) {
      subscriber.pump();
    }
  }

  /** Before the subscriber asks for its place in the log: from there on it misses nothing. */
  void add(FeedReader subscriber) {
    if (subscribers.add(subscriber)) {
      wanted.incrementAndGet();
    }
  }

  void remove(FeedReader subscriber) {
    if (subscribers.remove(subscriber) && wanted.decrementAndGet() == 0) {
      ring.clear();
      ringBytes = 0;
    }
  }

  /** Rows up to here are committed. */
  void reaches(long seq) {
    end = Math.max(end, seq);
  }

  /** The row behind the last one that is known to be committed. */
  long end() {
    return end;
  }

  /** The rows among which one is; null if they are not kept here. */
  @Nullable CommittedRows find(long seq) {
    Map.Entry<Long, CommittedRows> found = ring.floorEntry(seq);
    return found == null || seq >= found.getValue().nextSeq() ? null : found.getValue();
  }

  private void tick() {
    for (FeedReader subscriber : new ArrayList<>(subscribers)) {
      subscriber.tick();
    }
  }
}
