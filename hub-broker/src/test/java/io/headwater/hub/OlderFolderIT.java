package io.headwater.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.KeptFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A hub on the data folder of an earlier build; {@code formats/hub-….txt} tells what is in it. */
@Timeout(180)
class OlderFolderIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final TopicPartition PAID = new TopicPartition("paid", 0);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @BeforeEach
  void unpack() throws IOException {
    try (InputStream packed =
        Objects.requireNonNull(
            OlderFolderIT.class.getResourceAsStream("/formats/hub-d7b425c.zip.gz"))) {
      KeptFolder.unpack(new GZIPInputStream(packed), folder.resolve("hub"));
    }
  }

  /** As it was configured then; where that says another number of partitions, it does not start. */
  private ChildProcess start() {
    return Headwater.start(
        folder,
        "hub",
        "--data=" + folder.resolve("hub"),
        "--port=0",
        "--set=http=127.0.0.1:0",
        "--set=zookeeper=127.0.0.1:0",
        "--set=groups.offsets-topic-partitions=2",
        "--set=transactions.state-topic-partitions=2");
  }

  private static String address(ChildProcess hub) {
    return Objects.requireNonNull(hub.awaitReady(LIMIT).get("kafka"));
  }

  private static KafkaConsumer<String, String> consumer(String kafka, String... more) {
    var config =
        new HashMap<String, Object>(
            Map.of(
                "bootstrap.servers",
                kafka,
                "enable.auto.commit",
                "false",
                "isolation.level",
                "read_committed"));
    for (int i = 0; i < more.length; i += 2) {
      config.put(more[i], more[i + 1]);
    }
    return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
  }

  /** All records of a topic that can be read now. */
  private static List<ConsumerRecord<String, String>> all(String kafka, String topic) {
    try (var consumer = consumer(kafka)) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      var found = new ArrayList<ConsumerRecord<String, String>>();
      long limit = System.nanoTime() + LIMIT.toNanos();
      while (ends.entrySet().stream().anyMatch(end -> isBefore(consumer, end))) {
        assertThat(System.nanoTime() - limit).as("records of %s", topic).isNegative();
        consumer.poll(Duration.ofMillis(100)).forEach(found::add);
      }
      return found;
    }
  }

  private static boolean isBefore(
      KafkaConsumer<String, String> consumer, Map.Entry<TopicPartition, Long> end) {
    return consumer.position(end.getKey()) < end.getValue();
  }

  private static List<String> values(List<ConsumerRecord<String, String>> records) {
    return records.stream().map(ConsumerRecord::value).toList();
  }

  private static void assertRecordsAreThere(String kafka) {
    List<ConsumerRecord<String, String>> events = all(kafka, "events");
    for (int partition = 0; partition < 3; partition++) {
      int p = partition;
      List<String> expected =
          IntStream.range(0, 20)
              .mapToObj(n -> n + " k" + (3 * n + p) % 7 + " event " + (3 * n + p))
              .toList();
      assertThat(events.stream().filter(each -> each.partition() == p))
          .extracting(each -> each.offset() + " " + each.key() + " " + each.value())
          .isEqualTo(expected);
    }
    var latest = new TreeMap<String, String>();
    all(kafka, "latest").forEach(each -> latest.put(each.key(), String.valueOf(each.value())));
    latest.values().removeIf("null"::equals);
    assertThat(latest)
        .isEqualTo(Map.of("key 0", "value 36", "key 1", "value 37", "key 2", "value 38"));
    assertThat(all(kafka, "sensors.temperature")).hasSize(8);
    assertThat(all(kafka, "sensors.humidity")).hasSize(4);
  }

  private void assertSettingsAndNumbersAreThere(Admin admin) throws Exception {
    var latest = new ConfigResource(ConfigResource.Type.TOPIC, "latest");
    Config config =
        Objects.requireNonNull(admin.describeConfigs(List.of(latest)).all().get().get(latest));
    assertThat(List.of("cleanup.policy", "segment.bytes", "min.cleanable.dirty.ratio"))
        .extracting(name -> Objects.requireNonNull(config.get(name)).value())
        .containsExactly("compact", "1048576", "0.1");
    var written = new Properties();
    try (var in = Files.newBufferedReader(folder.resolve("hub/log/events-0/partition.metadata"))) {
      written.load(in);
    }
    var events =
        Objects.requireNonNull(
            admin.describeTopics(List.of("events")).allTopicNames().get().get("events"));
    assertThat(events.topicId().toString()).isEqualTo(written.getProperty("topic_id"));
    assertThat(admin.listConsumerGroupOffsets("payers").partitionsToOffsetAndMetadata().get())
        .isEqualTo(Map.of(PAID, new OffsetAndMetadata(2)));
  }

  private static void assertGroupGoesOn(String kafka) {
    try (var consumer = consumer(kafka, "group.id", "readers", "auto.offset.reset", "none")) {
      consumer.subscribe(List.of("events"));
      var found = new ArrayList<String>();
      await()
          .atMost(LIMIT)
          .until(() -> {
            consumer
                .poll(Duration.ofMillis(100))
                .forEach(each -> found.add(each.partition() + "@" + each.offset()));
            return found.size() >= 27;
          });
      assertThat(found).hasSize(27).contains("0@10", "1@11", "2@12").doesNotContain("1@10", "2@11");
      var first = new TopicPartition("events", 0);
      assertThat(consumer.committed(Set.of(first)))
          .isEqualTo(Map.of(first, new OffsetAndMetadata(10, "noted by an old hub")));
      consumer.commitSync();
    }
  }

  private static void assertTransactionWithoutAnEndIsAborted(String kafka) {
    try (var consumer = consumer(kafka)) {
      // Its record and the marker that ends it.
      await().atMost(LIMIT).until(() -> consumer.endOffsets(List.of(PAID)).containsValue(9L));
    }
    assertThat(values(all(kafka, "paid")))
        .containsExactly("committed 0", "committed 1", "committed 2");
  }

  private static void payOnceMore(String kafka, String id, String value) {
    try (var producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", kafka, "transactional.id", id),
            new StringSerializer(),
            new StringSerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>("paid", value));
      producer.commitTransaction();
    }
  }

  @Test
  void everythingIsThereAndGoesOn() throws Exception {
    try (ChildProcess hub = start()) {
      String kafka = address(hub);
      assertRecordsAreThere(kafka);
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka))) {
        assertSettingsAndNumbersAreThere(admin);
      }
      assertGroupGoesOn(kafka);
      assertTransactionWithoutAnEndIsAborted(kafka);
      payOnceMore(kafka, "payer", "after");
      payOnceMore(kafka, "interrupted", "ended");
      assertThat(hub.terminate()).isEqualTo(143);
    }
    try (ChildProcess hub = start()) {
      String kafka = address(hub);
      assertRecordsAreThere(kafka);
      assertThat(values(all(kafka, "paid")))
          .containsExactly("committed 0", "committed 1", "committed 2", "after", "ended");
      try (var consumer = consumer(kafka, "group.id", "readers")) {
        var second = new TopicPartition("events", 1);
        assertThat(consumer.committed(Set.of(second)).get(second))
            .extracting(OffsetAndMetadata::offset)
            .isEqualTo(20L);
      }
    }
  }
}
