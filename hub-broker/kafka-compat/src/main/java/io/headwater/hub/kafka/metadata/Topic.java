package io.headwater.hub.kafka.metadata;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/**
 * A topic.
 *
 * @param id drawn at creation; a topic made anew under the same name has another
 * @param partitions by index, at least one
 * @param configs what was set on this topic (Kafka's topic keys), sorted by key; see {@link
 *     TopicConfigs} for what applies
 */
public record Topic(
    String name, Uuid id, List<Partition> partitions, SortedMap<String, String> configs) {
  public Topic {
    partitions = List.copyOf(partitions);
    configs = Collections.unmodifiableSortedMap(new TreeMap<>(configs));
  }

  public Topic(String name, Uuid id, List<Partition> partitions, Map<String, String> configs) {
    this(name, id, partitions, new TreeMap<>(configs));
  }

  /** Whether it is one of the coordinators' own topics. */
  public boolean isInternal() {
    return org.apache.kafka.common.internals.Topic.isInternal(name);
  }
}
