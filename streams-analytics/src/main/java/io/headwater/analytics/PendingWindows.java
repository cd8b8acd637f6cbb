package io.headwater.analytics;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Bytes;

/** Overdue readings that have been read, whose windows have not been computed yet. */
final class PendingWindows {
  /** So many are not waited with. */
  static final int MOST = 10_000;

  private final Window kept;
  private final Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
  private final Map<String, Long> latecomers = new HashMap<>();
  private OverdueWindows windows;
  private long firstNoticedMs = Long.MAX_VALUE;

  PendingWindows(Window kept) {
    this.kept = kept;
    this.windows = new OverdueWindows(kept);
  }

  void add(ConsumerRecord<byte[], byte[]> record) {
    next.put(
        new TopicPartition(record.topic(), record.partition()),
        new OffsetAndMetadata(record.offset() + 1, record.leaderEpoch(), ""));
    Optional<Overdue> reading = Overdue.decode(record.value());
    if (record.key() != null && reading.isPresent()) {
      windows.add(Bytes.wrap(record.key()), reading.get());
      firstNoticedMs = Math.min(firstNoticedMs, record.timestamp());
      latecomers.merge(reading.get().gateway(), record.timestamp(), Math::max);
    }
  }

  /** Whether nothing more of the same is to be waited for. */
  boolean isDue(long nowMs, Duration after, Backlogs backlogs) {
    return !windows.isEmpty()
        && (windows.size() >= MOST
            || nowMs >= firstNoticedMs + after.toMillis()
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
    firstNoticedMs = Long.MAX_VALUE;
  }
}
