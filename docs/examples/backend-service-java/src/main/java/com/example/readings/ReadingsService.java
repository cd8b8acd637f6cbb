package com.example.readings;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A backend service: a member of a consumer group that keeps a summary of each device's readings.
 *
 * <p>Start it several times, and the members share out the topic's partitions. Offsets are
 * committed after the readings have been stored, so a member that dies loses none: another one
 * reads them again from the last commit. {@link Summaries} recognizes those that it has.
 *
 * <p>All of it happens on the main thread, the callbacks of the consumer too.
 */
public final class ReadingsService {
  private static final Logger LOGGER = LoggerFactory.getLogger(ReadingsService.class);
  private static final Duration WAIT = Duration.ofSeconds(1);
  private static final Duration REPORT_EVERY = Duration.ofSeconds(1);

  private final Consumer<String, String> consumer;
  private final Summaries summaries;

  /** What is stored of the partitions that are ours: the next offset of each. */
  private final Map<TopicPartition, OffsetAndMetadata> stored = new HashMap<>();

  private long processed;
  private long reported;
  private long reportedAt = System.nanoTime();

  private ReadingsService(Consumer<String, String> consumer, Summaries summaries) {
    this.consumer = consumer;
    this.summaries = summaries;
  }

  public static void main(String[] arguments) throws SQLException {
    Map<String, Object> settings =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, setting("HUB", "localhost:9092"),
            ConsumerConfig.GROUP_ID_CONFIG, setting("GROUP", "summaries"),
            // A group that is new reads all that is there.
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest",
            // We say what has been processed.
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false,
            // Readings reach the hub in transactions; one that was aborted never was.
            ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed",
            // So long a member that died keeps its partitions.
            ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 6_000,
            ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 2_000,
            // What every client library can do; members in Python may be in the group.
            ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                "org.apache.kafka.clients.consumer.RangeAssignor");
    try (var summaries = Summaries.open(Path.of(setting("DATABASE", "readings.db")));
        var consumer =
            new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      stopAtSignal(consumer, Thread.currentThread());
      new ReadingsService(consumer, summaries).run(setting("TOPIC", "sensors.temperature"));
    }
  }

  private static String setting(String name, String otherwise) {
    return System.getenv().getOrDefault(name, otherwise);
  }

  /** SIGTERM and Ctrl-C: the JVM ends when this hook does, which waits for a tidy end. */
  private static void stopAtSignal(Consumer<?, ?> consumer, Thread main) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  consumer.wakeup();
                  try {
                    main.join();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                },
                "stop"));
  }

  /** Until the process is asked to stop. */
  private void run(String topic) throws SQLException {
    consumer.subscribe(List.of(topic), new Partitions());
    try {
      while (true) {
        // Only poll() throws WakeupException: a batch is always stored as a whole.
        store(consumer.poll(WAIT));
        report();
      }
    } catch (WakeupException e) {
      LOGGER.info("stopping");
    } finally {
      commit();
    }
    LOGGER.info("stopped after {} readings", processed);
  }

  private void store(ConsumerRecords<String, String> batch) throws SQLException {
    if (batch.isEmpty()) {
      return;
    }
    for (ConsumerRecord<String, String> record : batch) {
      add(record);
    }
    summaries.commit();
    stored.putAll(batch.nextOffsets());
    processed += batch.count();
    // Asynchronously: the next batch need not wait, and a later commit covers one that failed.
    consumer.commitAsync(
        Map.copyOf(stored),
        (offsets, failure) -> {
          if (failure != null) {
            LOGGER.warn("offsets not committed, the next commit will: {}", failure.toString());
          }
        });
  }

  private void add(ConsumerRecord<String, String> record) throws SQLException {
    OptionalDouble value = number(record.value());
    if (record.key() == null || value.isEmpty()) {
      // It will not get better: who retries such a record for ever stands still. Your service may
      // want to send it to a topic of its own.
      LOGGER.warn(
          "no reading, left out: {} at {}-{} offset {}",
          record.value(),
          record.topic(),
          record.partition(),
          record.offset());
      return;
    }
    summaries.add(record.key(), record.partition(), record.offset(), value.getAsDouble());
  }

  private static OptionalDouble number(String text) {
    try {
      return text == null ? OptionalDouble.empty() : OptionalDouble.of(Double.parseDouble(text));
    } catch (NumberFormatException e) {
      return OptionalDouble.empty();
    }
  }

  /** Waits for it; for the times when somebody else goes on from here. */
  private void commit() {
    if (stored.isEmpty()) {
      return;
    }
    try {
      consumer.commitSync(stored);
    } catch (KafkaException e) {
      LOGGER.warn("offsets not committed, some readings will come twice: {}", e.toString());
    }
  }

  private void report() {
    long now = System.nanoTime();
    if (processed == reported || now - reportedAt < REPORT_EVERY.toNanos()) {
      return;
    }
    long lag =
        consumer.assignment().stream().mapToLong(each -> consumer.currentLag(each).orElse(0)).sum();
    LOGGER.info("processed {} readings, lag {}", processed, lag);
    reported = processed;
    reportedAt = now;
  }

  /** Partitions come and go when members do. */
  private final class Partitions implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      var all = new TreeSet<Integer>();
      consumer.assignment().forEach(each -> all.add(each.partition()));
      LOGGER.info(
          "partitions: {}", all.stream().map(String::valueOf).collect(Collectors.joining(" ")));
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      // The last moment at which they are ours: the next member begins at what is committed.
      commit();
      stored.keySet().removeAll(partitions);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      // They are another's already, and our commit would be refused.
      stored.keySet().removeAll(partitions);
    }
  }
}
