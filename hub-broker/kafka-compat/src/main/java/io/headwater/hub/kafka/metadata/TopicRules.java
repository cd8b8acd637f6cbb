package io.headwater.hub.kafka.metadata;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * What may be done to topics: each method takes a snapshot and a wish and returns the topic as it
 * will be, or throws the Kafka exception that says why not. No I/O, no state.
 */
public final class TopicRules {
  /** One topic with more would make every snapshot and every restart slow. */
  public static final int MAX_PARTITIONS = 10_000;

  private final TopicConfigs configs;
  private final int defaultPartitions;
  private final int defaultReplicationFactor;

  /**
   * The defaults take the place of -1 in a {@link NewTopic}.
   *
   * @param defaultReplicationFactor fewer replicas are given while there are fewer brokers
   */
  public TopicRules(TopicConfigs configs, int defaultPartitions, int defaultReplicationFactor) {
    this.configs = configs;
    this.defaultPartitions = defaultPartitions;
    this.defaultReplicationFactor = defaultReplicationFactor;
  }

  public TopicConfigs configs() {
    return configs;
  }

  /** The new topic under {@code id}. */
  public Topic create(TopicsSnapshot snapshot, NewTopic wish, Uuid id) {
    checkName(snapshot, wish.name());
    int count = wish.partitions() == -1 ? defaultPartitions : wish.partitions();
    checkCount(wish.name(), count);
    int replication =
        wish.replicationFactor() == -1
            ? defaultReplicationFactor(snapshot)
            : wish.replicationFactor();
    checkReplication(snapshot, wish.name(), replication);
    configs.validate(wish.configs());
    return new Topic(
        wish.name(), id, assign(snapshot, List.of(), count, replication), wish.configs());
  }

  /** So many as are wanted, or as there are brokers for. */
  private int defaultReplicationFactor(TopicsSnapshot snapshot) {
    return Math.min(defaultReplicationFactor, Math.max(1, snapshot.brokers().size()));
  }

  /** The topic that exists. */
  public Topic existing(TopicsSnapshot snapshot, String name) {
    return snapshot
        .topic(name)
        .orElseThrow(
            () -> new UnknownTopicOrPartitionException("Topic '" + name + "' does not exist."));
  }

  /** The topic with more partitions. */
  public Topic addPartitions(TopicsSnapshot snapshot, String name, int totalCount) {
    Topic topic = existing(snapshot, name);
    int before = topic.partitions().size();
    checkCount(name, totalCount);
    if (totalCount <= before) {
      throw new InvalidPartitionsException(
          "Topic '%s' has %d partitions already; %d would not be an increase."
              .formatted(name, before, totalCount));
    }
    var partitions = new ArrayList<>(topic.partitions());
    int replication = topic.partitions().getFirst().replicas().size();
    checkReplication(snapshot, name, replication);
    partitions.addAll(assign(snapshot, topic.partitions(), totalCount - before, replication));
    return new Topic(name, topic.id(), partitions, topic.configs());
  }

  /** The topic with exactly these configs. */
  public Topic replaceConfigs(TopicsSnapshot snapshot, String name, Map<String, String> wish) {
    Topic topic = existing(snapshot, name);
    configs.validate(wish);
    return new Topic(name, topic.id(), topic.partitions(), wish);
  }

  /** The topic with changed configs. */
  public Topic changeConfigs(TopicsSnapshot snapshot, String name, List<ConfigChange> changes) {
    Topic topic = existing(snapshot, name);
    var seen = new HashSet<String>();
    var changed = new HashMap<>(topic.configs());
    for (ConfigChange change : changes) {
      if (!seen.add(change.key())) {
        throw new InvalidRequestException("Config key '" + change.key() + "' is named twice.");
      }
      apply(change, changed);
    }
    configs.validate(changed);
    return new Topic(name, topic.id(), topic.partitions(), changed);
  }

  /** The topic with one leader epoch raised by one. */
  public Topic raiseLeaderEpoch(TopicsSnapshot snapshot, TopicPartition wish) {
    Topic topic = existing(snapshot, wish.topic());
    if (snapshot.partition(wish).isEmpty()) {
      throw new UnknownTopicOrPartitionException("Partition " + wish + " does not exist.");
    }
    var partitions = new ArrayList<>(topic.partitions());
    partitions.replaceAll(partition ->
        partition.index() == wish.partition()
            ? partition.withLeaderEpoch(partition.leaderEpoch() + 1)
            : partition);
    return new Topic(topic.name(), topic.id(), partitions, topic.configs());
  }

  private void apply(ConfigChange change, Map<String, String> changed) {
    String value = change.value();
    switch (change.operation()) {
      case DELETE -> changed.remove(change.key());
      case SET -> changed.put(change.key(), required(change, value));
      case APPEND, SUBTRACT -> {
        if (!TopicConfigs.isList(change.key())) {
          throw new InvalidConfigurationException(
              "Config key '%s' holds no list; use SET instead of %s."
                  .formatted(change.key(), change.operation()));
        }
        var items = new LinkedHashSet<String>();
        String before = changed.get(change.key());
        if (before == null) {
          items.addAll(configs.effective(Map.of()).getList(change.key()));
        } else {
          items.addAll(items(before));
        }
        List<String> named = items(required(change, value));
        if (change.operation() == org.apache.kafka.clients.admin.AlterConfigOp.OpType.APPEND) {
          items.addAll(named);
        } else {
          named.forEach(items::remove);
        }
        changed.put(change.key(), String.join(",", items));
      }
    }
  }

