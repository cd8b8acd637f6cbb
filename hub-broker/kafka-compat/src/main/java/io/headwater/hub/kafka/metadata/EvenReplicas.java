package io.headwater.hub.kafka.metadata;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;

/**
 * Replicas for new partitions where users choose none: each gets the leader that leads the fewest
 * partitions of this topic, among those the fewest of all topics; then the replicas that hold the
 * fewest. Brokers that are gone for now are taken only where there are too few others. Of equals
 * the lowest id wins, so that the same snapshot always gives the same answer.
 */
final class EvenReplicas {
  private final Set<Integer> mayLead = new TreeSet<>();
  private final Set<Integer> known = new TreeSet<>();
  private final Map<Integer, Integer> leads = new HashMap<>();
  private final Map<Integer, Integer> leadsInTopic = new HashMap<>();
  private final Map<Integer, Integer> holds = new HashMap<>();
  private final Map<Integer, Integer> holdsInTopic = new HashMap<>();

  private EvenReplicas(TopicsSnapshot snapshot, List<Partition> existing) {
    known.addAll(snapshot.brokers().keySet());
    known.addAll(snapshot.gone().keySet());
    known.stream().filter(snapshot::mayLead).forEach(mayLead::add);
    for (Topic topic : snapshot.topics().values()) {
      topic.partitions().forEach(partition -> count(partition, leads, holds));
    }
    existing.forEach(partition -> count(partition, leadsInTopic, holdsInTopic));
  }

  /**
   * @param existing partitions of the topic
   * @param count of those to come
   * @throws InvalidReplicationFactorException fewer brokers are known than {@code replication}, or
   *     none is there
   */
  static List<Partition> assign(
      TopicsSnapshot snapshot, List<Partition> existing, int count, int replication) {
    var load = new EvenReplicas(snapshot, existing);
    load.check(replication);
    var added = new ArrayList<Partition>(count);
    for (int i = 0; i < count; i++) {
      List<Integer> replicas = load.next(replication);
      added.add(new Partition(existing.size() + i, replicas.getFirst(), 0, replicas));
    }
    return added;
  }

  /** In Kafka's words, which tools and people know. */
  private void check(int replication) {
    String what = "Unable to replicate the partition " + replication + " time(s): ";
    if (replication < 1) {
      throw new InvalidReplicationFactorException(
          what + "the replication factor must be positive, or -1 for the default.");
    }
    if (mayLead.isEmpty()) {
      throw new InvalidReplicationFactorException(
          what + "All brokers are currently fenced or in controlled shutdown.");
    }
    if (replication > known.size()) {
      throw new InvalidReplicationFactorException(
          "%sThe target replication factor of %d cannot be reached because only %d broker(s) are registered."
              .formatted(what, replication, known.size()));
    }
  }

  private static void count(
      Partition partition, Map<Integer, Integer> leads, Map<Integer, Integer> holds) {
    leads.merge(partition.leader(), 1, Integer::sum);
    partition.replicas().forEach(broker -> holds.merge(broker, 1, Integer::sum));
  }

  /** Brokers for one more partition, its leader first. */
  private List<Integer> next(int replication) {
    int leader = least(mayLead, leadsInTopic, leads, Set.of());
    leads.merge(leader, 1, Integer::sum);
    leadsInTopic.merge(leader, 1, Integer::sum);
    var replicas = new LinkedHashSet<Integer>();
    replicas.add(leader);
    while (replicas.size() < replication) {
      Set<Integer> from = replicas.size() < mayLead.size() ? mayLead : known;
      replicas.add(least(from, holdsInTopic, holds, replicas));
    }
    for (int broker : replicas) {
      holds.merge(broker, 1, Integer::sum);
      holdsInTopic.merge(broker, 1, Integer::sum);
    }
    return List.copyOf(replicas);
  }

  private static int least(
      Set<Integer> from,
      Map<Integer, Integer> inTopic,
      Map<Integer, Integer> inAll,
      Set<Integer> taken) {
    return from.stream()
        .filter(broker -> !taken.contains(broker))
        .min(
            Comparator.comparingInt((Integer broker) -> inTopic.getOrDefault(broker, 0))
                .thenComparingInt(broker -> inAll.getOrDefault(broker, 0))
                .thenComparingInt(broker -> broker))
        .orElseThrow();
  }
}
