package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.FencedLeaderEpochException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnknownLeaderEpochException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

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
   * Whether nobody serves a partition that is there: its log is lost until the next start. Clients
   * are told that it has no leader, so that they wait and leave the others alone.
   */
  boolean isOffline(TopicPartition partition) {
    return engine.lost(partition).isPresent();
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