  private static String required(
      ConfigChange change, @org.jspecify.annotations.Nullable String value) {
    if (value == null) {
      throw new InvalidConfigurationException(
          "Config key '%s' has no value to %s."
              .formatted(
                  change.key(), change.operation().name().toLowerCase(java.util.Locale.ROOT)));
    }
    return value;
  }

  private static List<String> items(String list) {
    return List.of(list.split(",", -1)).stream()
        .map(String::strip)
        .filter(item -> !item.isEmpty())
        .toList();
  }

  private static void checkName(TopicsSnapshot snapshot, String name) {
    org.apache.kafka.common.internals.Topic.validate(name); // InvalidTopicException
    if (snapshot.topic(name).isPresent()) {
      throw new TopicExistsException("Topic '" + name + "' already exists.");
    }
    // '.' and '_' are one in metric names; Kafka refuses such a pair, and so do we.
    if (org.apache.kafka.common.internals.Topic.hasCollisionChars(name)) {
      for (String other : snapshot.topics().keySet()) {
        if (org.apache.kafka.common.internals.Topic.hasCollision(name, other)) {
          throw new InvalidTopicException(
              "Topic '%s' collides with existing topic '%s': they differ only in '.' and '_'."
                  .formatted(name, other));
        }
      }
    }
  }

  private static void checkCount(String name, int count) {
    if (count < 1 || count > MAX_PARTITIONS) {
      throw new InvalidPartitionsException(
          "Topic '%s': %d partitions is not between 1 and %d."
              .formatted(name, count, MAX_PARTITIONS));
    }
  }

  private static void checkReplication(TopicsSnapshot snapshot, String name, int replication) {
    int brokers = snapshot.brokers().size();
    if (replication < 1 || replication > Math.max(1, brokers)) {
      throw new InvalidReplicationFactorException(
          "Topic '%s': replication factor %d is not between 1 and the number of brokers, %d."
              .formatted(name, replication, brokers));
    }
  }

  /**
   * Gives each new partition the leader that leads the fewest partitions of this topic, among those
   * the fewest of all topics; then the replicas that hold the fewest. Of equals the lowest id wins,
   * so that the same snapshot always gives the same answer.
   */
  private static List<Partition> assign(
      TopicsSnapshot snapshot, List<Partition> existing, int count, int replication) {
    if (snapshot.brokers().isEmpty()) {
      throw new InvalidReplicationFactorException("No broker is registered.");
    }
    var load = new Load(snapshot, existing);
    var added = new ArrayList<Partition>(count);
    for (int i = 0; i < count; i++) {
      List<Integer> replicas = load.next(replication);
      added.add(new Partition(existing.size() + i, replicas.getFirst(), 0, replicas));
    }
    return added;
  }

  /** How much each broker has been given, in all topics and in one. */
  private static final class Load {
    private final SortedSet<Integer> brokers;
    private final Map<Integer, Integer> leads = new HashMap<>();
    private final Map<Integer, Integer> leadsInTopic = new HashMap<>();
    private final Map<Integer, Integer> holds = new HashMap<>();
    private final Map<Integer, Integer> holdsInTopic = new HashMap<>();

    Load(TopicsSnapshot snapshot, List<Partition> existing) {
      brokers = new TreeSet<>(snapshot.brokers().keySet());
      for (Topic topic : snapshot.topics().values()) {
        topic.partitions().forEach(partition -> count(partition, leads, holds));
      }
      existing.forEach(partition -> count(partition, leadsInTopic, holdsInTopic));
    }

    private static void count(
        Partition partition, Map<Integer, Integer> leads, Map<Integer, Integer> holds) {
      leads.merge(partition.leader(), 1, Integer::sum);
      partition.replicas().forEach(broker -> holds.merge(broker, 1, Integer::sum));
    }

    /** Brokers for one more partition, its leader first. */
    List<Integer> next(int replication) {
      int leader = least(leadsInTopic, leads, Set.of());
      leads.merge(leader, 1, Integer::sum);
      leadsInTopic.merge(leader, 1, Integer::sum);
      var replicas = new LinkedHashSet<Integer>();
      replicas.add(leader);
      while (replicas.size() < replication) {
        replicas.add(least(holdsInTopic, holds, replicas));
      }
      for (int broker : replicas) {
        holds.merge(broker, 1, Integer::sum);
        holdsInTopic.merge(broker, 1, Integer::sum);
      }
      return List.copyOf(replicas);
    }

    private int least(
        Map<Integer, Integer> inTopic, Map<Integer, Integer> inAll, Set<Integer> taken) {
      return brokers.stream()
          .filter(broker -> !taken.contains(broker))
          .min(
              Comparator.comparingInt((Integer broker) -> inTopic.getOrDefault(broker, 0))
                  .thenComparingInt(broker -> inAll.getOrDefault(broker, 0))
                  .thenComparingInt(broker -> broker))
          .orElseThrow();
    }
  }
}
