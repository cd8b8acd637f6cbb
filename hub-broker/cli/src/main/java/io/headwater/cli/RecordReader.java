package io.headwater.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Prints records until it has been enough. Whatever the consumer commits has been printed: its
 * position never lies behind a record that was not.
 *
 * <p>Not thread-safe: for the thread that has the consumer.
 */
final class RecordReader {
  private static final Duration WAIT = Duration.ofMillis(200);

  /**
   * What is printed, and how much of it.
   *
   * @param from where partitions begin that the group has no offset for
   * @param key only records with it
   * @param count how many at most
   * @param untilEnd ends behind what is there when a partition is taken on
   */
  record Extent(
      Position from,
      Optional<ByteBuffer> key,
      OptionalLong count,
      boolean untilEnd,
      RecordPrinter printer) {}

  private final Consumer<byte[], byte[]> consumer;
  private final Offsets offsets;
  private final Extent extent;
  private final OutputStream out;
  private final Map<TopicPartition, Long> ends = new HashMap<>();
  private long printed;

  RecordReader(
      Consumer<byte[], byte[]> consumer, Offsets offsets, Extent extent, OutputStream out) {
    this.consumer = consumer;
    this.offsets = offsets;
    this.extent = extent;
    this.out = out;
  }

  /** Reads these partitions, without a group. */
  void assign(Collection<TopicPartition> partitions) {
    consumer.assign(partitions);
    takeOn(partitions, Map.of());
  }

  /** Reads what the group gives it. */
  void subscribe(Collection<String> topics) {
    consumer.subscribe(
        topics,
        new ConsumerRebalanceListener() {
          @Override
          public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            takeOn(partitions, consumer.committed(new HashSet<>(partitions)));
          }

          @Override
          public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            ends.keySet().removeAll(partitions);
          }
        });
  }

  private void takeOn(
      Collection<TopicPartition> partitions, Map<TopicPartition, OffsetAndMetadata> committed) {
    Set<TopicPartition> fresh = new HashSet<>(partitions);
    fresh.removeIf(partition -> committed.get(partition) != null);
    if (!fresh.isEmpty()) {
      offsets.resolve(extent.from(), fresh, Map.of()).forEach(consumer::seek);
    }
    if (extent.untilEnd() && !partitions.isEmpty()) {
      ends.putAll(offsets.ends(partitions));
    }
  }

  /**
   * Reads until there is enough or the command shall stop.
   *
   * @throws IOException if the output is closed
   */
  void read(BooleanSupplier stopped) throws IOException {
    while (!stopped.getAsBoolean() && !hasPrintedEnough() && !isAtEnd()) {
      ConsumerRecords<byte[], byte[]> records = consumer.poll(WAIT);
      try {
        print(records);
        out.flush();
      } catch (IOException e) {
        // Nobody knows how much of it was seen.
        records
            .partitions()
            .forEach(each -> consumer.seek(each, records.records(each).getFirst().offset()));
        throw e;
      }
    }
  }

  private boolean hasPrintedEnough() {
    return extent.count().isPresent() && printed >= extent.count().getAsLong();
  }

  private boolean isAtEnd() {
    return extent.untilEnd()
        && !consumer.assignment().isEmpty()
        && ends.entrySet().stream()
            .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
  }

  private boolean isWanted(byte @Nullable [] key) {
    return extent.key().isEmpty()
        || (key != null && extent.key().get().equals(ByteBuffer.wrap(key)));
  }

  private void print(ConsumerRecords<byte[], byte[]> records) throws IOException {
    var left = new HashMap<TopicPartition, Long>();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      var partition = new TopicPartition(record.topic(), record.partition());
      if (hasPrintedEnough() || record.offset() >= ends.getOrDefault(partition, Long.MAX_VALUE)) {
        left.putIfAbsent(partition, record.offset());
      } else if (isWanted(record.key())) {
        extent.printer().write(record, out);
        printed++;
      }
    }
    left.forEach(consumer::seek);
    consumer.pause(left.keySet());
  }
}
