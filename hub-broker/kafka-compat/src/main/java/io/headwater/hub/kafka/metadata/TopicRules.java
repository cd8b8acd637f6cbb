package io.headwater.hub.kafka.metadata;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
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
    List<Partition> partitions = partitions(snapshot, wish);
    configs.validate(wish.configs());
    return new Topic(wish.name(), id, partitions, wish.configs());
  }

  private List<Partition> partitions(TopicsSnapshot snapshot, NewTopic wish) {
    if (!wish.replicas().isEmpty()) {
      checkCount(wish.name(), wish.replicas().size());
      return chosen(snapshot, 0, wish.replicas(), OptionalInt.empty());
    }
    int count = wish.partitions() == -1 ? defaultPartitions : wish.partitions();
    checkCount(wish.name(), count);
    int replication =
        wish.replicationFactor() == -1
            ? defaultReplicationFactor(snapshot)
            : wish.replicationFactor();
    return EvenReplicas.assign(snapshot, List.of(), count, replication);
  }

  /** Partitions on what users have chosen for each. */
  private static List<Partition> chosen(
      TopicsSnapshot snapshot, int first, List<List<Integer>> replicas, OptionalInt howMany) {
    var partitions = new ArrayList<Partition>(replicas.size());
    OptionalInt asBefore = howMany;
    for (List<Integer> one : replicas) {
      partitions.add(ChosenReplicas.partition(snapshot, first + partitions.size(), one, asBefore));
      asBefore = OptionalInt.of(one.size());
    }
    return partitions;
  }

  /** So many as are wanted, or as there are brokers for, also if some are gone for now. */
  private int defaultReplicationFactor(TopicsSnapshot snapshot) {
    int known = snapshot.brokers().size() + snapshot.gone().size();
    return Math.min(defaultReplicationFactor, Math.max(1, known));
  }

  /** The topic that exists. */
  public Topic existing(TopicsSnapshot snapshot, String name) {
    return snapshot
        .topic(name)
        .orElseThrow(
            () -> new UnknownTopicOrPartitionException("Topic '" + name + "' does not exist."));
  }

  /**
   * The topic with more partitions.
   *
   * @param replicas of each new partition; empty if brokers are to be chosen
   */
  public Topic addPartitions(
      TopicsSnapshot snapshot, String name, int totalCount, List<List<Integer>> replicas) {
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
    int added = totalCount - before;
    if (replicas.isEmpty()) {
      partitions.addAll(EvenReplicas.assign(snapshot, partitions, added, replication));
    } else if (replicas.size() != added) {
      throw new InvalidReplicaAssignmentException(
          "Attempted to add %d additional partition(s), but only %d assignment(s) were specified."
              .formatted(added, replicas.size()));
    } else {
      partitions.addAll(chosen(snapshot, before, replicas, OptionalInt.of(replication)));
    }
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
}
