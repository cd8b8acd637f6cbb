package io.headwater.sim.hub;

import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * What is committed to a topic after a moment: from the ends at {@link #open} on, and all of a
 * partition that came into being later. Not thread-safe; without a consumer group.
 */
final class TopicTail implements AutoCloseable {
  private static final Duration LOOK_FOR_PARTITIONS = Duration.ofSeconds(1);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final String topic;
  private final Set<TopicPartition> assigned = new HashSet<>();
  private long lookedNanos = System.nanoTime();

  private TopicTail(KafkaConsumer<byte[], byte[]> consumer, String topic) {
    this.consumer = consumer;
    this.topic = topic;
  }

  /**
   * Takes the position after everything that is committed now.
   *
   * @throws UserError if the hub does not answer within the limit
   */
  static TopicTail open(HostPort hub, String topic, Duration limit) {
    int limitMs = Math.toIntExact(limit.toMillis());
    var consumer =
        new KafkaConsumer<>(
            Map.<String, Object>of(
                "bootstrap.servers",
                hub.toString(),
                "client.id",
                "headwater-sim",
                "isolation.level",
                "read_committed",
                "enable.auto.commit",
                false,
                "allow.auto.create.topics",
                false,
                // A position out of range would mean that committed records have gone.
                "auto.offset.reset",
                "none",
                "fetch.max.wait.ms",
                200,
                "reconnect.backoff.max.ms",
                500,
                "default.api.timeout.ms",
                limitMs),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    var tail = new TopicTail(consumer, topic);
    try {
      Set<TopicPartition> partitions = tail.partitions();
      consumer.assign(partitions);
      consumer.endOffsets(partitions).forEach(consumer::seek);
      tail.assigned.addAll(partitions);
      return tail;
    } catch (TimeoutException e) {
      tail.close();
      throw UserError.failure(
          "no hub answers at " + hub + "; start it, or name another with --hub", e);
    } catch (KafkaException e) {
      tail.close();
      throw UserError.failure("topic " + topic + " at " + hub + " cannot be read: " + e, e);
    }
  }

  /** The next records, in order within each partition; none if none come within the time. */
  Iterable<ConsumerRecord<byte[], byte[]>> poll(Duration wait) {
    if (System.nanoTime() - lookedNanos > LOOK_FOR_PARTITIONS.toNanos()) {
      lookedNanos = System.nanoTime();
      takeNewPartitions();
    }
    if (assigned.isEmpty()) {
      LockSupport.parkNanos(wait.toNanos());
      return List.of();
    }
    return consumer.poll(wait);
  }

  private void takeNewPartitions() {
    try {
      Set<TopicPartition> partitions = partitions();
      partitions.removeAll(assigned);
      if (!partitions.isEmpty()) {
        assigned.addAll(partitions);
        consumer.assign(assigned);
        partitions.forEach(partition -> consumer.seek(partition, 0));
      }
    } catch (TimeoutException _) {
      // The hub is away; it is asked again.
    }
  }

  private Set<TopicPartition> partitions() {
    var partitions = new HashSet<TopicPartition>();
    try {
      for (PartitionInfo info : consumer.partitionsFor(topic)) {
        partitions.add(new TopicPartition(topic, info.partition()));
      }
    } catch (UnknownTopicOrPartitionException | InvalidTopicException _) {
      // Not there yet.
    }
    return partitions;
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
  }
}
