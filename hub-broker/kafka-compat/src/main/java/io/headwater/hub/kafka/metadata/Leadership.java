package io.headwater.hub.kafka.metadata;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;

/**
 * Who should lead what, decided from a snapshot alone: the same snapshot always gives the same
 * answer. Leading costs memory and work and no copying, as all brokers reach all ledgers; so any
 * broker may lead any partition, and the replicas say where it is looked for first.
 *
 * <p>Replicas that users have chosen are never changed here: their partitions are led by the first
 * that is there, by any broker only while none is, and are not moved for balance.
 */
final class Leadership {
  private Leadership() {}

  /**
   * Gives partitions whose leader is not there to others: to that of its replicas which leads the
   * fewest (if they were chosen by hand, to the first), or if none of them is there, to that of all
   * brokers which does.
   *
   * @param leaving brokers that are there and want to go: they get nothing, and hand on themselves
   *     what they lead
   * @return the topics that change, as they should be; none if nobody is left to lead
   */
  static List<Topic> succeed(TopicsSnapshot snapshot, Set<Integer> leaving) {
    var load = new Load(snapshot, leaving);
    if (load.isEmpty()) {
      return List.of();
    }
    Map<String, List<Partition>> partitions = partitions(snapshot);
    partitions
        .values()
        .forEach(topic ->
            topic.replaceAll(partition ->
                load.has(partition.leader()) || leaving.contains(partition.leader())
                    ? partition
                    : partition.takenBy(load.successor(partition))));
    return changed(snapshot, partitions);
  }

  private static Map<String, List<Partition>> partitions(TopicsSnapshot snapshot) {
    var partitions = new TreeMap<String, List<Partition>>();
    snapshot
        .topics()
        .forEach((name, topic) -> partitions.put(name, new ArrayList<>(topic.partitions())));
    return partitions;
  }

  private static List<Topic> changed(
      TopicsSnapshot snapshot, Map<String, List<Partition>> partitions) {
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
    partitions.set(name.partition(), partition.takenBy(next));
    return new Topic(topic.name(), topic.id(), partitions, topic.configs());
  }

