package io.headwater.hub.kafka;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.StoredCatalog;
import io.headwater.hub.kafka.metadata.Topic;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets others lead what a broker leads that is about to stop, and has said so: a few partitions at
 * a time, and the next ones when those are taken. A partition is without a leader for as long as it
 * takes to take over a few, however many there are. What is left when the time is over goes at
 * once.
 */
final class Handover {
  private static final Logger LOGGER = LoggerFactory.getLogger(Handover.class);
  private static final int AT_ONCE = 8;
  private static final long LOOK_MS = 5;

  /** Something may be wrong with one of them; the others must not wait for it. */
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
   * Hands on all that this broker leads, if somebody stays.
   *
   * @param time after which it is not done in small steps any more
   * @throws ExecutionException the catalog cannot be changed
   * @throws TimeoutException nor does it answer
   */
  void run(Duration time) throws InterruptedException, ExecutionException, TimeoutException {
    long end = System.nanoTime() + time.toNanos();
    int moved = 0;
    while (true) {
      boolean isLate = System.nanoTime() - end >= 0;
      Set<TopicPartition> next = led(isLate ? Integer.MAX_VALUE : AT_ONCE);
      if (next.isEmpty()) {
        break;
      }
      List<Topic> changed = catalog.handOver(next).get(time.toMillis(), TimeUnit.MILLISECONDS);
      if (changed.isEmpty()) {
        break;
      }
      moved += next.size();
      awaitTaken(changed, next);
      if (isLate) {
        break;
      }
    }
    if (moved > 0) {
      LOGGER.atInfo().addKeyValue("partitions", moved).log("Others lead what this broker has led");
    }
  }

  /** Some of what this broker leads. */
  private Set<TopicPartition> led(int most) {
    return catalog.current().topics().values().stream()
        .flatMap(topic ->
            topic.partitions().stream()
                .filter(partition -> partition.leader() == nodeId)
                .map(partition -> new TopicPartition(topic.name(), partition.index())))
        .limit(most)
        .collect(Collectors.toSet());
  }

  private void awaitTaken(List<Topic> changed, Set<TopicPartition> moved)
      throws InterruptedException {
    long end = System.nanoTime() + STEP_NANOS;
    try {
      for (Topic topic : changed) {
        for (Partition partition : topic.partitions()) {
          var name = new TopicPartition(topic.name(), partition.index());
          while (moved.contains(name)
              && System.nanoTime() - end < 0
              && !engine.isTaken(name, topic.id(), partition.leaderEpoch())) {
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
          }
        }
      }
    } catch (ApiException e) {
      LOGGER.atDebug().setCause(e).log("It is not known who has taken partitions over");
    }
  }
}
