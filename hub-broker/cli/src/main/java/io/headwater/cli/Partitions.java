package io.headwater.cli;

import io.headwater.process.UserError;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;

/** Partitions of topics. */
final class Partitions {
  static final Comparator<TopicPartition> ORDER =
      Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition);

  private Partitions() {}

  /** All partitions of topics that are known to be there. */
  static List<TopicPartition> of(Hub hub, Collection<String> topics) {
    var partitions = new ArrayList<TopicPartition>();
    hub.await("topics", hub.admin().describeTopics(topics).allTopicNames())
        .values()
        .forEach(topic -> partitions.addAll(of(topic)));
    partitions.sort(ORDER);
    return partitions;
  }

  static List<TopicPartition> of(TopicDescription topic) {
    return topic.partitions().stream()
        .map(info -> new TopicPartition(topic.name(), info.partition()))
        .toList();
  }

  /**
   * The partitions that users write as {@code TOPIC} or {@code TOPIC:PARTITION}.
   *
   * @throws UserError if they are not there
   */
  static List<TopicPartition> chosen(Hub hub, String text) {
    int colon = text.indexOf(':'); // no topic's name has one
    String topic = colon < 0 ? text : text.substring(0, colon);
    hub.requireTopics(List.of(topic));
    List<TopicPartition> all = of(hub, List.of(topic));
    return colon < 0 ? all : List.of(chosen(all, topic, text.substring(colon + 1)));
  }

  /** One of a topic's partitions by its number. */
  static TopicPartition chosen(List<TopicPartition> all, String topic, String number) {
    return all.stream()
        .filter(each -> each.topic().equals(topic))
        .filter(each -> Integer.toString(each.partition()).equals(number))
        .findFirst()
        .orElseThrow(() ->
            UserError.failure(
                "topic '%s' has no partition '%s': it has 0 to %d"
                    .formatted(topic, number, all.size() - 1)));
  }
}
