package io.headwater.bridge.presence;

import io.headwater.process.UserError;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * The topic {@code headwater-presence}: made where missing, checked, read as a whole and written.
 * Confined to its thread.
 */
final class PresenceTopic implements AutoCloseable {
  static final String NAME = "headwater-presence";

  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final Consumer<String, String> consumer;
  private final Producer<String, String> producer;
  private final Map<TopicPartition, Long> ends;
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

  private PresenceTopic(Consumer<String, String> consumer, Producer<String, String> producer) {
    this.consumer = consumer;
    this.producer = producer;
    List<TopicPartition> partitions =
        consumer.partitionsFor(NAME).stream()
            .map(info -> new TopicPartition(NAME, info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    ends = new HashMap<>(consumer.endOffsets(partitions));
  }

  /**
   * Opens it; nothing is read yet.
   *
   * @throws UserError if there is such a topic that does not compact
   */
  static PresenceTopic open(String hub, String bridgeId) {
    try (Admin admin = Admin.create(common(hub, bridgeId, "presence-admin"))) {
      ensure(admin);
    }
    Consumer<String, String> consumer = consumer(hub, bridgeId);
    Producer<String, String> producer = producer(hub, bridgeId);
    try {
      return new PresenceTopic(consumer, producer);
    } catch (RuntimeException e) {
      producer.close(Duration.ZERO);
      consumer.close();
      throw e;
    }
  }

  private static void ensure(Admin admin) {
    var topic =
        new NewTopic(NAME, Optional.empty(), Optional.empty())
            .configs(
                Map.of(
                    TopicConfig.CLEANUP_POLICY_CONFIG,
                    TopicConfig.CLEANUP_POLICY_COMPACT,
                    TopicConfig.SEGMENT_BYTES_CONFIG,
                    "4194304",
                    TopicConfig.MIN_CLEANABLE_DIRTY_RATIO_CONFIG,
                    "0.1"));
    try {
      get(admin.createTopics(List.of(topic)).all());
    } catch (TopicExistsException _) {
      // As wanted, if it is one of ours.
    }
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, NAME);
    var config = get(admin.describeConfigs(List.of(resource)).all()).get(resource);
    var policy = config == null ? null : config.get(TopicConfig.CLEANUP_POLICY_CONFIG);
    if (policy != null && !String.valueOf(policy.value()).contains("compact")) {
      throw UserError.failure(
          NAME
              + " has cleanup.policy="
              + policy.value()
              + " in place of compact. It was not made by a bridge: alter or delete it");
    }
  }

  private static <T> T get(Future<T> future) {
    try {
      return future.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof KafkaException known) {
        throw known;
      }
      throw new KafkaException(e.getCause());
    } catch (TimeoutException e) {
      throw new KafkaException("the hub did not answer within " + PATIENCE.toSeconds() + " s", e);
    }
  }

  private static Map<String, Object> common(String hub, String bridgeId, String role) {
    var config = new HashMap<String, Object>();
    config.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, hub);
    config.put(CommonClientConfigs.CLIENT_ID_CONFIG, "headwater-bridge-" + bridgeId + "-" + role);
    config.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1000);
    config.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    config.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
    config.put("enable.metrics.push", false);
    return config;
  }

  private static Consumer<String, String> consumer(String hub, String bridgeId) {
    Map<String, Object> config = common(hub, bridgeId, "presence");
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
  }

  private static Producer<String, String> producer(String hub, String bridgeId) {
    Map<String, Object> config = common(hub, bridgeId, "presence-writer");
    config.remove(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG);
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    config.put(ProducerConfig.LINGER_MS_CONFIG, 50);
    config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
    config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000);
    return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
  }

  /** Hands over what is there, waiting a moment for it. */
  void poll(Duration wait, BiConsumer<String, @Nullable String> records) {
    consumer
        .poll(wait)
        .forEach(record -> {
          if (record.key() != null) {
            records.accept(record.key(), record.value());
          }
        });
    ends.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
  }

  /** Whether all that stood in it at its opening has been read. */
  boolean isLoaded() {
    return ends.isEmpty();
  }

  /**
   * Writes, in the background.
   *
   * @throws KafkaException if an earlier record could not be written
   */
  void write(PresenceBoard.Write write) {
    Exception earlier = failure.get();
    if (earlier != null) {
      throw new KafkaException("presence could not be written", earlier);
    }
    producer.send(
        new ProducerRecord<>(NAME, write.key(), write.value()),
        (_, e) -> {
          if (e != null) {
            failure.compareAndSet(null, e);
          }
        });
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(1));
    consumer.close();
  }
}