  /**
   * Gives some of the partitions of a broker that leaves to others as in {@link #succeed}, while it
   * goes on with the rest.
   *
   * @return the topics that change, as they should be; none if nobody stays
   */
  static List<Topic> handOver(TopicsSnapshot snapshot, int broker, Set<TopicPartition> names) {
    var load = new Load(snapshot, leaving(snapshot));
    if (load.isEmpty()) {
      return List.of();
    }
    Map<String, List<Partition>> partitions = partitions(snapshot);
    partitions.forEach((topic, all) ->
        all.replaceAll(partition ->
            partition.leader() == broker
                    && names.contains(new TopicPartition(topic, partition.index()))
                ? partition.takenBy(load.successor(partition))
                : partition));
    return changed(snapshot, partitions);
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
   * Gives partitions back to the first of their replicas where that is there, then moves as few as
   * it takes until no broker leads two more than another. Whoever gets one by that becomes the
   * first of its replicas, so that it is not given back.
   *
   * @param leaving brokers that are there and want to go
   * @return the topics that change, as they should be
   */
  static List<Topic> balance(TopicsSnapshot snapshot, Set<Integer> leaving) {
    var load = new Load(snapshot, leaving);
    Map<String, List<Partition>> partitions = partitions(snapshot);
    for (List<Partition> topic : partitions.values()) {
      topic.replaceAll(partition -> {
        int home = home(partition, load);
        if (home == partition.leader()) {
          return partition;
        }
        load.move(partition, home);
        return partition.ledBy(home);
      });
    }
    while (moveOne(partitions, load)) {
      // until nothing is left to move
    }
    return changed(snapshot, partitions);
  }

  /** Who should lead a partition, whatever others lead. */
  private static int home(Partition partition, Load load) {
    int first = partition.replicas().getFirst();
    if (load.has(first) || partition.replicas().contains(partition.leader())) {
      return load.has(first) ? first : partition.leader();
    }
    return partition.replicas().stream().filter(load::has).findFirst().orElse(partition.leader());
  }

  /**
   * Of the topic of which the one leads the most more than the other, the partition of whose
   * replicas the other comes first.
   */
  private static boolean moveOne(Map<String, List<Partition>> partitions, Load load) {
    Optional<Load.Pair> unequal = load.unequal();
    if (unequal.isEmpty()) {
      return false;
    }
    Load.Pair pair = unequal.get();
    List<Partition> most =
        partitions.values().stream()
            .filter(topic -> topic.stream().anyMatch(one -> isFree(one, pair.most())))
            .max(
                Comparator.comparingLong(
                    topic -> led(topic, pair.most()) - led(topic, pair.fewest())))
            .orElseThrow();
    Partition chosen =
        most.stream()
            .filter(partition -> isFree(partition, pair.most()))
            .min(Comparator.comparingInt(partition -> place(partition, pair.fewest())))
            .orElseThrow();
    load.move(chosen, pair.fewest());
    most.set(chosen.index(), chosen.givenTo(pair.fewest()));
    return true;
  }

  private static boolean isFree(Partition partition, int leader) {
    return partition.leader() == leader && !partition.byHand();
  }

  private static int place(Partition partition, int broker) {
    int place = partition.replicas().indexOf(broker);
    return place < 0 ? Integer.MAX_VALUE : place;
  }

  private static long led(List<Partition> topic, int broker) {
    return topic.stream().filter(partition -> partition.leader() == broker).count();
  }

  /** How many partitions each broker leads that may lead, and how many of those may be moved. */
  private static final class Load {
    /** Who leads the most of those of whom one may be moved, and who the fewest of all. */
    record Pair(int most, int fewest) {}

    private final TreeMap<Integer, Integer> leads = new TreeMap<>();
    private final Map<Integer, Integer> free = new HashMap<>();

    Load(TopicsSnapshot snapshot, Set<Integer> leaving) {
      var staying = new HashSet<>(snapshot.brokers().keySet());
      staying.removeAll(leaving);
      staying.forEach(broker -> leads.put(broker, 0));
      for (Topic topic : snapshot.topics().values()) {
        topic.partitions().forEach(partition -> count(partition, partition.leader(), 1));
      }
    }

    private void count(Partition partition, int leader, int change) {
      leads.computeIfPresent(leader, (_, count) -> count + change);
      free.merge(leader, partition.byHand() ? 0 : change, Integer::sum);
    }

    boolean isEmpty() {
      return leads.isEmpty();
    }

    boolean has(int broker) {
      return leads.containsKey(broker);
    }

    private int load(int broker) {
      return leads.getOrDefault(broker, 0);
    }

    int successor(Partition partition) {
      List<Integer> there = partition.replicas().stream().filter(this::has).toList();
      int next =
          partition.byHand() && !there.isEmpty()
              ? there.getFirst()
              : (there.isEmpty() ? leads.keySet() : new TreeSet<>(there))
                  .stream().min(Comparator.comparingInt(this::load)).orElseThrow();
      leads.merge(next, 1, Integer::sum);
      return next;
    }

    Optional<Pair> unequal() {
      Optional<Integer> most =
          leads.keySet().stream()
              .filter(broker -> free.getOrDefault(broker, 0) > 0)
              .max(Comparator.comparingInt(this::load));
      Optional<Integer> fewest = leads.keySet().stream().min(Comparator.comparingInt(this::load));
      return most.isEmpty() || fewest.isEmpty() || load(most.get()) - load(fewest.get()) < 2
          ? Optional.empty()
          : Optional.of(new Pair(most.get(), fewest.get()));
    }

    void move(Partition partition, int to) {
      count(partition, partition.leader(), -1);
      count(partition, to, 1);
    }
  }
}
