package io.headwater.hub.benchmark;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's own clients, made the same way for both brokers. */
final class Clients {
  private Clients() {}

  static KafkaProducer<byte[], byte[]> producer(Broker broker, Map<String, Object> settings) {
    var config = new HashMap<String, Object>(settings);
    config.put("bootstrap.servers", broker.address());
    config.putIfAbsent("acks", "all");
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  static KafkaConsumer<byte[], byte[]> consumer(Broker broker, Map<String, Object> settings) {
    var config = new HashMap<String, Object>(settings);
    config.put("bootstrap.servers", broker.address());
    config.putIfAbsent("auto.offset.reset", "earliest");
    config.putIfAbsent("enable.auto.commit", "false");
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  static void createTopic(Broker broker, String name, int partitions, Map<String, String> configs)
      throws InterruptedException, ExecutionException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.address()))) {
      // As many replicas as the broker or the cluster gives by itself.
      var topic = new NewTopic(name, Optional.of(partitions), Optional.empty()).configs(configs);
      admin.createTopics(List.of(topic)).all().get();
    }
  }

  static void deleteTopic(Broker broker, String name)
      throws InterruptedException, ExecutionException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.address()))) {
      admin.deleteTopics(List.of(name)).all().get();
    }
  }

  /** Whether a broker answers, and all nodes of a cluster are there. */
  static boolean answers(Broker broker) throws InterruptedException {
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers",
            broker.address(),
            "default.api.timeout.ms",
            "2000",
            "request.timeout.ms",
            "1000",
            "reconnect.backoff.max.ms",
            "50");
    try (Admin admin = Admin.create(config)) {
      return admin.describeCluster().nodes().get().size() == broker.nodes();
    } catch (ExecutionException _) {
      return false;
    }
  }
}
