package io.headwater.hub.kafka.metadata;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.PreferredLeaderNotAvailableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * What clients ask for of the leaders and replicas of single partitions, decided from a snapshot.
 * All brokers reach all records: a partition that gets other replicas has them at once.
 *
 * @param changed topics as they should be
 * @param refused why not, by partition; the others got what was asked for
 */
record Placement(List<Topic> changed, Map<TopicPartition, ApiException> refused) {

  /** Decides for one partition: what it should be, or throws why not. */
  private interface Wish {
    Partition of(Partition partition);
  }

  /**
   * Lets partitions be led by the first of their replicas.
   *
   * @return refused: {@link ElectionNotNeededException}, {@link
   *     PreferredLeaderNotAvailableException}, {@link UnknownTopicOrPartitionException}
   */
  static Placement preferred(TopicsSnapshot snapshot, Collection<TopicPartition> wanted) {
    var wishes = new LinkedHashMap<TopicPartition, Wish>();
    wanted.forEach(one -> wishes.put(one, partition -> preferred(snapshot, one, partition)));
    return decide(snapshot, wishes);
  }

  private static Partition preferred(
      TopicsSnapshot snapshot, TopicPartition name, Partition partition) {
    int first = partition.replicas().getFirst();
    if (partition.leader() == first) {
      throw new ElectionNotNeededException(
          "%s is led by the first of its replicas, broker %d".formatted(name, first));
    }
    Broker broker = snapshot.brokers().get(first);
    if (broker == null || broker.leaving()) {
      throw new PreferredLeaderNotAvailableException(
          "broker %d, the first of the replicas of %s, is not there".formatted(first, name));
    }
    return new Partition(
        partition.index(), first, partition.leaderEpoch() + 1, partition.replicas());
  }

  /**
   * Gives partitions other replicas, and another leader if theirs is not among them.
   *
   * @return refused: {@link InvalidReplicaAssignmentException}, {@link
   *     UnknownTopicOrPartitionException}
   */
  static Placement placed(TopicsSnapshot snapshot, Map<TopicPartition, List<Integer>> wanted) {
    var wishes = new LinkedHashMap<TopicPartition, Wish>();
    wanted.forEach((one, replicas) ->
        wishes.put(one, partition -> placed(snapshot, one, partition, replicas)));
    return decide(snapshot, wishes);
  }

  private static Partition placed(
      TopicsSnapshot snapshot, TopicPartition name, Partition partition, List<Integer> replicas) {
    if (replicas.isEmpty() || replicas.stream().distinct().count() != replicas.size()) {
      throw new InvalidReplicaAssignmentException(
          "replicas %s of %s: name one broker at least, and none twice".formatted(replicas, name));
    }
    for (int replica : replicas) {
      if (!snapshot.brokers().containsKey(replica)) {
        throw new InvalidReplicaAssignmentException(
            "replicas %s of %s: there is no broker %d; there are %s"
                .formatted(replicas, name, replica, snapshot.brokers().keySet()));
      }
    }
    boolean stays = replicas.contains(partition.leader());
    return new Partition(
        partition.index(),
        stays ? partition.leader() : replicas.getFirst(),
        stays ? partition.leaderEpoch() : partition.leaderEpoch() + 1,
        replicas);
  }

  private static Placement decide(TopicsSnapshot snapshot, Map<TopicPartition, Wish> wishes) {
    var topics = new TreeMap<String, Topic>();
    var refused = new HashMap<TopicPartition, ApiException>();
    wishes.forEach((name, wish) -> {
      Optional<Partition> before = snapshot.partition(name);
      if (before.isEmpty()) {
        refused.put(
            name, new UnknownTopicOrPartitionException("Partition " + name + " does not exist."));
        return;
      }
      try {
        Partition after = wish.of(before.get());
        if (!after.equals(before.get())) {
          Topic topic =
              topics.getOrDefault(name.topic(), snapshot.topic(name.topic()).orElseThrow());
          var partitions = new ArrayList<>(topic.partitions());
          partitions.set(name.partition(), after);
          topics.put(
              name.topic(), new Topic(topic.name(), topic.id(), partitions, topic.configs()));
        }
      } catch (ApiException e) {
        refused.put(name, e);
      }
    });
    return new Placement(List.copyOf(topics.values()), refused);
  }
}
