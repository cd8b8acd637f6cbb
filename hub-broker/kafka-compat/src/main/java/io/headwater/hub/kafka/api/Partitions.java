package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.FencedLeaderEpochException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnknownLeaderEpochException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.protocol.Errors;

/** Finds the logs that requests name. Thread-safe. */
public final class Partitions {
  private final LogEngine engine;
  private final TopicCatalog catalog;
  private final int nodeId;

  public Partitions(LogEngine engine, TopicCatalog catalog, int nodeId) {
    this.engine = engine;
    this.catalog = catalog;
    this.nodeId = nodeId;
  }

  /**
   * The topic's name, from its id where the request has one.
   *
   * @throws UnknownTopicIdException never an empty name for an unknown id
   */
  String name(Uuid id, String name) {
    if (Uuid.ZERO_UUID.equals(id)) {
      return name;
    }
    return catalog
        .current()
        .topic(id)
        .map(Topic::name)
        .orElseThrow(() -> new UnknownTopicIdException("no topic has the id " + id));
  }

  /** As {@link #name}, for what only counts: without a name for an unknown id. */
  String nameIfKnown(Uuid id, String name) {
    return Uuid.ZERO_UUID.equals(id)
        ? name
        : catalog.current().topic(id).map(Topic::name).orElse("");
  }

  Optional<Topic> topic(String name) {
    return catalog.current().topic(name);
  }

  /**
   * A partition as clients see it.
   *
   * @param leader -1 if nobody serves it: clients then wait, and leave the others alone
   * @param inSync those replicas that are alive, and a leader that is none while they are gone
   * @param offline the others; all, if this broker has lost the log until its next start
   */
  record Seen(int leader, List<Integer> inSync, List<Integer> offline) {
    Errors error() {
      return leader < 0 ? Errors.LEADER_NOT_AVAILABLE : Errors.NONE;
    }
  }

  Seen see(String topic, Partition partition) {
    if (partition.leader() == nodeId
        && engine.lost(new TopicPartition(topic, partition.index())).isPresent()) {
      return new Seen(-1, partition.replicas(), partition.replicas());
    }
    Set<Integer> alive = catalog.current().brokers().keySet();
    boolean isLed = alive.contains(partition.leader());
    var inSync = new ArrayList<>(partition.replicas());
    inSync.retainAll(alive);
    if (isLed && !inSync.contains(partition.leader())) {
      inSync.addFirst(partition.leader());
    }
    return new Seen(
        isLed ? partition.leader() : -1,
        inSync,
        partition.replicas().stream().filter(replica -> !alive.contains(replica)).toList());
  }

  /** Who leads a partition now, for a client that has asked the wrong broker (KIP-951). */
  Optional<Partition> current(Uuid topicId, String topic, int index) {
    return catalog.current().partition(new TopicPartition(nameIfKnown(topicId, topic), index));
  }

  /** Where a broker is reached. */
  Optional<Broker> broker(int id) {
    return Optional.ofNullable(catalog.current().brokers().get(id));
  }

  /** The log that this node serves, or the protocol's error. */
  PartitionLog serving(TopicPartition partition) {
    Partition known =
        catalog
            .current()
            .partition(partition)
            .orElseThrow(
                () -> new UnknownTopicOrPartitionException("there is no partition " + partition));
    if (known.leader() != nodeId) {
      throw new NotLeaderOrFollowerException(
          partition + " is led by broker " + known.leader() + ", not by " + nodeId);
    }
    return engine.require(partition);
  }

  /** As {@link #serving(TopicPartition)}; also checks the epoch that the client believes in. */
  PartitionLog serving(TopicPartition partition, int currentLeaderEpoch) {
    PartitionLog log = serving(partition);
    int epoch = leaderEpoch(partition);
    if (currentLeaderEpoch >= 0 && currentLeaderEpoch < epoch) {
      throw new FencedLeaderEpochException(
          "leader epoch " + currentLeaderEpoch + " of " + partition + " is over; now " + epoch);
    }
    if (currentLeaderEpoch > epoch) {
      throw new UnknownLeaderEpochException(
          "leader epoch "
              + currentLeaderEpoch
              + " of "
              + partition
              + " is not known; now "
              + epoch);
    }
    return log;
  }

  int leaderEpoch(TopicPartition partition) {
    return catalog.current().partition(partition).map(Partition::leaderEpoch).orElse(0);
  }
}
