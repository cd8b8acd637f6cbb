package io.headwater.analytics;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.StateRestoreListener;

/**
 * How far the state of one query is rebuilt from the hub. Streams' threads write, whoever asks
 * reads.
 */
final class RestoreProgress implements StateRestoreListener {
  /**
   * @param partitions of changelogs that are not yet restored
   * @param records that were taken from them so far
   * @param total records that there are to take; an estimate, since compaction leaves holes
   */
  record Totals(int partitions, long records, long total) {}

  private record Part(long records, long total) {}

  private final Map<TopicPartition, Part> parts = new ConcurrentHashMap<>();

  @Override
  public void onRestoreStart(
      TopicPartition partition, String store, long startOffset, long endOffset) {
    parts.put(partition, new Part(0, Math.max(0, endOffset - startOffset)));
  }

  @Override
  public void onBatchRestored(
      TopicPartition partition, String store, long batchEndOffset, long restored) {
    parts.computeIfPresent(
        partition, (_, part) -> new Part(part.records() + restored, part.total()));
  }

  @Override
  public void onRestoreEnd(TopicPartition partition, String store, long restored) {
    parts.remove(partition);
  }

  @Override
  public void onRestoreSuspended(TopicPartition partition, String store, long restored) {
    parts.remove(partition);
  }

  /** The instance that restored has ended. */
  void clear() {
    parts.clear();
  }

  boolean isUnderWay() {
    return !parts.isEmpty();
  }

  Totals totals() {
    int partitions = 0;
    long records = 0;
    long total = 0;
    for (Part part : parts.values()) {
      partitions++;
      records += part.records();
      total += part.total();
    }
    return new Totals(partitions, records, total);
  }
}
