package io.headwater.hub.kafka.txn;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.server.common.TransactionVersion;

/**
 * Partitions that producers want in a transaction, and that no step has taken yet. What one
 * producer wants is taken at once. Confined to the coordinator's thread.
 */
final class Additions {
  /** Who adds. */
  record Adder(ProducerEpoch producer, TransactionVersion version) {}

  /** What one request, or a partition of one, wants. */
  record Addition(Set<TopicPartition> partitions, CompletableFuture<Void> done) {}

  /**
   * All that one adder wants.
   *
   * @param done ends all of them
   */
  record Group(Adder adder, Set<TopicPartition> partitions, CompletableFuture<Void> done) {}

  private final Map<Adder, List<Addition>> waiting = new LinkedHashMap<>();

  Addition add(Adder adder, Set<TopicPartition> partitions) {
    var addition = new Addition(partitions, new CompletableFuture<>());
    waiting.computeIfAbsent(adder, _ -> new ArrayList<>()).add(addition);
    return addition;
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  List<Addition> all() {
    return waiting.values().stream().flatMap(List::stream).toList();
  }

  /** Takes what the adder wants who has waited longest; only if there is one. */
  Group takeNext() {
    var entries = waiting.entrySet().iterator();
    Map.Entry<Adder, List<Addition>> next = entries.next();
    entries.remove();
    var partitions = new HashSet<TopicPartition>();
    var done = new CompletableFuture<Void>();
    for (Addition addition : next.getValue()) {
      partitions.addAll(addition.partitions());
      done.whenComplete((_, failure) -> {
        if (failure == null) {
          addition.done().complete(null);
        } else {
          addition.done().completeExceptionally(failure);
        }
      });
    }
    return new Group(next.getKey(), partitions, done);
  }

  /** Fails one that still waits; those that were taken wait for the disk, as long as that takes. */
  void giveUp(Addition addition, Exception why) {
    if (waiting.values().stream().anyMatch(all -> all.remove(addition))) {
      waiting.values().removeIf(List::isEmpty);
      addition.done().completeExceptionally(why);
    }
  }
}
