package io.headwater.bridge.downlink;

import io.headwater.bridge.handover.HubTopics;
import io.headwater.uplink.CommandRecord;
import io.headwater.uplink.UplinkTopics;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads commands, their results and mapped topics, as one consumer in no group. Confined to the
 * downlink's thread.
 */
final class HubFeed {
  private static final Logger LOGGER = LoggerFactory.getLogger(HubFeed.class);
  private static final Duration POLL = Duration.ofMillis(20);
  private static final long LOOK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Told what is read, in this order: a lane's results, that they are read, its commands. */
  interface Reader {
    void result(int lane, byte[] value);

    void command(int lane, ConsumerRecord<byte[], byte[]> record);

    /** All commands that were there when the lane was given are read. */
    void caughtUp(int lane);

    void value(ConsumerRecord<byte[], byte[]> record);
  }

  private final Admin admin;
  private final Consumer<byte[], byte[]> consumer;
  private final Reader reader;
  private final Set<String> mapped;
  private final Map<TopicPartition, Long> resultEnds = new HashMap<>();
  private final Map<TopicPartition, Long> commandEnds = new HashMap<>();
  private final Map<TopicPartition, Long> valueEnds = new HashMap<>();
  private final Set<String> missing = new HashSet<>();
  private long lookAgainNanos = System.nanoTime();
  private boolean valuesFound;

  HubFeed(Admin admin, Consumer<byte[], byte[]> consumer, Set<String> mapped, Reader reader) {
    this.admin = admin;
    this.consumer = consumer;
    this.reader = reader;
    this.mapped = Set.copyOf(mapped);
  }

