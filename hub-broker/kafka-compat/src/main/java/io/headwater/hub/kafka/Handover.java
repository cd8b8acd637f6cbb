package io.headwater.hub.kafka;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.StoredCatalog;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets others lead what a broker leads that is about to stop: a few partitions at a time, and the
 * next ones when those are taken. A partition is without a leader for as long as it takes to take
 * over a few, however many there are.
 */
final class Handover {
  private static final Logger LOGGER = LoggerFactory.getLogger(Handover.class);
  private static final int AT_ONCE = 8;
  private static final long LOOK_MS = 5;

  /** As long as something may be wrong with one of them; the others must not wait for it. */
  private static final long STEP_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final int nodeId;
  private final StoredCatalog catalog;
  private final LogEngine engine;

  Handover(int nodeId, StoredCatalog catalog, LogEngine engine) {
    this.nodeId = nodeId;
    this.catalog = catalog;
    this.engine = engine;
  }

  /**
   * Hands on, as long as others are there and until {@code endNanos}.
   *
   * @throws ExecutionException the catalog cannot be changed
   * @throws TimeoutException nor does it answer
   */
  void run(long endNanos) throws InterruptedException, ExecutionException, TimeoutException {
    int moved = 0;
    while (System.nanoTime() - endNanos < 0 && hasOthers(catalog.current())) {
      Set<TopicPartition> next = next(catalog.current());
      if (next.isEmpty()) {
        break;
      }
      long left = Math.max(0, endNanos - System.nanoTime());
      List<Topic> changed = catalog.handOver(next).get(left, TimeUnit.NANOSECONDS);
      if (changed.isEmpty()) {
        break;
      }
      moved += next.size();
      try {
        awaitTaken(changed, next, Math.min(endNanos, System.nanoTime() + STEP_NANOS));
      } catch (ApiException e) {
        LOGGER.atDebug().setCause(e).log("It is not known who has taken partitions over");
      }
    }
    if (moved > 0) {
      LOGGER.atInfo().addKeyValue("partitions", moved).log("Others lead what this broker has led");
    }
  }

  /** Waits until others lead all that this broker has led, if there are others. */
  void awaitNothingLed(long endNanos) throws InterruptedException {
    while (System.nanoTime() - endNanos < 0
        && hasOthers(catalog.current())
        && !next(catalog.current()).isEmpty()) {
      TimeUnit.MILLISECONDS.sleep(LOOK_MS);
    }
  }

  private boolean hasOthers(TopicsSnapshot snapshot) {
    return snapshot.brokers().values().stream()
        .anyMatch(broker -> broker.id() != nodeId && !broker.leaving());
  }

  /** Some of what this broker leads. */
  private Set<TopicPartition> next(TopicsSnapshot snapshot) {
    var next = new HashSet<TopicPartition>();
    for (Topic topic : snapshot.topics().values()) {
      for (Partition partition : topic.partitions()) {
        if (partition.leader() == nodeId) {
          next.add(new TopicPartition(topic.name(), partition.index()));
          if (next.size() == AT_ONCE) {
            return next;
          }
        }
      }
    }
    return next;
  }

  private void awaitTaken(List<Topic> changed, Set<TopicPartition> moved, long endNanos)
      throws InterruptedException {
    for (Topic topic : changed) {
      for (Partition partition : topic.partitions()) {
        var name = new TopicPartition(topic.name(), partition.index());
        while (moved.contains(name)
            && System.nanoTime() - endNanos < 0
            && !engine.isTaken(name, topic.id(), partition.leaderEpoch())) {
          TimeUnit.MILLISECONDS.sleep(LOOK_MS);
        }
      }
    }
  }
}
