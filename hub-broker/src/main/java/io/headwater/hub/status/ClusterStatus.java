package io.headwater.hub.status;

import io.headwater.hub.bookkeeper.Stores;
import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.zookeeper.ClusterView.Catalog;
import io.headwater.hub.zookeeper.ClusterView.Registered;
import io.headwater.hub.zookeeper.ZooKeeperMember;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A cluster at one moment.
 *
 * @param at when it was looked at
 * @param zookeeper each member, as it answers for itself
 * @param contents what ZooKeeper holds; absent if it could not be read
 * @param failure why it could not be read, if that is not for want of a majority; else empty
 * @param bookies how many there are to be, if that is known
 */
public record ClusterStatus(
    Instant at,
    List<ZooKeeperMember> zookeeper,
    Optional<Contents> contents,
    String failure,
    OptionalInt bookies) {
  public ClusterStatus {
    zookeeper = List.copyOf(zookeeper);
  }

  /** How all of it is. */
  public enum State {
    WHOLE,
    DEGRADED,
    /** ZooKeeper could not be read. */
    UNKNOWN
  }

  /** What is wrong, and what to do next: two sentences without a full stop. */
  public record Problem(String what, String next) {}

  /** What ZooKeeper holds of a cluster. */
  public record Contents(Catalog catalog, Stores stores) {
    /** How many partitions a broker leads, those of the coordinators included. */
    long leads(int broker) {
      return count(topic -> true, broker);
    }

    /** How many partitions of groups' and transactions' coordinators it leads. */
    long coordinates(int broker) {
      return count(Topic::isInternal, broker);
    }

    private long count(Predicate<Topic> which, int broker) {
      return catalog.topics().stream()
          .filter(which)
          .flatMap(topic -> topic.partitions().stream())
          .filter(partition -> partition.leader() == broker)
          .count();
    }

    int partitions() {
      return catalog.topics().stream().mapToInt(topic -> topic.partitions().size()).sum();
    }

    /** Partitions whose leader is not registered: {@code topic-index}. */
    List<String> leaderless() {
      Set<Integer> there = registered();
      var leaderless = new ArrayList<String>();
      for (Topic topic : catalog.topics()) {
        for (Partition partition : topic.partitions()) {
          if (!there.contains(partition.leader())) {
            leaderless.add(topic.name() + "-" + partition.index());
          }
        }
      }
      return leaderless;
    }

    /** Brokers that partitions have among their replicas, and that are not registered. */
    SortedSet<Integer> missing() {
      var missing = new TreeSet<Integer>();
      catalog.topics().stream()
          .flatMap(topic -> topic.partitions().stream())
          .forEach(partition -> missing.addAll(partition.replicas()));
      missing.removeAll(registered());
      return missing;
    }

    private Set<Integer> registered() {
      return catalog.brokers().stream()
          .map(Registered::broker)
          .map(broker -> broker.id())
          .collect(Collectors.toSet());
    }
  }

  /** In the order in which to look at them. */
  public List<Problem> problems() {
    return Problems.of(this);
  }

  public State state() {
    if (contents.isEmpty()) {
      return State.UNKNOWN;
    }
    return problems().isEmpty() ? State.WHOLE : State.DEGRADED;
  }
}
