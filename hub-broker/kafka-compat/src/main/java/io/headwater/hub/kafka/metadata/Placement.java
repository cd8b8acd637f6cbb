package io.headwater.hub.kafka.metadata;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.EligibleLeadersNotAvailableException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.NoReassignmentInProgressException;
import org.apache.kafka.common.errors.PreferredLeaderNotAvailableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.protocol.Errors;

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
   * Elects leaders: preferred ones, or any where nobody leads (unclean).
   *
   * @return refused: {@link ElectionNotNeededException}, {@link
   *     PreferredLeaderNotAvailableException}, {@link EligibleLeadersNotAvailableException}, {@link
   *     UnknownTopicOrPartitionException}
   */
  static Placement elected(
      TopicsSnapshot snapshot, ElectionType type, Collection<TopicPartition> wanted) {
    var wishes = new LinkedHashMap<TopicPartition, Wish>();
    wanted.forEach(one ->
        wishes.put(
            one,
            switch (type) {
              case PREFERRED -> partition -> preferred(snapshot, one, partition);
              case UNCLEAN -> partition -> any(snapshot, one, partition);
            }));
    return decide(snapshot, wishes);
  }

  private static Partition preferred(
      TopicsSnapshot snapshot, TopicPartition name, Partition partition) {
    int first = partition.replicas().getFirst();
    if (partition.leader() == first) {
      throw new ElectionNotNeededException(
          "%s is led by the first of its replicas, broker %d".formatted(name, first));
    }
    if (!snapshot.mayLead(first)) {
      throw new PreferredLeaderNotAvailableException(
          "broker %d, the first of the replicas of %s, is not there".formatted(first, name));
    }
    return partition.ledBy(first);
  }

  private static Partition any(TopicsSnapshot snapshot, TopicPartition name, Partition partition) {
    if (snapshot.brokers().containsKey(partition.leader())) {
      throw new ElectionNotNeededException(
          "%s is led by broker %d, which is there".formatted(name, partition.leader()));
    }
    Topic topic = Leadership.handOn(snapshot, name);
    Partition after = topic.partitions().get(partition.index());
    if (!snapshot.mayLead(after.leader())) {
      throw new EligibleLeadersNotAvailableException("no broker is there to lead " + name);
    }
    return after;
  }

  /**
   * Gives partitions other replicas, and another leader if theirs is not among them.
   *
   * @param wanted empty to end a move that is under way; none ever is
   * @return refused: {@link org.apache.kafka.common.errors.InvalidReplicaAssignmentException},
   *     {@link InvalidReplicationFactorException}, {@link NoReassignmentInProgressException},
   *     {@link UnknownTopicOrPartitionException}
   */
  static Placement placed(
      TopicsSnapshot snapshot,
      Map<TopicPartition, Optional<List<Integer>>> wanted,
      boolean mayChangeFactor) {
    var wishes = new LinkedHashMap<TopicPartition, Wish>();
    wanted.forEach((one, replicas) ->
        wishes.put(
            one,
            partition -> {
              List<Integer> chosen =
                  replicas.orElseThrow(() ->
                      new NoReassignmentInProgressException(
                          Errors.NO_REASSIGNMENT_IN_PROGRESS.message()));
              return placed(snapshot, partition, chosen, mayChangeFactor);
            }));
    return decide(snapshot, wishes);
  }

  private static Partition placed(
      TopicsSnapshot snapshot, Partition partition, List<Integer> chosen, boolean mayChangeFactor) {
    ChosenReplicas.check(snapshot, chosen, OptionalInt.empty());
    int before = partition.replicas().size();
    if (!mayChangeFactor && chosen.size() != before) {
      throw new InvalidReplicationFactorException(
          "The replication factor is changed from %d to %d".formatted(before, chosen.size()));
    }
    int first = ChosenReplicas.leader(snapshot, partition.index(), chosen);
    Partition placed = partition.placedOn(chosen);
    return chosen.contains(partition.leader()) ? placed : placed.ledBy(first);
  }

  private static Placement decide(TopicsSnapshot snapshot, Map<TopicPartition, Wish> wishes) {
    var topics = new TreeMap<String, Topic>();
    var refused = new HashMap<TopicPartition, ApiException>();
    wishes.forEach((name, wish) -> {
      Optional<Partition> before = snapshot.partition(name);
      if (before.isEmpty()) {
        refused.put(
            name,
            new UnknownTopicOrPartitionException(
                snapshot.topic(name.topic()).isEmpty()
                    ? "Unable to find a topic named %s.".formatted(name.topic())
                    : "Unable to find partition %s:%d.".formatted(name.topic(), name.partition())));
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
