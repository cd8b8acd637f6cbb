package io.headwater.sim.far;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.function.ToLongFunction;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * How long a read_committed reader stands still before a partition that has more: behind a
 * transaction that its producer does not end, for example. The partition's high watermark is asked
 * for without waiting, so that a hub that is away does not hold back the reader; the time counts
 * all the same. Confined to one thread.
 */
final class StallWatch implements AutoCloseable {
  private static final long ASK_EVERY_NANOS = Duration.ofMillis(250).toNanos();

  private final Admin admin;
  private final Map<TopicPartition, Stall> stalls = new HashMap<>();
  private @Nullable Future<Map<TopicPartition, ListOffsetsResultInfo>> asked;
  private long askedNanos = System.nanoTime();
  private long longestNanos;

  /** The reader's position before the end, and since when it has been there. */
  private record Stall(long position, long sinceNanos) {}

  StallWatch(Admin admin) {
    this.admin = admin;
  }

  /**
   * Looks whether the reader has come further.
   *
   * @param position of the reader in a partition
   */
  void look(Collection<TopicPartition> partitions, ToLongFunction<TopicPartition> position) {
    long now = System.nanoTime();
    if (asked != null && asked.isDone()) {
      if (asked.state() == Future.State.SUCCESS) {
        asked
            .resultNow()
            .forEach((partition, end) ->
                look(partition, position.applyAsLong(partition), end.offset(), now));
      }
      asked = null;
    }
    if (asked == null && now - askedNanos > ASK_EVERY_NANOS && !partitions.isEmpty()) {
      askedNanos = now;
      var latest = new HashMap<TopicPartition, OffsetSpec>();
      partitions.forEach(partition -> latest.put(partition, OffsetSpec.latest()));
      asked =
          admin
              .listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
              .all()
              .toCompletionStage()
              .toCompletableFuture();
    }
    for (Map.Entry<TopicPartition, Stall> entry : stalls.entrySet()) {
      if (entry.getValue().position() == position.applyAsLong(entry.getKey())) {
        longestNanos = Math.max(longestNanos, now - entry.getValue().sinceNanos());
      }
    }
  }

  /** The high watermark was at {@code end} some moments ago. */
  private void look(TopicPartition partition, long position, long end, long now) {
    if (position >= end) {
      stalls.remove(partition);
    } else {
      stalls.compute(
          partition,
          (_, known) ->
              known != null && known.position() == position ? known : new Stall(position, now));
    }
  }

  Duration longest() {
    return Duration.ofNanos(longestNanos);
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(1));
  }
}
