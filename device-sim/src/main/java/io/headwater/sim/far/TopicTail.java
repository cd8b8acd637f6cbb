package io.headwater.sim.far;

import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import io.headwater.sim.judge.Arrival;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * What is committed to topics after a moment: from the ends at {@link #open} on, and all of a
 * partition that came into being later. Without a consumer group.
 */
final class TopicTail implements FarEnd {
  private static final Duration LOOK_FOR_PARTITIONS = Duration.ofSeconds(1);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final List<String> topics;
  private final Clock clock;
  private final Set<TopicPartition> assigned = new HashSet<>();
  private final StallWatch stalls;
  private long lookedNanos = System.nanoTime();

  private TopicTail(
      KafkaConsumer<byte[], byte[]> consumer, Admin admin, List<String> topics, Clock clock) {
    this.consumer = consumer;
    stalls = new StallWatch(admin);
    this.topics = topics;
    this.clock = clock;
  }

  /**
   * Takes the position after everything that is committed now.
   *
   * @param more settings of the consumer, for a Kafka that asks for TLS or a password
   * @throws UserError if the hub does not answer within the limit
   */
  static TopicTail open(
      HostPort hub, List<String> topics, Map<String, String> more, Duration limit, Clock clock) {
    var settings = new HashMap<String, Object>(more);
    settings.put("bootstrap.servers", hub.toString());
    settings.put("client.id", "headwater-sim");
    settings.put("isolation.level", "read_committed");
    settings.put("enable.auto.commit", false);
    settings.put("allow.auto.create.topics", false);
    // A position out of range would mean that committed records have gone.
    settings.put("auto.offset.reset", "none");
    settings.put("fetch.max.wait.ms", 200);
    settings.put("reconnect.backoff.max.ms", 500);
    settings.put("default.api.timeout.ms", Math.toIntExact(limit.toMillis()));
    KafkaConsumer<byte[], byte[]> consumer;
    try {
      consumer =
          new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    } catch (KafkaException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw UserError.failure(
          "the consumer for " + hub + " cannot be made: " + cause.getMessage(), e);
    }
    var tail = new TopicTail(consumer, Admin.create(ofAdmin(settings)), topics, clock);
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
      throw UserError.failure(
          "topic " + String.join(", ", topics) + " at " + hub + " cannot be read: " + e, e);
    }
  }

  /** What is only for consumers would be warned about. */
  private static Map<String, Object> ofAdmin(Map<String, Object> settings) {
    var admin = new HashMap<>(settings);
    admin.keySet().retainAll(AdminClientConfig.configNames());
    // A request may not take longer than a call.
    admin.putIfAbsent("request.timeout.ms", settings.get("default.api.timeout.ms"));
    return admin;
  }

  @Override
  public Duration longestStall() {
    return stalls.longest();
  }

  @Override
  public List<Arrival> poll(Duration wait) {
    if (System.nanoTime() - lookedNanos > LOOK_FOR_PARTITIONS.toNanos()) {
      lookedNanos = System.nanoTime();
      takeNewPartitions();
    }
    if (assigned.isEmpty()) {
      LockSupport.parkNanos(wait.toNanos());
      return List.of();
    }
    ConsumerRecords<byte[], byte[]> records = consumer.poll(wait);
    stalls.look(assigned, consumer::position);
    long nowMs = clock.millis();
    var arrivals = new ArrayList<Arrival>(records.count());
    for (ConsumerRecord<byte[], byte[]> record : records) {
      arrivals.add(
          new Arrival(
              nowMs,
              record.topic() + "-" + record.partition() + "@" + record.offset(),
              record.key(),
              record.value(),
              header(record, "edge.offset"),
              header(record, "gateway"),
              header(record, "track")));
    }
    return arrivals;
  }

  private static @Nullable String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null || header.value() == null
        ? null
        : new String(header.value(), StandardCharsets.UTF_8);
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
    for (String topic : topics) {
      try {
        for (PartitionInfo info : consumer.partitionsFor(topic)) {
          partitions.add(new TopicPartition(topic, info.partition()));
        }
      } catch (UnknownTopicOrPartitionException | InvalidTopicException _) {
        // Not there yet.
      }
    }
    return partitions;
  }

  @Override
  public void close() {
    stalls.close();
    consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
  }
}