  /**
   * Makes the topics of commands and results where they are missing.
   *
   * @return how long the topic keeps commands: none may live longer
   */
  Duration ensureTopics(Duration longestExpiry) {
    // A result is kept until no command that it answers can be there any more.
    create(CommandRecord.RESULTS, longestExpiry.multipliedBy(2).plusDays(1));
    create(CommandRecord.TOPIC, longestExpiry);
    Map<String, TopicDescription> found =
        HubTopics.get(
            admin
                .describeTopics(List.of(CommandRecord.TOPIC, CommandRecord.RESULTS))
                .allTopicNames());
    for (TopicDescription topic : found.values()) {
      if (topic.partitions().size() != UplinkTopics.LANES) {
        throw new IllegalStateException(
            topic.name()
                + " has not as many partitions as there are lanes, "
                + UplinkTopics.LANES
                + ". It was not made by a bridge: delete it");
      }
    }
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, CommandRecord.TOPIC);
    Config config = HubTopics.get(admin.describeConfigs(List.of(resource)).all()).get(resource);
    ConfigEntry entry = config == null ? null : config.get(TopicConfig.RETENTION_MS_CONFIG);
    long kept = entry == null || entry.value() == null ? -1 : Long.parseLong(entry.value());
    return kept < 0 ? longestExpiry : Duration.ofMillis(kept);
  }

  private void create(String name, Duration retention) {
    try {
      HubTopics.get(
          admin
              .createTopics(
                  List.of(
                      new NewTopic(name, Optional.of(UplinkTopics.LANES), Optional.empty())
                          .configs(
                              Map.of(
                                  TopicConfig.RETENTION_MS_CONFIG,
                                  Long.toString(retention.toMillis()),
                                  TopicConfig.SEGMENT_BYTES_CONFIG,
                                  "16777216"))))
              .all());
    } catch (TopicExistsException _) {
      // As wanted.
    }
  }

  /** A lane is owned: its results, then its commands. */
  void add(Set<Integer> lanes) {
    Set<TopicPartition> results = partitions(CommandRecord.RESULTS, lanes);
    // The last stable offset may lie before: the results of an owner before us in an open
    // transaction. Nothing behind it is read before that is decided.
    resultEnds.putAll(ends(results, IsolationLevel.READ_UNCOMMITTED));
    commandEnds.putAll(
        ends(partitions(CommandRecord.TOPIC, lanes), IsolationLevel.READ_UNCOMMITTED));
    assign(results, Set.of());
  }

  void remove(Set<Integer> lanes) {
    Set<TopicPartition> gone = partitions(CommandRecord.RESULTS, lanes);
    gone.addAll(partitions(CommandRecord.TOPIC, lanes));
    resultEnds.keySet().removeAll(gone);
    commandEnds.keySet().removeAll(gone);
    assign(Set.of(), gone);
  }

  private static Set<TopicPartition> partitions(String topic, Set<Integer> lanes) {
    return lanes.stream()
        .map(lane -> new TopicPartition(topic, lane))
        .collect(Collectors.toCollection(HashSet::new));
  }

  private Map<TopicPartition, Long> ends(
      Collection<TopicPartition> partitions, IsolationLevel isolation) {
    var specs = new HashMap<TopicPartition, OffsetSpec>();
    partitions.forEach(partition -> specs.put(partition, OffsetSpec.latest()));
    var ends = new HashMap<TopicPartition, Long>();
    HubTopics.get(admin.listOffsets(specs, new ListOffsetsOptions(isolation)).all())
        .forEach((partition, info) -> ends.put(partition, info.offset()));
    return ends;
  }

  private void assign(Set<TopicPartition> added, Set<TopicPartition> gone) {
    var all = new HashSet<>(consumer.assignment());
    all.removeAll(gone);
    all.addAll(added);
    consumer.assign(all);
    if (!added.isEmpty()) {
      consumer.seekToBeginning(added);
    }
  }

  /** Reads what is there; waits a little for something to come. */
  void poll() {
    if (!mapped.isEmpty() && System.nanoTime() - lookAgainNanos >= 0) {
      lookAgainNanos = System.nanoTime() + LOOK_AGAIN_NANOS;
      findValues();
    }
    if (consumer.assignment().isEmpty()) {
      pause();
      return;
    }
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
      if (record.topic().equals(CommandRecord.TOPIC)) {
        reader.command(record.partition(), record);
      } else if (!record.topic().equals(CommandRecord.RESULTS)) {
        reader.value(record);
      } else if (record.value() != null) {
        reader.result(record.partition(), record.value());
      }
    }
    for (TopicPartition read : reached(resultEnds)) {
      resultEnds.remove(read);
      assign(Set.of(new TopicPartition(CommandRecord.TOPIC, read.partition())), Set.of(read));
    }
    for (TopicPartition read : reached(commandEnds)) {
      commandEnds.remove(read);
      reader.caughtUp(read.partition());
    }
    reached(valueEnds).forEach(valueEnds::remove);
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted", e);
    }
  }

  private List<TopicPartition> reached(Map<TopicPartition, Long> ends) {
    Set<TopicPartition> assigned = consumer.assignment();
    return ends.entrySet().stream()
        .filter(end -> assigned.contains(end.getKey()))
        .filter(end -> consumer.position(end.getKey()) >= end.getValue())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Whether all values that were there at the start are read. */
  boolean isValuesRead() {
    return mapped.isEmpty() || (valuesFound && valueEnds.isEmpty());
  }

  /** Topics may be made, and get partitions, at any time. */
  private void findValues() {
    var fresh = new HashSet<TopicPartition>();
    for (String topic : mapped) {
      try {
        TopicDescription found =
            HubTopics.get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic);
        if (found != null) {
          found
              .partitions()
              .forEach(info -> fresh.add(new TopicPartition(topic, info.partition())));
          missing.remove(topic);
        }
      } catch (UnknownTopicOrPartitionException _) {
        if (missing.add(topic)) {
          LOGGER
              .atWarn()
              .addKeyValue("topicName", topic)
              .log("A topic that is mapped down is not there yet");
        }
      }
    }
    fresh.removeAll(consumer.assignment());
    if (!fresh.isEmpty()) {
      valueEnds.putAll(ends(fresh, IsolationLevel.READ_COMMITTED));
      assign(fresh, Set.of());
    }
    valuesFound = true;
  }
}
