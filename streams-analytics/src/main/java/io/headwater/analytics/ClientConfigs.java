package io.headwater.analytics;

import io.headwater.process.HostPort;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;

/** What Kafka's clients and Streams are told, derived from the process' settings. */
final class ClientConfigs {
  private ClientConfigs() {}

  static String bootstrap(AnalyticsConfig config) {
    return config.hub().stream().map(HostPort::toString).collect(Collectors.joining(","));
  }

  static Map<String, Object> admin(AnalyticsConfig config) {
    Map<String, Object> admin = new HashMap<>(common(config));
    admin.put(AdminClientConfig.CLIENT_ID_CONFIG, config.application() + "-admin");
    admin.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
    return Map.copyOf(admin);
  }

  /** What reads result topics for those who listen over HTTP: without a group, from the end. */
  static Map<String, Object> live(AnalyticsConfig config) {
    Map<String, Object> live = new HashMap<>(common(config));
    live.put(ConsumerConfig.CLIENT_ID_CONFIG, config.application() + "-live");
    live.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    live.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    live.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    live.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
    live.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
    live.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, LiveFeed.AT_ONCE);
    live.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 4 << 20);
    return Map.copyOf(live);
  }

  /** What reads topics from a time on, to where they end: without a group. */
  static Map<String, Object> history(AnalyticsConfig config) {
    Map<String, Object> history = new HashMap<>(common(config));
    history.put(ConsumerConfig.CLIENT_ID_CONFIG, config.application() + "-run");
    history.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    history.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    history.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    history.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"); // retention goes on
    history.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
    history.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 5_000);
    return Map.copyOf(history);
  }

  /**
   * What {@link Recomputer}'s clients are told.
   *
   * @param history reads topics from a time on, without a group
   * @param consumer in the group {@link Recomputer#group}
   * @param producer transactional, by an id that no other instance has
   */
  record Recompute(
      Map<String, Object> history, Map<String, Object> consumer, Map<String, Object> producer) {}

  /**
   * See {@link Recompute}.
   *
   * @param application the query's consumer group
   * @param instance as for {@link #streams}
   */
  static Recompute recompute(AnalyticsConfig config, String application, String instance) {
    String group = Recomputer.group(application);
    Map<String, Object> history = history(config);
    Map<String, Object> consumer = new HashMap<>(history);
    consumer.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    consumer.put(ConsumerConfig.CLIENT_ID_CONFIG, group);
    // As Streams' members: it comes back at once, and is known when it has left.
    consumer.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instance + "-recompute");
    int session = (int) config.sessionTimeout().toMillis();
    consumer.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, session);
    consumer.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, session / 4);
    consumer.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 500);
    // All partitions are given back before they are given out: so each is read from what is done.
    consumer.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, RangeAssignor.class.getName());
    // History is read between two polls.
    consumer.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, (int) Duration.ofHours(6).toMillis());
    Map<String, Object> producer = new HashMap<>(common(config));
    producer.put(ProducerConfig.CLIENT_ID_CONFIG, group);
    producer.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, group + "-" + instance);
    return new Recompute(history, Map.copyOf(consumer), Map.copyOf(producer));
  }

  /**
   * Streams' settings for one query.
   *
   * @param name the query's
   * @param instance stays the same over restarts on the same data folder, differs between folders
   * @param advertised where other instances ask this one for its windows
   */
  static Properties streams(
      AnalyticsConfig config,
      String name,
      String instance,
      HostPort advertised,
      StateMemory memory) {
    var streams = new Properties();
    streams.putAll(common(config));
    streams.put(StreamsConfig.APPLICATION_ID_CONFIG, config.application() + "-" + name);
    streams.put(StreamsConfig.CLIENT_ID_CONFIG, "analytics-" + name);
    streams.put(StreamsConfig.STATE_DIR_CONFIG, config.data().resolve("streams").toString());
    streams.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    streams.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, config.commitInterval().toMillis());
    streams.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, config.threads());
    streams.put(StreamsConfig.APPLICATION_SERVER_CONFIG, advertised.toString());
    streams.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, config.standbys());
    streams.put(
        StreamsConfig.DSL_STORE_SUPPLIERS_CLASS_CONFIG,
        switch (config.store()) {
          case ROCKSDB -> BuiltInDslStoreSuppliers.RocksDBDslStoreSuppliers.class;
          case MEMORY -> BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers.class;
        });
    // When work stays where it is because the hub could not tell how much state there is to move,
    // or a standby warms up, this is the time after which it is looked at again. The least allowed.
    streams.put(StreamsConfig.PROBING_REBALANCE_INTERVAL_MS_CONFIG, 60_000L);
    // Joins the updates of a window between two commits; more would only be memory.
    streams.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 1L << 20);
    streams.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, StateMemory.Setter.class);
    streams.put(StateMemory.CONFIG, memory);
    // A known member comes back into the group at once, instead of waiting for its own session's
    // end.
    consumer(streams, ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instance);
    consumer(
        streams,
        ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG,
        (int) config.sessionTimeout().toMillis());
    consumer(
        streams,
        ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG,
        (int) config.sessionTimeout().toMillis() / 4);
    streams.put(StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG), 10_000);
    // A batch is full at the commit, not after a wait of its own.
    streams.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 5);
    streams.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), 8L << 20);
    return streams;
  }

  private static void consumer(Properties streams, String key, Object value) {
    streams.put(StreamsConfig.mainConsumerPrefix(key), value);
  }

  private static Map<String, Object> common(AnalyticsConfig config) {
    return Map.of(
        CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG,
        bootstrap(config),
        CommonClientConfigs.RECONNECT_BACKOFF_MS_CONFIG,
        100L,
        CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG,
        1_000L,
        CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG,
        10_000,
        CommonClientConfigs.METADATA_MAX_AGE_CONFIG,
        30_000L,
        CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG,
        false);
  }
}
