package io.headwater.hub.kafka.ledger;

import io.headwater.hub.kafka.log.LogMetrics;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.apache.kafka.common.TopicPartition;

/**
 * Partitions that could not be taken over, or whose ledgers have failed, and why; as many are in
 * the metrics. Thread-safe.
 */
final class LostLogs {
  private final ConcurrentMap<TopicPartition, String> reasons = new ConcurrentHashMap<>();
  private final LogMetrics metrics;

  LostLogs(LogMetrics metrics) {
    this.metrics = metrics;
  }

  void put(TopicPartition partition, String reason) {
    reasons.put(partition, reason);
    metrics.lostLogs(reasons.size());
  }

  /** False if it was lost already; then the first reason stays. */
  boolean putIfAbsent(TopicPartition partition, String reason) {
    boolean isNew = reasons.putIfAbsent(partition, reason) == null;
    metrics.lostLogs(reasons.size());
    return isNew;
  }

  void remove(TopicPartition partition) {
    reasons.remove(partition);
    metrics.lostLogs(reasons.size());
  }

  Optional<String> reason(TopicPartition partition) {
    return Optional.ofNullable(reasons.get(partition));
  }

  Map<TopicPartition, String> all() {
    return Map.copyOf(reasons);
  }

  boolean containsAll(Collection<TopicPartition> partitions) {
    return reasons.keySet().containsAll(partitions);
  }

  /** In one line for an operator; empty if none is lost. */
  Optional<String> problem() {
    return reasons.entrySet().stream()
        .findAny()
        .map(one ->
            "%d logs have no ledgers to write to, one is %s: %s"
                .formatted(reasons.size(), one.getKey(), one.getValue()));
  }
}
