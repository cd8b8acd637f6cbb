package io.headwater.hub.kafka;

import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the coordinators which partitions of their topics this broker leads: as the catalog says,
 * and as far as the logs are open. Each change of the leader epoch is an end and a beginning.
 *
 * <p>Feed it by two subscriptions: {@link #resign} before the logs follow a snapshot, so that a
 * coordinator has let go when a log is closed; {@link #elect} after that. Where a log opens later
 * than its snapshot came, {@link #opened} looks again. Thread-safe.
 */
final class Elections {
  private static final Logger LOGGER = LoggerFactory.getLogger(Elections.class);

  /** Whose state is kept in a topic. */
  interface Elected {
    /**
     * @throws RuntimeException it cannot begin; it will be asked again
     */
    void onElection(int partition, int leaderEpoch);

    /**
     * @param leaderEpoch what there is now, if it is known and above what there was
     */
    void onResignation(int partition, OptionalInt leaderEpoch);
  }

  /** Whether the log of a partition is open under a leader epoch. */
  @FunctionalInterface
  interface Logs {
    boolean isOpen(TopicPartition partition, int leaderEpoch);
  }

  private final int nodeId;
  private final Logs logs;
  private final Map<String, Elected> elected;

  /** The leader epochs under which partitions are led. Guarded by this. */
  private final Map<TopicPartition, Integer> led = new HashMap<>();

  /** The newest that has come. Guarded by this. */
  private @Nullable TopicsSnapshot newest;

  /**
   * @param elected by the topic that keeps their state
   */
  Elections(int nodeId, Logs logs, Map<String, Elected> elected) {
    this.nodeId = nodeId;
    this.logs = logs;
    this.elected = Map.copyOf(elected);
  }

  /** Ends what the snapshot gives to others, or to this broker anew. */
  synchronized void resign(TopicsSnapshot snapshot) {
    newest = snapshot;
    for (Iterator<Map.Entry<TopicPartition, Integer>> all = led.entrySet().iterator();
        all.hasNext(); ) {
      Map.Entry<TopicPartition, Integer> one = all.next();
      TopicPartition partition = one.getKey();
      int epoch = one.getValue();
      var now = snapshot.partition(partition);
      if (now.isPresent() && now.get().leader() == nodeId && now.get().leaderEpoch() == epoch) {
        continue;
      }
      all.remove();
      OptionalInt newEpoch =
          now.isPresent() && now.get().leaderEpoch() > epoch
              ? OptionalInt.of(now.get().leaderEpoch())
              : OptionalInt.empty();
      LOGGER
          .atInfo()
          .addKeyValue("topicName", partition.topic())
          .addKeyValue("partition", partition.partition())
          .addKeyValue("leaderEpoch", epoch)
          .log("A coordinator gives its partition up");
      coordinator(partition).onResignation(partition.partition(), newEpoch);
    }
  }

  /** Begins what the snapshot gives to this broker, where the log is open. */
  synchronized void elect(TopicsSnapshot snapshot) {
    newest = snapshot;
    opened();
  }

  /** As {@link #elect}, by the newest snapshot. May be repeated, by any thread. */
  synchronized void opened() {
    TopicsSnapshot snapshot = newest;
    if (snapshot != null) {
      elected.keySet().forEach(name -> snapshot.topic(name).ifPresent(this::begin));
    }
  }

  private void begin(Topic topic) {
    for (Partition partition : topic.partitions()) {
      var one = new TopicPartition(topic.name(), partition.index());
      int epoch = partition.leaderEpoch();
      if (partition.leader() != nodeId || led.containsKey(one) || !logs.isOpen(one, epoch)) {
        continue;
      }
      try {
        coordinator(one).onElection(partition.index(), epoch);
        led.put(one, epoch);
      } catch (RuntimeException e) {
        LOGGER
            .atWarn()
            .addKeyValue("topicName", topic.name())
            .addKeyValue("partition", partition.index())
            .setCause(e)
            .log("A coordinator cannot take its partition over");
      }
    }
  }

  private Elected coordinator(TopicPartition partition) {
    Elected coordinator = elected.get(partition.topic());
    if (coordinator == null) {
      throw new IllegalStateException("no coordinator keeps its state in " + partition);
    }
    return coordinator;
  }
}
