package io.headwater.bridge.handover;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Makes the clients by which the hand-over speaks to the hub. */
public final class HubClients {
  static final String GROUP = "headwater-bridge";
  private static final int TRANSACTION_TIMEOUT_MS = 10_000;

  private final HandoverSettings settings;
  private final String bridgeId;

  public HubClients(HandoverSettings settings, String bridgeId) {
    this.settings = settings;
    this.bridgeId = bridgeId;
  }

  private Map<String, Object> common(String role) {
    var config = new HashMap<String, Object>();
    config.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, settings.hub());
    config.put(CommonClientConfigs.CLIENT_ID_CONFIG, "headwater-bridge-" + bridgeId + "-" + role);
    config.put(CommonClientConfigs.RECONNECT_BACKOFF_MS_CONFIG, 100);
    config.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1000);
    config.put("enable.metrics.push", false);
    return config;
  }

  Admin admin() {
    return admin("admin");
  }

  /** For a role besides the hand-over. */
  public Admin admin(String role) {
    Map<String, Object> config = common(role);
    config.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
    config.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    return Admin.create(config);
  }

  /** Membership of the group that owns the lanes; reads nothing. */
  Consumer<byte[], byte[]> member() {
    Map<String, Object> config = common("lanes");
    config.put(ConsumerConfig.GROUP_ID_CONFIG, GROUP);
    config.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, bridgeId);
    switch (settings.groupProtocol()) {
      case CONSUMER -> config.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "consumer");
      case CLASSIC -> {
        int timeout = (int) settings.sessionTimeout().toMillis();
        config.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "classic");
        config.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, timeout);
        config.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, timeout / 4);
        config.put(
            ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
            CooperativeStickyAssignor.class.getName());
      }
    }
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  Consumer<byte[], byte[]> cursorReader() {
    return reader("cursors");
  }

  /** Reads what is committed, in no group. */
  public Consumer<byte[], byte[]> reader(String role) {
    Map<String, Object> config = common(role);
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    config.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 50);
    config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 10_000);
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  Producer<byte[], byte[]> producer() {
    Map<String, Object> config = common("handover");
    config.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "headwater-bridge-" + bridgeId);
    config.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_TIMEOUT_MS);
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    // Each transaction is flushed: until then it gathers, to go in one request over all partitions.
    config.put(ProducerConfig.LINGER_MS_CONFIG, 1000);
    // A partition may still be busy with the end of our transaction before: that takes
    // milliseconds.
    config.put(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, 10);
    config.put(ProducerConfig.RETRY_BACKOFF_MAX_MS_CONFIG, 500);
    config.put(ProducerConfig.BATCH_SIZE_CONFIG, 128 << 10);
    config.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 64L << 20);
    config.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "zstd");
    config.put(ProducerConfig.COMPRESSION_ZSTD_LEVEL_CONFIG, 1);
    config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
    config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000);
    config.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }
}
