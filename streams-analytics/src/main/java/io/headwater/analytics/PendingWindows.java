package io.headwater.analytics;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Bytes;

/**
 * Overdue readings that have been read, whose windows have not been computed yet. Confined to its
 * thread.
 */
final class PendingWindows {
  /** So many are not waited with. */
  static final int MOST = 10_000;

  /** What the query itself tells of a window before comes first: at its next tick and commit. */
  private static final Duration LEAST = Duration.ofSeconds(1);

  private final Window kept;
  private final long afterMs;
  private final Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
  private final Map<String, Long> latecomers = new HashMap<>();
  private OverdueWindows windows;
  private long dueNanos;

  /**
   * @param after how long is waited from when the first one was noticed
   */
  PendingWindows(Window kept, Duration after) {
    this.kept = kept;
    this.afterMs = Math.max(LEAST.toMillis(), after.toMillis());
    this.windows = new OverdueWindows(kept);
  }

  /**
   * Takes one.
   *
   * @param nowMs by the clock, which may not be that of who noticed it, and may be set
   * @param nanos by {@link System#nanoTime}
   */
  void add(ConsumerRecord<byte[], byte[]> record, long nowMs, long nanos) {
    next.put(
        new TopicPartition(record.topic(), record.partition()),
        new OffsetAndMetadata(record.offset() + 1, record.leaderEpoch(), ""));
    Optional<Overdue> reading = Overdue.decode(record.value());
    if (record.key() == null || reading.isEmpty()) {
      return; // somebody else's
    }
    long waitMs = Math.clamp(record.timestamp() + afterMs - nowMs, 0, afterMs);
    long itsDueNanos = nanos + TimeUnit.MILLISECONDS.toNanos(waitMs);
    dueNanos = windows.isEmpty() || itsDueNanos - dueNanos < 0 ? itsDueNanos : dueNanos;
    windows.add(Bytes.wrap(record.key()), reading.get());
    latecomers.merge(reading.get().gateway(), record.timestamp(), Math::max);
  }

  /** Whether nothing more of the same is to be waited for. */
  boolean isDue(long nanos, Backlogs backlogs) {
    return !windows.isEmpty()
        && (windows.size() >= MOST
            || nanos - dueNanos >= 0
            || latecomers.entrySet().stream()
                .allMatch(each -> backlogs.settledSince(each.getKey(), each.getValue())));
  }

  OverdueWindows windows() {
    return windows;
  }

  /** Where reading goes on when these are done. */
  Map<TopicPartition, OffsetAndMetadata> next() {
    return Map.copyOf(next);
  }

  void clear() {
    next.clear();
    latecomers.clear();
    windows = new OverdueWindows(kept);
  }
}
