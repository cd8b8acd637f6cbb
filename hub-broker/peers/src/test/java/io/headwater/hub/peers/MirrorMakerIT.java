package io.headwater.hub.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.apachekafka.ApacheKafka;
import io.headwater.testsupport.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** MirrorMaker 2 between an Apache Kafka and the hub, in both directions. */
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class MirrorMakerIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int RECORDS = 200;

  @TempDir private Path folder;

  @Test
  void topicsSettingsAndRecordsGoBothWays() throws Exception {
    try (PeerHub hub = PeerHub.start(folder);
        ApacheKafka server = ApacheKafka.start(folder)) {
      String kafka = server.address();
      fill(kafka, "there");
      fill(hub.address(), "back");
      assertThat(readAs("travellers", kafka, "there", RECORDS)).hasSize(RECORDS);
      try (ChildProcess mirror = startMirror(kafka, hub.address())) {
        assertThat(read(hub.address(), "kafka.there", mirror)).hasSize(RECORDS);
        Peer.ok("mirror: from Kafka to the hub");
        assertThat(read(kafka, "hub.back", mirror)).hasSize(RECORDS);
        Peer.ok("mirror: from the hub to Kafka");
        assertThat(retention(hub.address(), "kafka.there")).isEqualTo("7654321");
        Peer.ok("mirror: settings of a topic follow");
        assertGoesOn("travellers", hub.address(), kafka, mirror);
        Peer.ok("mirror: a group goes on at the hub where it stopped at Kafka");
        mirror.terminate();
      }
    }
  }

  private static void fill(String address, String topic) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", address));
        var producer = producer(address)) {
      admin
          .createTopics(
              List.of(new NewTopic(topic, 2, (short) 1).configs(Map.of("retention.ms", "7654321"))))
          .all()
          .get();
      for (int i = 0; i < RECORDS; i++) {
        producer.send(new ProducerRecord<>(topic, "k" + i, topic + i));
      }
      producer.flush();
    }
  }

  /** Each value once, in the order of its partition. */
  private static List<String> read(String address, String topic, ChildProcess mirror) {
    Map<String, Object> config =
        Map.of("bootstrap.servers", address, "auto.offset.reset", "earliest");
    try (var consumer =
            new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
        Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(admin.listTopics().names().get()).as(mirror::output).contains(topic));
      consumer.assign(IntStream.range(0, 2).mapToObj(i -> new TopicPartition(topic, i)).toList());
      var found = new ArrayList<String>();
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (found.size() < RECORDS && System.nanoTime() - end < 0) {
        consumer.poll(Duration.ofMillis(100)).forEach(record -> found.add(record.value()));
      }
      assertThat(found).as(mirror::output).doesNotHaveDuplicates();
      return found;
    }
  }

  /** A group that has read all of Kafka's topic reads at the hub what comes after that, only. */
  private static void assertGoesOn(String group, String hub, String kafka, ChildProcess mirror) {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", hub))) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(
                      admin
                          .listConsumerGroupOffsets(group)
                          .partitionsToOffsetAndMetadata()
                          .get()
                          .values()
                          .stream()
                          .mapToLong(OffsetAndMetadata::offset)
                          .sum())
                  .as(mirror::output)
                  .isEqualTo(RECORDS));
    }
    List<String> later = IntStream.range(0, 50).mapToObj(i -> "later" + i).toList();
    try (var producer = producer(kafka)) {
      later.forEach(value -> producer.send(new ProducerRecord<>("there", value, value)));
    }
    assertThat(readAs(group, hub, "kafka.there", later.size()))
        .as(mirror::output)
        .containsExactlyInAnyOrderElementsOf(later);
  }

  /** What comes to a member of the group until there are so many; they are committed. */
  private static List<String> readAs(String group, String address, String topic, int count) {
    Map<String, Object> config =
        Map.of("bootstrap.servers", address, "group.id", group, "auto.offset.reset", "earliest");
    try (var consumer =
        new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of(topic));
      var found = new ArrayList<String>();
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (found.size() < count && System.nanoTime() - end < 0) {
        consumer.poll(Duration.ofMillis(100)).forEach(record -> found.add(record.value()));
      }
      consumer.commitSync();
      return found;
    }
  }

  private static KafkaProducer<String, String> producer(String address) {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", address), new StringSerializer(), new StringSerializer());
  }

  private static String retention(String address, String topic) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
      var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
      var config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
      return Objects.requireNonNull(config).get("retention.ms").value();
    }
  }

  private ChildProcess startMirror(String kafka, String hub) throws IOException {
    var lines =
        new ArrayList<String>(
            List.of(
                "clusters=kafka,hub",
                "kafka.bootstrap.servers=" + kafka,
                "hub.bootstrap.servers=" + hub,
                "kafka->hub.enabled=true",
                "kafka->hub.topics=there",
                "kafka->hub.groups=travellers",
                "kafka->hub.sync.group.offsets.enabled=true",
                "kafka->hub.sync.group.offsets.interval.seconds=1",
                "kafka->hub.emit.checkpoints.interval.seconds=1",
                "kafka->hub.refresh.groups.interval.seconds=1",
                "kafka->hub.offset.lag.max=0",
                "hub->kafka.enabled=true",
                "hub->kafka.topics=back",
                "replication.factor=1",
                "checkpoints.topic.replication.factor=1",
                "heartbeats.topic.replication.factor=1",
                "offset-syncs.topic.replication.factor=1",
                "offset.storage.replication.factor=1",
                "status.storage.replication.factor=1",
                "config.storage.replication.factor=1",
                "offset.storage.partitions=1",
                "status.storage.partitions=1",
                "plugin.discovery=service_load"));
    Path config = Files.write(folder.resolve("mirror.properties"), lines);
    return Peer.startJava(folder, "org.apache.kafka.connect.mirror.MirrorMaker", config.toString());
  }
}
