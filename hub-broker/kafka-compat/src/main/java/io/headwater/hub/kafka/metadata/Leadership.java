package io.headwater.hub.kafka.metadata;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;

/**
 * Who should lead what, decided from a snapshot alone: the same snapshot always gives the same
 * answer. Leading costs memory and work and no copying, as all brokers reach all ledgers; so any
 * broker may lead any partition, and the replicas are only where it is looked for first.
 */
final class Leadership {
  private Leadership() {}

  /**
   * Gives partitions whose leader is not there to others: to that of its replicas which leads the
   * fewest, or if none of them is there, to that of all brokers which does, in the place of the one
   * before.
   *
   * @param leaving brokers that are there and want to go
   * @return the topics that change, as they should be; none if nobody is left to lead
   */
  static List<Topic> succeed(TopicsSnapshot snapshot, Set<Integer> leaving) {
    var load = new Load(snapshot, leaving);
    var changed = new ArrayList<Topic>();
    if (load.isEmpty()) {
      return changed;
    }
    for (Topic topic : snapshot.topics().values()) {
      var partitions = new ArrayList<>(topic.partitions());
      partitions.replaceAll(partition ->
          load.has(partition.leader()) ? partition : moved(partition, load.successor(partition)));
      if (!partitions.equals(topic.partitions())) {
        changed.add(new Topic(topic.name(), topic.id(), partitions, topic.configs()));
      }
    }
    return changed;
  }

  /**
   * Gives a partition on whose leader cannot serve it: to another broker as in {@link #succeed}, or
   * if there is no other, to the same one anew.
   *
   * @return its topic as it should be
   */
  static Topic handOn(TopicsSnapshot snapshot, TopicPartition name) {
    Topic topic = snapshot.topic(name.topic()).orElseThrow();
    Partition partition = topic.partitions().get(name.partition());
    Set<Integer> others = leaving(snapshot);
    others.add(partition.leader());
    var load = new Load(snapshot, others);
    int next = load.isEmpty() ? partition.leader() : load.successor(partition);
    var partitions = new ArrayList<>(topic.partitions());
    partitions.set(name.partition(), moved(partition, next));
    return new Topic(topic.name(), topic.id(), partitions, topic.configs());
  }

  /** Brokers that are there and want to go. */
  static Set<Integer> leaving(TopicsSnapshot snapshot) {
    var leaving = new HashSet<Integer>();
    snapshot.brokers().values().stream()
        .filter(Broker::leaving)
        .forEach(broker -> leaving.add(broker.id()));
    return leaving;
  }

  /**
   * Moves as few partitions as it takes until no broker leads two more than another.
   *
   * @param leaving brokers that are there and want to go
   * @return the topics that change, as they should be
   */
  static List<Topic> balance(TopicsSnapshot snapshot, Set<Integer> leaving) {
    var load = new Load(snapshot, leaving);
    var partitions = new TreeMap<String, List<Partition>>();
    snapshot
        .topics()
        .forEach((name, topic) -> partitions.put(name, new ArrayList<>(topic.partitions())));
    while (true) {
      Optional<Load.Pair> pair = load.unequal();
      if (pair.isEmpty() || !moveOne(partitions, pair.get(), load)) {
        break;
      }
    }
    var changed = new ArrayList<Topic>();
    for (Topic topic : snapshot.topics().values()) {
      List<Partition> now = partitions.getOrDefault(topic.name(), topic.partitions());
      if (!now.equals(topic.partitions())) {
        changed.add(new Topic(topic.name(), topic.id(), now, topic.configs()));
      }
    }
    return changed;
  }

  /**
   * Of the topic of which the one leads the most more than the other, the partition of whose
   * replicas the other comes first: who comes back gets what was his.
   */
  private static boolean moveOne(
      Map<String, List<Partition>> partitions, Load.Pair pair, Load load) {
    Optional<List<Partition>> most =
        partitions.values().stream()
            .filter(topic -> led(topic, pair.most()) > 0)
            .max(
                Comparator.comparingLong(
                    topic -> led(topic, pair.most()) - led(topic, pair.fewest())));
    if (most.isEmpty()) {
      return false;
    }
    Partition chosen =
        most.get().stream()
            .filter(partition -> partition.leader() == pair.most())
            .min(Comparator.comparingInt(partition -> place(partition, pair.fewest())))
            .orElseThrow();
    most.get().set(chosen.index(), moved(chosen, pair.fewest()));
    load.move(pair);
    return true;
  }

  private static int place(Partition partition, int broker) {
    int place = partition.replicas().indexOf(broker);
    return place < 0 ? Integer.MAX_VALUE : place;
  }

  private static long led(List<Partition> topic, int broker) {
    return topic.stream().filter(partition -> partition.leader() == broker).count();
  }

  private static Partition moved(Partition partition, int leader) {
    var replicas = new ArrayList<>(partition.replicas());
    if (!replicas.contains(leader)) {
      int place = Math.max(0, replicas.indexOf(partition.leader()));
      replicas.set(place, leader);
    }
    return new Partition(partition.index(), leader, partition.leaderEpoch() + 1, replicas);
  }

  /** How many partitions each broker leads that may lead. */
  private static final class Load {
    /** Who leads the most, and who the fewest. */
    record Pair(int most, int fewest) {}

    private final TreeMap<Integer, Integer> leads = new TreeMap<>();

    Load(TopicsSnapshot snapshot, Set<Integer> leaving) {
      var staying = new HashSet<>(snapshot.brokers().keySet());
      staying.removeAll(leaving);
      staying.forEach(broker -> leads.put(broker, 0));
      for (Topic topic : snapshot.topics().values()) {
        for (Partition partition : topic.partitions()) {
          leads.computeIfPresent(partition.leader(), (_, count) -> count + 1);
        }
      }
    }

    boolean isEmpty() {
      return leads.isEmpty();
    }

    boolean has(int broker) {
      return leads.containsKey(broker);
    }

    int successor(Partition partition) {
      int next =
          leads.keySet().stream()
              .min(
                  Comparator.comparing((Integer broker) -> !partition.replicas().contains(broker))
                      .thenComparingInt(broker -> leads.getOrDefault(broker, 0)))
              .orElseThrow();
      leads.merge(next, 1, Integer::sum);
      return next;
    }

    Optional<Pair> unequal() {
      if (leads.size() < 2) {
        return Optional.empty();
      }
      Comparator<Map.Entry<Integer, Integer>> byCount = Map.Entry.comparingByValue();
      var most = leads.entrySet().stream().max(byCount).orElseThrow();
      var fewest = leads.entrySet().stream().min(byCount).orElseThrow();
      return most.getValue() - fewest.getValue() < 2
          ? Optional.empty()
          : Optional.of(new Pair(most.getKey(), fewest.getKey()));
    }

    void move(Pair pair) {
      leads.merge(pair.most(), -1, Integer::sum);
      leads.merge(pair.fewest(), 1, Integer::sum);
    }
  }
}
