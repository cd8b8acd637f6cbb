package io.headwater.analytics;

import io.headwater.process.UserError;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * What topics hold from a time on, up to where they end when it is opened: committed records, each
 * partition in its own order and partitions merged by the records' times.
 *
 * <p>Not thread-safe.
 */
final class TopicHistory implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);

  /** A hub that gives nothing for so long is not there. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final KafkaConsumer<byte[], byte[]> consumer;

  /** Where reading ends, of the partitions that it has not come to the end of. */
  private final Map<TopicPartition, Long> ends = new HashMap<>();

  private final Map<TopicPartition, Queue<ConsumerRecord<byte[], byte[]>>> waiting =
      new HashMap<>();

  private boolean whole = true;

  /**
   * Opens it.
   *
   * @param fromMs of the first record of each partition that counts
   * @throws UserError if a topic is not there
   */
  TopicHistory(Map<String, Object> consumerConfig, Collection<String> topics, long fromMs) {
    consumer =
        new KafkaConsumer<>(
            consumerConfig, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    try {
      open(topics, fromMs);
    } catch (RuntimeException e) {
      consumer.close();
      throw e;
    }
  }

  private void open(Collection<String> topics, long fromMs) {
    List<TopicPartition> partitions = partitions(topics);
    consumer.assign(partitions);
    var times = new HashMap<TopicPartition, Long>();
    partitions.forEach(partition -> times.put(partition, fromMs));
    Map<TopicPartition, OffsetAndTimestamp> starts = consumer.offsetsForTimes(times);
    Map<TopicPartition, Long> firsts = consumer.beginningOffsets(partitions);
    Map<TopicPartition, Long> lasts = consumer.endOffsets(partitions);
    starts.forEach((partition, start) -> {
      long first = firsts.getOrDefault(partition, 0L);
      // Of a partition that has lost all its records nobody knows what they were.
      boolean hasOlder =
          start == null ? first < lasts.getOrDefault(partition, first) : start.offset() > first;
      whole &= first == 0 || hasOlder;
    });
    lasts.forEach((partition, end) -> {
      OffsetAndTimestamp start = starts.get(partition);
      if (start != null && start.offset() < end) {
        ends.put(partition, end);
        waiting.put(partition, new ArrayDeque<>());
        consumer.seek(partition, start.offset());
      }
    });
    consumer.assign(ends.keySet());
    starts.forEach((partition, start) -> {
      if (ends.containsKey(partition)) {
        consumer.seek(partition, start.offset());
      }
    });
  }

  /**
   * Whether the topics still hold all that they ever held from the time on, as far as can be told:
   * each partition has its first record, or an older one.
   */
  boolean isWhole() {
    return whole;
  }

  private List<TopicPartition> partitions(Collection<String> topics) {
    Map<String, List<PartitionInfo>> known = consumer.listTopics();
    var partitions = new ArrayList<TopicPartition>();
    for (String topic : topics) {
      List<PartitionInfo> found = known.get(topic);
      if (found == null) {
        throw UserError.failure(
            "topic '" + topic + "' is not on the hub, so there is nothing to compute");
      }
      found.forEach(each -> partitions.add(new TopicPartition(topic, each.partition())));
    }
    return partitions;
  }

  /** The next one; empty at the end. */
  Optional<ConsumerRecord<byte[], byte[]>> next() {
    fill();
    Queue<ConsumerRecord<byte[], byte[]>> oldest = null;
    for (Queue<ConsumerRecord<byte[], byte[]>> each : waiting.values()) {
      if (!each.isEmpty()
          && (oldest == null || each.element().timestamp() < oldest.element().timestamp())) {
        oldest = each;
      }
    }
    return oldest == null ? Optional.empty() : Optional.of(oldest.remove());
  }

  /** Takes all, one after the other. */
  void forEach(Consumer<ConsumerRecord<byte[], byte[]>> taker) {
    for (Optional<ConsumerRecord<byte[], byte[]>> next = next(); next.isPresent(); next = next()) {
      taker.accept(next.get());
    }
  }

  /** Reads until it is known of each partition what comes next. */
  private void fill() {
    long began = System.nanoTime();
    for (Set<TopicPartition> missing = missing(); !missing.isEmpty(); missing = missing()) {
      consumer.pause(consumer.assignment());
      consumer.resume(missing);
      var records = consumer.poll(POLL);
      for (ConsumerRecord<byte[], byte[]> record : records) {
        var partition = new TopicPartition(record.topic(), record.partition());
        Long end = ends.get(partition);
        if (end != null && record.offset() < end) {
          waiting.getOrDefault(partition, new ArrayDeque<>()).add(record);
        }
      }
      // Behind the last record may be marks of transactions, which are not told.
      ends.entrySet().removeIf(each -> consumer.position(each.getKey()) >= each.getValue());
      if (!records.isEmpty()) {
        began = System.nanoTime();
      } else if (System.nanoTime() - began > PATIENCE.toNanos()) {
        throw UserError.failure(
            "the hub has given nothing of " + missing + " for " + PATIENCE.toSeconds() + " s");
      }
    }
  }

  private Set<TopicPartition> missing() {
    var missing = new HashSet<TopicPartition>();
    for (TopicPartition partition : ends.keySet()) {
      Queue<ConsumerRecord<byte[], byte[]>> records = waiting.get(partition);
      if (records != null && records.isEmpty()) {
        missing.add(partition);
      }
    }
    return missing;
  }

  @Override
  public void close() {
    consumer.close();
  }
}
