package io.headwater.bridge;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** What a {@code read_committed} consumer finds in a topic. */
final class Committed {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** More than what is wanted would come within it. */
  private static final Duration QUIET = Duration.ofSeconds(1);

  private Committed() {}

  /** All records, once at least so many are there and no more come; fewer after 30 s. */
  static List<ConsumerRecord<String, String>> records(String hub, String topic, int atLeast) {
    Map<String, Object> config =
        Map.of("bootstrap.servers", hub, "isolation.level", "read_committed");
    try (var consumer =
        new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      var found = new ArrayList<ConsumerRecord<String, String>>();
      long started = System.nanoTime();
      long quietSince = started;
      while (System.nanoTime() - started < PATIENCE.toNanos()
          && (found.size() < atLeast || System.nanoTime() - quietSince < QUIET.toNanos())) {
        var polled = consumer.poll(Duration.ofMillis(100));
        polled.forEach(found::add);
        if (!polled.isEmpty()) {
          quietSince = System.nanoTime();
        }
      }
      return found;
    }
  }

  static List<String> values(String hub, String topic, int atLeast) {
    return records(hub, topic, atLeast).stream().map(ConsumerRecord::value).toList();
  }
}
