package io.headwater.edge.mqtt;

import io.headwater.edge.log.Append;
import io.headwater.edge.log.CommittedRows;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
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

  /** With the filters that they are indexed by. */
  private final Map<FeedReader, Map<String, Subscription>> subscribers = new LinkedHashMap<>();

  private final FilterIndex index = new FilterIndex();
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
    Set<FeedReader> concerned = concerned(rows);
    for (FeedReader subscriber : new ArrayList<>(subscribers.keySet())) {
      if (concerned.contains(subscriber) || !subscriber.passes(rows.firstSeq(), rows.nextSeq())) {
        subscriber.pump();
      }
    }
  }

  /** Those among whose filters one may fit a row: with many subscribers the others cost little. */
  @SuppressWarnings("ReferenceEquality") // a change makes another map; comparing all would be dear
  private Set<FeedReader> concerned(CommittedRows rows) {
    for (var entry : subscribers.entrySet()) {
      Map<String, Subscription> now = entry.getKey().filters();
      if (now != null && now != entry.getValue()) {
        entry.getValue().keySet().forEach(filter -> index.remove(filter, entry.getKey()));
        now.keySet().forEach(filter -> index.add(filter, entry.getKey()));
        entry.setValue(now);
      }
    }
    var found = new HashSet<FeedReader>();
    for (Append row : rows.rows()) {
      index.find(row.mqttTopic(), found);
    }
    return found;
  }

  /** Before the subscriber asks for its place in the log: from there on it misses nothing. */
  void add(FeedReader subscriber) {
    if (subscribers.putIfAbsent(subscriber, Map.of()) == null) {
      wanted.incrementAndGet();
    }
  }

  void remove(FeedReader subscriber) {
    Map<String, Subscription> filters = subscribers.remove(subscriber);
    if (filters == null) {
      return;
    }
    filters.keySet().forEach(filter -> index.remove(filter, subscriber));
    if (wanted.decrementAndGet() == 0) {
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
    for (FeedReader subscriber : new ArrayList<>(subscribers.keySet())) {
      subscriber.tick();
    }
  }
}
