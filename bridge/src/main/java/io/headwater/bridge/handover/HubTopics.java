package io.headwater.bridge.handover;

import io.headwater.uplink.RejectReason;
import io.headwater.uplink.StreamDeclaration;
import io.headwater.uplink.UplinkTopics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;

/**
 * The hub's topics as the bridge needs them: made where missing, checked. Confined to its thread.
 */
public final class HubTopics {
  static final String CURSORS = "headwater-cursors";
  static final String GAPS = "headwater-gaps";

  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final Duration DEFAULT_RETENTION = Duration.ofDays(7);

  private final Admin admin;
  private static final long ASK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final HandoverSettings settings;
  private final DeclaredStreams declared;
  private final Map<String, Duration> retentions = new HashMap<>();

  /** Topics that were missing, with the time after which they are looked for again. */
  private final Map<String, Long> missing = new HashMap<>();

  HubTopics(Admin admin, HandoverSettings settings, DeclaredStreams declared) {
    this.admin = admin;
    this.settings = settings;
    this.declared = declared;
  }

  /** Makes the bridge's own topics, and checks that the lanes are as many as they must be. */
  void ensureOwn() {
    create(
        new NewTopic(CURSORS, Optional.of(UplinkTopics.LANES), Optional.empty())
            .configs(
                Map.of(
                    TopicConfig.CLEANUP_POLICY_CONFIG,
                    TopicConfig.CLEANUP_POLICY_COMPACT,
                    TopicConfig.SEGMENT_BYTES_CONFIG,
                    "4194304",
                    TopicConfig.MIN_CLEANABLE_DIRTY_RATIO_CONFIG,
                    "0.1")));
    create(new NewTopic(GAPS, Optional.empty(), Optional.empty()));
    TopicDescription cursors =
        get(admin.describeTopics(List.of(CURSORS)).allTopicNames()).get(CURSORS);
    if (cursors == null || cursors.partitions().size() != UplinkTopics.LANES) {
      throw new IllegalStateException(
          CURSORS
              + " has not as many partitions as there are lanes, "
              + UplinkTopics.LANES
              + ". It was not made by a bridge: delete it");
    }
    String policy = policy();
    if (!policy.equals(TopicConfig.CLEANUP_POLICY_COMPACT)) {
      // With 'delete' cursors would go, and what they cover would be written twice.
      throw new IllegalStateException(
          CURSORS
              + " has cleanup.policy="
              + policy
              + " but must have compact: headwater topics alter "
              + CURSORS
              + " --config cleanup.policy=compact");
    }
  }

  private String policy() {
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, CURSORS);
    Config config = get(admin.describeConfigs(List.of(resource)).all()).get(resource);
    ConfigEntry entry = config == null ? null : config.get(TopicConfig.CLEANUP_POLICY_CONFIG);
    return entry == null || entry.value() == null ? "none" : entry.value();
  }

  /**
   * The retention of a topic, which is made where it is missing.
   *
   * @return empty if there is none and the bridge may not make it
   */
  Optional<Duration> ensure(String topic) {
    Duration known = retentions.get(topic);
    if (known != null) {
      return Optional.of(known);
    }
    Long askAgain = missing.get(topic);
    if (askAgain != null && System.nanoTime() - askAgain < 0) {
      return Optional.empty();
    }
    if (settings.createTopics()) {
      make(topic);
    }
    try {
      Duration retention = retention(topic);
      retentions.put(topic, retention);
      return Optional.of(retention);
    } catch (UnknownTopicOrPartitionException _) {
      missing.put(topic, System.nanoTime() + ASK_AGAIN_NANOS);
      return Optional.empty();
    }
  }

  private void make(String topic) {
    try {
      create(newTopic(topic));
    } catch (TopicAuthorizationException | ClusterAuthorizationException _) {
      // It may be there, made by somebody who may.
    } catch (InvalidConfigurationException
        | InvalidPartitionsException
        | PolicyViolationException e) {
      declared.forget(topic); // the gateway may be told better, and say so
      throw e;
    }
  }

  /**
   * As {@link #ensure}, for records that are to be written there.
   *
   * @throws RefusedRecordException if nothing can be
   */
  Duration retentionOf(String topic) {
    if (!Topic.isValid(topic)) {
      throw new RefusedRecordException(
          RejectReason.NOT_ALLOWED, "the hub takes no topic of this name");
    }
    try {
      return ensure(topic)
          .orElseThrow(() ->
              new RefusedRecordException(RejectReason.NO_TOPIC, "the hub has no topic " + topic));
    } catch (InvalidConfigurationException
        | InvalidPartitionsException
        | PolicyViolationException e) {
      throw new RefusedRecordException(RejectReason.NOT_ALLOWED, String.valueOf(e.getMessage()));
    }
  }

  private NewTopic newTopic(String topic) {
    int partitions = settings.partitions();
    var configs = new HashMap<String, String>();
    Optional<StreamDeclaration> stream = declared.of(topic);
    if (stream.isPresent()) {
      partitions = stream.get().partitions() > 0 ? stream.get().partitions() : partitions;
      if (stream.get().retentionMs() > 0) {
        configs.put(TopicConfig.RETENTION_MS_CONFIG, Long.toString(stream.get().retentionMs()));
      }
      if (!stream.get().compression().isEmpty()) {
        configs.put(TopicConfig.COMPRESSION_TYPE_CONFIG, stream.get().compression());
      }
    }
    Optional<Integer> count = partitions < 0 ? Optional.empty() : Optional.of(partitions);
    return new NewTopic(topic, count, Optional.empty()).configs(configs);
  }

  private Duration retention(String topic) {
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    Config config = get(admin.describeConfigs(List.of(resource)).all()).get(resource);
    ConfigEntry entry = config == null ? null : config.get(TopicConfig.RETENTION_MS_CONFIG);
    if (entry == null || entry.value() == null) {
      return DEFAULT_RETENTION;
    }
    long millis = Long.parseLong(entry.value());
    return millis < 0 ? Duration.ofDays(36_500) : Duration.ofMillis(millis);
  }

  private void create(NewTopic topic) {
    try {
      get(admin.createTopics(List.of(topic)).all());
    } catch (TopicExistsException _) {
      // As wanted.
    }
  }

  /** Waits; failures come as what they are. */
  public static <T> T get(Future<T> future) {
    try {
      return future.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof KafkaException failure) {
        throw failure;
      }
      throw new KafkaException(e.getCause());
    } catch (TimeoutException e) {
      throw new KafkaException("the hub did not answer within " + PATIENCE.toSeconds() + " s", e);
    }
  }
}
