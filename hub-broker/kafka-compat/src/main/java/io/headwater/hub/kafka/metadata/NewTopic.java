package io.headwater.hub.kafka.metadata;

import java.util.List;
import java.util.Map;

/**
 * A topic to be created.
 *
 * @param partitions -1 for the default
 * @param replicationFactor -1 for the default
 * @param replicas of each partition, the first preferred, in the place of both numbers; empty if
 *     brokers are to be chosen
 * @param configs Kafka's topic keys
 */
public record NewTopic(
    String name,
    int partitions,
    int replicationFactor,
    List<List<Integer>> replicas,
    Map<String, String> configs) {
  public NewTopic {
    replicas = replicas.stream().map(List::copyOf).toList();
    configs = Map.copyOf(configs);
  }

  /** On brokers that the hub chooses. */
  public NewTopic(String name, int partitions, int replicationFactor, Map<String, String> configs) {
    this(name, partitions, replicationFactor, List.of(), configs);
  }

  /** Default partitions, replication factor and configuration. */
  public static NewTopic withDefaults(String name) {
    return new NewTopic(name, -1, -1, Map.of());
  }
}
