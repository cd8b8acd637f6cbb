package io.headwater.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.OutsideSoftware;
import io.headwater.testsupport.Seed;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The hub as a process of its own, driven by clients and tools that are not ours. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HubIT {
  private static final Duration START = Duration.ofSeconds(40);

  @TempDir private static Path shared;
  private static ChildProcess hub;
  private static String address = "";

  @BeforeAll
  static void start() {
    hub = startHub(shared.resolve("data"), "0");
    address = present(hub.awaitReady(START).get("kafka"));
  }

  @AfterAll
  static void stop() {
    assertThat(hub.terminate()).as("a clean stop: %s", hub.output()).isEqualTo(143);
  }

  private static <T> T present(@Nullable T value) {
    assertThat(value).isNotNull();
    return Objects.requireNonNull(value);
  }

  private static ChildProcess startHub(Path data, String port) {
    return Headwater.start(
        shared,
        "hub",
        "--data",
        data.toString(),
        "--port",
        port,
        "--set",
        "http=127.0.0.1:0",
        "--set",
        "zookeeper=127.0.0.1:0");
  }

  private static KafkaProducer<String, String> producer(
      String bootstrap, Map<String, Object> more) {
    var config = new HashMap<String, Object>(more);
    config.put("bootstrap.servers", bootstrap);
    return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
  }

  private static KafkaConsumer<String, String> consumer(Map<String, Object> more) {
    return consumer(address, more);
  }

  private static KafkaConsumer<String, String> consumer(
      String bootstrap, Map<String, Object> more) {
    var config = new HashMap<String, Object>(more);
    config.put("bootstrap.servers", bootstrap);
    config.putIfAbsent("auto.offset.reset", "earliest");
    return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
  }

  /** Polls until so many records have come. */
  private static List<ConsumerRecord<String, String>> poll(
      KafkaConsumer<String, String> consumer, int count) {
    var records = new ArrayList<ConsumerRecord<String, String>>();
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (records.size() < count && System.nanoTime() - end < 0) {
      consumer.poll(Duration.ofMillis(100)).forEach(records::add);
    }
    return records;
  }

  private static List<TopicPartition> all(KafkaConsumer<?, ?> consumer, String topic) {
    return consumer.partitionsFor(topic).stream()
        .map(info -> new TopicPartition(topic, info.partition()))
        .toList();
  }

  @Test
  void administersTopicsAndSettings() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
      assertThat(admin.describeCluster().nodes().get()).hasSize(1);
      admin
          .createTopics(
              List.of(
                  new NewTopic("adm", Optional.of(2), Optional.empty())
                      .configs(Map.of("retention.ms", "1000000"))))
          .all()
          .get();
      assertThatThrownBy(
              () -> admin.createTopics(List.of(new NewTopic("adm", 1, (short) 1))).all().get())
          .hasCauseInstanceOf(TopicExistsException.class);
      admin.createPartitions(Map.of("adm", NewPartitions.increaseTo(4))).all().get();
      var resource = new ConfigResource(ConfigResource.Type.TOPIC, "adm");
      admin
          .incrementalAlterConfigs(
              Map.of(
                  resource,
                  List.of(
                      new AlterConfigOp(
                          new ConfigEntry("max.message.bytes", "2000"), AlterConfigOp.OpType.SET))))
          .all()
          .get();

      var described =
          present(admin.describeTopics(List.of("adm")).allTopicNames().get().get("adm"));
      assertThat(described.partitions()).hasSize(4);
      var config = present(admin.describeConfigs(List.of(resource)).all().get().get(resource));
      assertThat(present(config.get("retention.ms")).value()).isEqualTo("1000000");
      assertThat(present(config.get("max.message.bytes")).value()).isEqualTo("2000");
      assertThatThrownBy(() ->
              admin
                  .createTopics(
                      List.of(
                          new NewTopic("bad", 1, (short) 1).configs(Map.of("retention.mss", "1"))))
                  .all()
                  .get())
          .hasMessageContaining("retention.mss");
      admin.deleteTopics(List.of("adm")).all().get();
      assertThat(admin.listTopics().names().get()).doesNotContain("adm");
    }
  }

  @Test
  void bothKindsOfGroupsReadAllAndKeepTheirOffsets() throws Exception {
    for (String protocol : List.of("classic", "consumer")) {
      String topic = "groups-" + protocol;
      try (var producer = producer(address, Map.of("compression.type", "zstd"))) {
        for (int i = 0; i < 2_000; i++) {
          producer.send(new ProducerRecord<>(topic, "k" + i % 17, "v" + i));
        }
      }
      Map<String, Object> config = Map.of("group.id", "g-" + protocol, "group.protocol", protocol);
      try (var first = consumer(config)) {
        first.subscribe(List.of(topic));
        assertThat(poll(first, 2_000)).as(protocol).hasSize(2_000);
        first.commitSync();
      }
      try (var second = consumer(config);
          var producer = producer(address, Map.of())) {
        second.subscribe(List.of(topic));
        producer.send(new ProducerRecord<>(topic, "k", "one more " + protocol)).get();

        assertThat(poll(second, 1))
            .as(protocol)
            .extracting(ConsumerRecord::value)
            .containsExactly("one more " + protocol);
      }
    }
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
      assertThat(admin.listGroups().all().get())
          .extracting(group -> group.groupId())
          .contains("g-classic", "g-consumer");
    }
  }

  /** An answer has less at once than this consumer wants to wait for. */
  @Test
  void aConsumerThatWantsMoreThanAnAnswerMayHaveGetsWhatThereIs() throws Exception {
    try (var producer = producer(address, Map.of("batch.size", 500_000))) {
      for (int i = 0; i < 60; i++) {
        producer.send(new ProducerRecord<>("greedy", 0, null, "x".repeat(900_000)));
      }
    }
    Map<String, Object> greedy =
        Map.of(
            "fetch.min.bytes",
            40_000_000,
            "fetch.max.bytes",
            50_000_000,
            "max.partition.fetch.bytes",
            50_000_000,
            "fetch.max.wait.ms",
            25_000);
    try (var consumer = consumer(greedy)) {
      var partition = new TopicPartition("greedy", 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long begun = System.nanoTime();

      assertThat(consumer.poll(Duration.ofSeconds(30)).isEmpty()).isFalse();

      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(20));
    }
  }

  @Test
  void recordsSentWithAcks0ArriveThoughTheirProducerIsClosedAtOnce() throws Exception {
    int producers = 40;
    int records = 20;
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
      admin.createTopics(List.of(new NewTopic("acks0", 1, (short) 1))).all().get();
    }
    for (int p = 0; p < producers; p++) {
      Map<String, Object> config = Map.of("acks", "0", "enable.idempotence", false, "linger.ms", 0);
      try (var producer = producer(address, config)) {
        for (int i = 0; i < records; i++) {
          producer.send(new ProducerRecord<>("acks0", p + "-" + i));
        }
      }
    }
    try (var consumer = consumer(Map.of())) {
      consumer.assign(all(consumer, "acks0"));
      assertThat(poll(consumer, producers * records)).hasSize(producers * records);
    }
  }

  @Test
  void findsOffsetsAndDeletesRecords() throws Exception {
    try (var producer = producer(address, Map.of());
        Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
      admin.createTopics(List.of(new NewTopic("off", 1, (short) 1))).all().get();
      var partition = new TopicPartition("off", 0);
      for (int i = 0; i < 10; i++) {
        producer.send(new ProducerRecord<>("off", 0, 1_000L + i, "k", "v" + i)).get();
      }
      assertThat(offset(admin, partition, OffsetSpec.earliest())).isZero();
      assertThat(offset(admin, partition, OffsetSpec.latest())).isEqualTo(10);
      assertThat(offset(admin, partition, OffsetSpec.forTimestamp(1_004))).isEqualTo(4);
      assertThat(offset(admin, partition, OffsetSpec.maxTimestamp())).isEqualTo(9);

      admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(6))).all().get();

      assertThat(offset(admin, partition, OffsetSpec.earliest())).isEqualTo(6);
    }
  }

  private static long offset(Admin admin, TopicPartition partition, OffsetSpec spec)
      throws ExecutionException, InterruptedException {
    return present(admin.listOffsets(Map.of(partition, spec)).all().get().get(partition)).offset();
  }

  @Test
  void transactionsCommitAbortFenceAndCarryOffsets() throws Exception {
    Map<String, Object> transactional =
        Map.of("transactional.id", "tx", "transaction.timeout.ms", 10_000);
    try (var producer = producer(address, transactional);
        var group = consumer(Map.of("group.id", "tx-group"));
        Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
      admin.createTopics(List.of(new NewTopic("tx-source", 1, (short) 1))).all().get();
      producer.initTransactions();
      for (int i = 0; i < 20; i++) {
        producer.beginTransaction();
        for (int j = 0; j < 10; j++) {
          producer.send(new ProducerRecord<>("tx", "k" + j, i + ":" + j));
        }
        producer.sendOffsetsToTransaction(
            Map.of(new TopicPartition("tx-source", 0), new OffsetAndMetadata(i)),
            group.groupMetadata());
        if (i % 2 == 0) {
          producer.commitTransaction();
        } else {
          producer.abortTransaction();
        }
      }
      try (var newer = producer(address, transactional)) {
        newer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>("tx", "zombie", "zombie"));
        // As with Kafka an append tells the stale epoch; only the coordinator tells of the fence.
        assertThatThrownBy(producer::commitTransaction)
            .isInstanceOf(InvalidProducerEpochException.class);
        assertThatThrownBy(producer::abortTransaction).isInstanceOf(ProducerFencedException.class);
      }
    }
    try (var group = consumer(Map.of("group.id", "tx-group"))) {
      var source = new TopicPartition("tx-source", 0);
      assertThat(present(group.committed(Set.of(source)).get(source)).offset()).isEqualTo(18);
    }
    try (var committed = consumer(Map.of("isolation.level", "read_committed"))) {
      committed.assign(all(committed, "tx"));
      List<String> values = poll(committed, 100).stream().map(ConsumerRecord::value).toList();
      assertThat(values)
          .hasSize(100)
          .doesNotHaveDuplicates()
          .allMatch(value -> Integer.parseInt(value.split(":")[0]) % 2 == 0);
    }
  }

  @Test
  void kcatProducesConsumesAndJoinsAGroup(@TempDir Path folder) throws Exception {
    Path kcat = OutsideSoftware.find("kcat");
    Path input =
        Files.write(
            folder.resolve("in"),
            IntStream.range(0, 500).mapToObj(i -> "k" + i % 5 + ":v" + i).toList());
    assertThat(
            run(
                folder,
                kcat,
                "-b",
                address,
                "-P",
                "-t",
                "kc",
                "-K:",
                "-z",
                "lz4",
                "-X",
                "enable.idempotence=true",
                "-l",
                input.toString()))
        .isEmpty();
    assertThat(run(folder, kcat, "-b", address, "-L")).contains("topic \"kc\" with 6 partitions");
    assertThat(
            run(folder, kcat, "-b", address, "-C", "-q", "-t", "kc", "-o", "beginning", "-e")
                .lines()
                .count())
        .isEqualTo(500);
    assertThat(
            run(
                    folder,
                    kcat,
                    "-b",
                    address,
                    "-q",
                    "-c",
                    "500",
                    "-X",
                    "auto.offset.reset=earliest",
                    "-G",
                    "kcat-group",
                    "kc")
                .lines()
                .distinct()
                .count())
        .isEqualTo(500);
  }

  @Test
  void consoleConsumerReadsInAGroup(@TempDir Path folder) throws Exception {
    try (var producer = producer(address, Map.of())) {
      for (int i = 0; i < 300; i++) {
        producer.send(new ProducerRecord<>("console", "k" + i, "console-" + i));
      }
    }
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String output =
        run(
            folder,
            Path.of(java),
            "-cp",
            System.getProperty("java.class.path"),
            "org.apache.kafka.tools.consumer.ConsoleConsumer",
            "--bootstrap-server",
            address,
            "--topic",
            "console",
            "--group",
            "console-group",
            "--from-beginning",
            "--max-messages",
            "300");
    assertThat(output.lines().filter(line -> line.startsWith("console-")).distinct().count())
        .as(output)
        .isEqualTo(300);
  }

  /** Runs to the end and returns what was printed. */
  private static String run(Path folder, Path program, String... arguments) {
    String[] command = new String[arguments.length + 1];
    command[0] = program.toString();
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    try (ChildProcess process = ChildProcess.start(folder, command)) {
      assertThat(process.awaitExit(Duration.ofSeconds(60))).as("%s", process.output()).isZero();
      return process.output();
    }
  }

  @Test
  void garbageClosesItsOwnConnectionOnly() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
      String id = admin.describeCluster().clusterId().get();
      int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
      for (byte[] garbage :
          List.of(
              "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8),
              new byte[] {-1, -1, -1, -1, 0, 0, 0, 0},
              new byte[] {0, 0, 0, 0},
              new byte[] {0, 0, 0, 12, 0, 3, 0, 99, 0, 0, 0, 1, 0, 1, 65, 0},
              new byte[] {0, 0, 0, 10, 0x7f, 0x7f, 0, 1, 0, 0, 0, 1, -1, -1})) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
          socket.setSoTimeout(10_000);
          socket.getOutputStream().write(garbage);
          assertThat(readToEnd(socket)).as("closed without an answer").isZero();
        }
      }
      assertThat(admin.describeCluster().clusterId().get()).isEqualTo(id);
    }
  }

  private static int readToEnd(Socket socket) throws IOException {
    try {
      return socket.getInputStream().readAllBytes().length;
    } catch (SocketException _) {
      return 0; // reset
    }
  }

  @Test
  void killedHubKeepsEveryAcknowledgedRecordOnce(@TempDir Path folder) throws Exception {
    Seed seed = Seed.next();
    var random = seed.random();
    Path data = folder.resolve("data");
    ChildProcess process = startHub(data, "0");
    String own = present(process.awaitReady(START).get("kafka"));
    String port = own.substring(own.lastIndexOf(':') + 1);
    Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    try (var producer =
        producer(own, Map.of("acks", "all", "linger.ms", 1, "delivery.timeout.ms", 60_000))) {
      int sent = 0;
      for (int kill = 0; kill < 2; kill++) {
        int before = 2_000 + random.nextInt(3_000);
        for (int i = 0; i < before; i++) {
          String value = "v" + sent++;
          producer.send(
              new ProducerRecord<>("kill", value, value),
              (_, failure) -> {
                if (failure == null) {
                  acknowledged.add(value);
                }
              });
        }
        process.kill();
        process = startHub(data, port);
        process.awaitReady(START);
      }
      producer.flush();
      List<String> found = readAll(own, "kill", acknowledged.size());
      assertThat(found).as("%s", seed).doesNotHaveDuplicates();
      assertThat(new HashSet<>(found)).as("%s", seed).containsAll(acknowledged);
      assertThat(acknowledged.size()).as("%s", seed).isGreaterThan(1_000);
    } finally {
      process.kill();
    }
  }

  private static List<String> readAll(String bootstrap, String topic, int atLeast) {
    try (var consumer = consumer(bootstrap, Map.of())) {
      List<TopicPartition> partitions = all(consumer, topic);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long end = consumer.endOffsets(partitions).values().stream().mapToLong(Long::longValue).sum();
      return poll(consumer, (int) Math.max(end, atLeast)).stream()
          .map(ConsumerRecord::value)
          .collect(Collectors.toList());
    }
  }

  @Test
  void badStartsSayWhatIsWrongInOneLine(@TempDir Path folder) {
    assertRefused(folder, 2, "unknown key 'nod-id': did you mean 'node-id'?", "--set", "nod-id=1");
    assertRefused(
        folder,
        1,
        "is in use by pid " + hub.pid(),
        "--data",
        shared.resolve("data").toString(),
        "--set",
        "http=127.0.0.1:0");
    String port = address.substring(address.lastIndexOf(':') + 1);
    assertRefused(
        folder,
        1,
        "Kafka port " + port + " is in use by pid " + hub.pid(),
        "--data",
        folder.resolve("other").toString(),
        "--port",
        port,
        "--set",
        "http=127.0.0.1:0",
        "--set",
        "zookeeper=127.0.0.1:0");
  }

  private static void assertRefused(Path folder, int code, String text, String... arguments) {
    var command = new ArrayList<String>(List.of("hub"));
    Collections.addAll(command, arguments);
    try (ChildProcess refused = Headwater.start(folder, command.toArray(new String[0]))) {
      assertThat(refused.awaitExit(START)).as("%s", refused.output()).isEqualTo(code);
      assertThat(refused.output()).contains(text);
      assertThat(refused.output().lines().filter(line -> !line.contains(" WARN ")).count())
          .as(refused.output())
          .isEqualTo(1);
    }
  }
}
