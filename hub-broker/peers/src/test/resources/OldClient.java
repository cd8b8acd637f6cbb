import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.AppInfoParser;

/** Runs from its source on the class path of kafka-clients 2.1; prints a line for each check. */
class OldClient {
  private static final String TOPIC = "old";
  private static final Duration POLL = Duration.ofMillis(100);

  private final String hub;

  OldClient(String hub) {
    this.hub = hub;
  }

  public static void main(String[] arguments) throws Exception {
    System.out.println("kafka-clients " + AppInfoParser.getVersion());
    check("runs on the old client", AppInfoParser.getVersion().startsWith("2.1."), true);
    var client = new OldClient(arguments[0]);
    client.administer();
    client.produceAndConsume();
    client.transact();
    System.out.println("all checked");
  }

  private static void check(String what, Object found, Object expected) {
    if (!expected.equals(found)) {
      throw new AssertionError("FAILED " + what + ": " + found + " instead of " + expected);
    }
    System.out.println("ok " + what);
  }

  private Properties with(String... more) {
    var properties = new Properties();
    properties.put("bootstrap.servers", hub);
    for (int i = 0; i < more.length; i += 2) {
      properties.put(more[i], more[i + 1]);
    }
    return properties;
  }

  private KafkaProducer<String, String> producer(String... more) {
    return new KafkaProducer<>(with(more), new StringSerializer(), new StringSerializer());
  }

  private KafkaConsumer<String, String> consumer(String... more) {
    Properties properties = with(more);
    properties.put("auto.offset.reset", "earliest");
    properties.put("enable.auto.commit", "false");
    return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
  }

  private void administer() throws Exception {
    try (AdminClient admin = AdminClient.create(with())) {
      var topic = new NewTopic(TOPIC, 2, (short) 1).configs(Map.of("retention.ms", "7654321"));
      admin.createTopics(List.of(topic, new NewTopic("old-tx", 1, (short) 1))).all().get();
      check("creates and lists topics", admin.listTopics().names().get().contains(TOPIC), true);
      admin.createPartitions(Map.of(TOPIC, NewPartitions.increaseTo(3))).all().get();
      var described = admin.describeTopics(List.of(TOPIC)).all().get().get(TOPIC);
      check("describes a topic", described.partitions().size(), 3);
      var resource = new ConfigResource(ConfigResource.Type.TOPIC, TOPIC);
      var config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
      check("describes settings", config.get("retention.ms").value(), "7654321");
      check("tells of one broker", admin.describeCluster().nodes().get().size(), 1);
    }
  }

  private void produceAndConsume() throws Exception {
    int sent = 0;
    for (String codec : List.of("none", "gzip", "lz4", "zstd")) {
      try (var producer = producer("compression.type", codec, "enable.idempotence", "true")) {
        for (int i = 0; i < 500; i++) {
          producer.send(new ProducerRecord<>(TOPIC, "k" + i, codec + i));
          sent++;
        }
      }
    }
    try (var first = consumer("group.id", "old-group")) {
      first.subscribe(List.of(TOPIC));
      List<String> values = read(first, sent);
      check("reads all codecs in a group", values.size(), sent);
      check("each record once", new HashSet<>(values).size(), sent);
      first.commitSync();
    }
    try (var second = consumer("group.id", "old-group");
        var producer = producer()) {
      second.subscribe(List.of(TOPIC));
      producer.send(new ProducerRecord<>(TOPIC, "k", "one more")).get();
      check("goes on where the group was", read(second, 1), List.of("one more"));
      var ends = second.endOffsets(second.assignment());
      check(
          "end offsets",
          ends.values().stream().mapToLong(Long::longValue).sum(),
          (long) sent + 1);
    }
    try (AdminClient admin = AdminClient.create(with())) {
      check(
          "lists the group",
          admin.listConsumerGroups().all().get().stream()
              .anyMatch(group -> group.groupId().equals("old-group")),
          true);
      var offsets =
          admin.listConsumerGroupOffsets("old-group").partitionsToOffsetAndMetadata().get();
      check(
          "lists the group's offsets",
          offsets.values().stream().mapToLong(OffsetAndMetadata::offset).sum(),
          (long) sent);
      admin.deleteConsumerGroups(List.of("old-group")).all().get();
      check("deletes the group", true, true);
    }
  }

  private void transact() throws Exception {
    try (var producer = producer("transactional.id", "old-tx")) {
      producer.initTransactions();
      for (int i = 0; i < 4; i++) {
        producer.beginTransaction();
        producer.send(new ProducerRecord<>("old-tx", "k", "v" + i)).get();
        producer.sendOffsetsToTransaction(
            Map.of(new TopicPartition(TOPIC, 0), new OffsetAndMetadata(i)), "old-tx-group");
        if (i % 2 == 0) {
          producer.commitTransaction();
        } else {
          producer.abortTransaction();
        }
      }
    }
    try (var reader = consumer("isolation.level", "read_committed", "group.id", "old-tx-group")) {
      reader.assign(Collections.singleton(new TopicPartition("old-tx", 0)));
      check("reads what is committed", read(reader, 2), List.of("v0", "v2"));
      check(
          "commits offsets with a transaction",
          reader.committed(new TopicPartition(TOPIC, 0)).offset(),
          2L);
    }
  }

  private static List<String> read(KafkaConsumer<String, String> consumer, int count) {
    var values = new ArrayList<String>();
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (values.size() < count && System.nanoTime() - end < 0) {
      consumer.poll(POLL).forEach(record -> values.add(record.value()));
    }
    return values;
  }
}
