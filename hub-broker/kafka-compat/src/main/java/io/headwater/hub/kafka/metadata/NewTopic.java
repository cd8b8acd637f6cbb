package io.headwater.hub.kafka.metadata;

import java.util.Map;

/**
 * A topic to be created.
 *
 * @param partitions -1 for the default
 * @param replicationFactor -1 for the default
 * @param configs Kafka's topic keys
 */
public record NewTopic(
    String name, int partitions, int replicationFactor, Map<String, String> configs) {
  public NewTopic {
    configs = Map.copyOf(configs);
  }

  /** Default partitions, replication factor and configuration. */
  public static NewTopic withDefaults(String name) {
    return new NewTopic(name, -1, -1, Map.of());
  }
}
