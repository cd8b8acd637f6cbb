package io.headwater.hub.kafka.metadata;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/** All topics, brokers and settings of groups at one moment. Immutable. */
public final class TopicsSnapshot {
  private final long version;
  private final String clusterId;
  private final SortedMap<Integer, Broker> brokers;
  private final SortedMap<Integer, Broker> gone;
  private final SortedMap<String, Topic> topics;
  private final Map<Uuid, Topic> topicsById;
  private final SortedMap<String, Map<String, String>> groups;

  /** Of brokers that are all there, and no group with settings of its own. */
  public TopicsSnapshot(
      long version, String clusterId, Collection<Broker> brokers, Collection<Topic> topics) {
    this(version, clusterId, brokers, List.of(), topics, Map.of());
  }

  /**
   * @param known brokers; those that are among {@code brokers}, too, are there
   */
  public TopicsSnapshot(
      long version,
      String clusterId,
      Collection<Broker> brokers,
      Collection<Broker> known,
      Collection<Topic> topics,
      Map<String, Map<String, String>> groups) {
    this.version = version;
    this.clusterId = clusterId;
    var brokersById = new TreeMap<Integer, Broker>();
    brokers.forEach(broker -> brokersById.put(broker.id(), broker));
    this.brokers = Collections.unmodifiableSortedMap(brokersById);
    var goneById = new TreeMap<Integer, Broker>();
    known.forEach(broker -> goneById.put(broker.id(), broker));
    goneById.keySet().removeAll(brokersById.keySet());
    this.gone = Collections.unmodifiableSortedMap(goneById);
    var byName = new TreeMap<String, Topic>();
    var byId = new HashMap<Uuid, Topic>();
    for (Topic topic : topics) {
      byName.put(topic.name(), topic);
      byId.put(topic.id(), topic);
    }
    this.topics = Collections.unmodifiableSortedMap(byName);
    this.topicsById = byId;
    var configs = new TreeMap<String, Map<String, String>>();
    groups.forEach((group, settings) -> configs.put(group, Map.copyOf(settings)));
    this.groups = Collections.unmodifiableSortedMap(configs);
  }

  /** Rises with every change, over all brokers and restarts. */
  public long version() {
    return version;
  }

  public String clusterId() {
    return clusterId;
  }

  /** Those that are there, by id. */
  public SortedMap<Integer, Broker> brokers() {
    return brokers;
  }

  /** Those that were there, and are expected back, by id. */
  public SortedMap<Integer, Broker> gone() {
    return gone;
  }

  /** Whether a broker is there, or was and is expected back. */
  boolean knows(int broker) {
    return brokers.containsKey(broker) || gone.containsKey(broker);
  }

  /** Whether a broker is there and stays. */
  boolean mayLead(int broker) {
    Broker known = brokers.get(broker);
    return known != null && !known.leaving();
  }

  /** By name. */
  public SortedMap<String, Topic> topics() {
    return topics;
  }

  /** What is set on groups, by group and Kafka's keys. */
  public SortedMap<String, Map<String, String>> groups() {
    return groups;
  }

  public Optional<Topic> topic(String name) {
    return Optional.ofNullable(topics.get(name));
  }

  public Optional<Topic> topic(Uuid id) {
    return Optional.ofNullable(topicsById.get(id));
  }

  public Optional<Partition> partition(TopicPartition partition) {
    Topic topic = topics.get(partition.topic());
    return topic == null
            || partition.partition() < 0
            || partition.partition() >= topic.partitions().size()
        ? Optional.empty()
        : Optional.of(topic.partitions().get(partition.partition()));
  }
}
