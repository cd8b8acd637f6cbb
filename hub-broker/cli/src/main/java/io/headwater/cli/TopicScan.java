package io.headwater.cli;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads what is committed in partitions, from their start to what is now their end. */
final class TopicScan {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private TopicScan() {}

  static KafkaConsumer<byte[], byte[]> consumer(Hub hub) {
    return new KafkaConsumer<>(
        hub.clientSettings(
            Map.of(
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                false,
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest",
                ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
                100)),
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer());
  }

  /** Gives each record, a partition's in order. */
  static void read(
      Hub hub, List<TopicPartition> partitions, Consumer<ConsumerRecord<byte[], byte[]>> reader) {
    var offsets = new Offsets(hub, IsolationLevel.READ_COMMITTED);
    Map<TopicPartition, Long> starts = offsets.starts(partitions);
    var left = new HashMap<>(offsets.ends(partitions));
    left.entrySet().removeIf(end -> end.getValue() <= starts.getOrDefault(end.getKey(), 0L));
    if (left.isEmpty()) {
      return;
    }
    String topic = partitions.getFirst().topic();
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(hub)) {
      consumer.assign(left.keySet());
      consumer.seekToBeginning(left.keySet());
      long limit = System.nanoTime() + PATIENCE.toNanos();
      while (!left.isEmpty()) {
        consumer.poll(POLL).forEach(reader);
        left.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
        if (System.nanoTime() - limit > 0) {
          throw new org.apache.kafka.common.errors.TimeoutException("it is not read in time");
        }
      }
    } catch (KafkaException e) {
      throw hub.error("topic '" + topic + "'", e);
    }
  }
}
