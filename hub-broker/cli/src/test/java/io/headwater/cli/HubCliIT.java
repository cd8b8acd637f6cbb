package io.headwater.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.process.UserError;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands as processes of their own, against one hub. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HubCliIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private static Path folder;
  private static ChildProcess hub;
  private static String address = "";
  private static Admin admin;

  /** What became of a command. */
  private record Outcome(int exitCode, String output) {}

  @BeforeAll
  static void start() {
    hub =
        Headwater.start(
            folder,
            "hub",
            "--data",
            folder.resolve("data").toString(),
            "--port",
            "0",
            "--set",
            "http=127.0.0.1:0",
            "--set",
            "zookeeper=127.0.0.1:0");
    address = hub.awaitReady(LIMIT).getOrDefault("kafka", "");
    admin = Admin.create(Map.of("bootstrap.servers", address));
  }

  @AfterAll
  static void stop() {
    admin.close();
    hub.close();
  }

  private static ChildProcess launch(String... command) {
    return Headwater.start(folder, withAddress(command));
  }

  private static Outcome run(String... command) {
    try (ChildProcess process = launch(command)) {
      return new Outcome(process.awaitExit(LIMIT), process.output());
    }
  }

  private static String runWell(String... command) {
    Outcome outcome = run(command);
    assertThat(outcome.exitCode()).as("%s: %s", List.of(command), outcome.output()).isZero();
    return outcome.output();
  }

  /** As {@link #run}, but in this process: for what else than the way in and out is of interest. */
  private static Outcome call(String... command) {
    var output = new StringWriter();
    var line = new CommandLine(new HubCliMain());
    line.setOut(new PrintWriter(output));
    line.setExecutionExceptionHandler((failure, _, _) -> {
      output.append(failure.getMessage()).append(System.lineSeparator());
      return failure instanceof UserError error ? error.exitCode() : 99;
    });
    return new Outcome(line.execute(withAddress(command)), output.toString());
  }

  private static String[] withAddress(String... command) {
    return Stream.concat(Stream.of(command), Stream.of("--hub", address)).toArray(String[]::new);
  }

  private static void createTopic(String name, int partitions) throws Exception {
    admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1))).all().get();
  }

  private static KafkaProducer<String, String> producer(Map<String, Object> more) {
    var settings = new HashMap<>(more);
    settings.put("bootstrap.servers", address);
    return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
  }

  @Test
  void topicsLiveFromCreateToDelete() {
    assertThat(
            runWell(
                "topics", "create", "life", "--partitions=2", "--config", "retention.ms=86400000"))
        .isEqualToIgnoringNewLines("Created topic 'life' with 2 partitions");
    assertThat(
            runWell(
                "topics",
                "alter",
                "life",
                "--partitions=3",
                "--config=max.message.bytes=2000",
                "--delete-config=retention.ms"))
        .contains("Topic 'life' has 3 partitions now, 2 before", "retention.ms is the default");
    assertThat(runWell("topics", "list").lines())
        .anyMatch(line -> line.matches("life +3 +1"))
        .noneMatch(line -> line.startsWith("__"));
    assertThat(runWell("topics", "describe", "life", "--json"))
        .contains(
            "{\"partition\":2,\"leader\":1,\"replicas\":1,\"in-sync\":1,\"start\":0,\"end\":0}",
            "{\"config\":\"max.message.bytes\",\"value\":\"2000\",\"source\":\"topic\"}")
        .doesNotContain("retention.ms");

    Outcome asked = run("topics", "delete", "life");
    assertThat(asked.exitCode()).isEqualTo(2);
    assertThat(asked.output()).contains("life", "repeat it with --yes");
    assertThat(call("topics", "delete", "life", "--yes"))
        .isEqualTo(new Outcome(0, "Deleted topic 'life'" + System.lineSeparator()));
    assertThat(call("topics", "describe", "life").exitCode()).isEqualTo(1);
  }

  @Test
  void anErrorNamesTheThingAndTheWayOut() throws Exception {
    createTopic("temperatures", 2);

    assertThat(call("topics", "create", "temperatures"))
        .isEqualTo(
            failed("topic 'temperatures' exists already; 'headwater topics alter' changes it"));
    assertThat(call("topics", "create", "x", "--config", "retention.mss=1"))
        .isEqualTo(failed("topics have no setting 'retention.mss': did you mean 'retention.ms'?"));
    assertThat(call("topics", "alter", "temperatures", "--partitions", "1"))
        .isEqualTo(
            failed(
                "topic 'temperatures' has 2 partitions: --partitions 1 is not more, and there is no"
                    + " way back"));
    assertThat(call("consume", "temperatures", "--partition", "7"))
        .isEqualTo(failed("topic 'temperatures' has no partition '7': it has 0 to 1"));
    assertThat(run("produce", "temperaturs"))
        .isEqualTo(
            failed(
                "topic 'temperaturs' is not known at "
                    + address
                    + ": did you mean 'temperatures'?"));
  }

  private static Outcome failed(String line) {
    return new Outcome(1, line + System.lineSeparator());
  }

  @Test
  void aHubThatIsNotThereIsNamed() {
    try (ChildProcess process = Headwater.start(folder, "topics", "list", "--hub", "localhost:1")) {
      assertThat(new Outcome(process.awaitExit(LIMIT), process.output()))
          .isEqualTo(failed("no hub answers at localhost:1; start it, or name another with --hub"));
    }
  }

  @Test
  void linesBecomeRecordsAndRecordsBecomeLines() throws Exception {
    createTopic("lines", 2);
    Path file = Files.writeString(folder.resolve("lines.txt"), "dev1:21.5\ndev2:3:4\r\ndev1:ä");

    assertThat(
            runWell(
                "produce",
                "lines",
                "--file=" + file,
                "--key-separator=:",
                "--header=unit=C",
                "--compression=zstd",
                "--partition=1"))
        .isEqualToIgnoringNewLines("3 records acknowledged in topic 'lines'");
    try (ChildProcess piped =
        ChildProcess.start(
            folder,
            Map.of("HEADWATER_BUILD", "never"),
            "bash",
            "-c",
            "printf '\\377\\n' | '%s' produce lines --partition 0 --acks 1 --hub %s"
                .formatted(Headwater.home().resolve("headwater"), address))) {
      assertThat(piped.awaitExit(LIMIT)).as(piped.output()).isZero();
    }

    assertThat(runWell("consume", "lines", "--until-end", "--output=json").lines())
        .hasSize(4)
        .anyMatch(line -> line.contains("\"key\":null,\"value\":{\"base64\":\"/w==\"}"))
        .anyMatch(line ->
            line.startsWith("{\"topic\":\"lines\",\"partition\":1,\"offset\":1,\"timestamp\":\"")
                && line.endsWith(
                    "\"key\":\"dev2\",\"value\":\"3:4\",\"headers\":[{\"key\":\"unit\",\"value\":\"C\"}]}"));
    assertThat(runWell("consume", "lines", "--key=dev1", "--count=2").lines())
        .containsExactly("21.5", "ä");
    assertThat(runWell("consume", "lines", "--from=-2", "--partition=1", "--until-end").lines())
        .containsExactly("3:4", "ä");
  }

  @Test
  void aRecordThatIsNotAcknowledgedIsCounted() throws Exception {
    createTopic("refused", 1);
    Path file =
        Files.writeString(folder.resolve("refused.txt"), "a\n" + "x".repeat(2_000_000) + "\nb\n");

    Outcome outcome = call("produce", "refused", "--file", file.toString());

    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.output())
        .startsWith("1 record failed, 2 acknowledged; first failure, line 2: ");
  }

  @Test
  void anOpenTransactionIsReadOnRequestOnly() throws Exception {
    createTopic("transactions", 1);
    try (var producer = producer(Map.of("transactional.id", "cli"))) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>("transactions", "committed"));
      producer.commitTransaction();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>("transactions", "open")).get();

      assertThat(runWell("consume", "transactions", "--until-end").lines())
          .containsExactly("committed");
      assertThat(
              runWell("consume", "transactions", "--until-end", "--isolation=read_uncommitted")
                  .lines())
          .containsExactly("committed", "open");
      producer.abortTransaction();
    }
  }

  @Test
  void aGroupIsFollowedFromItsFirstMemberToItsEnd() throws Exception {
    var partition = new TopicPartition("followed", 0);
    createTopic("followed", 1);
    try (var producer = producer(Map.of())) {
      for (String value : List.of("a", "b", "c")) {
        producer.send(new ProducerRecord<>("followed", value));
      }
    }
    try (ChildProcess member = launch("consume", "followed", "--group", "crew")) {
      await().atMost(LIMIT).until(() -> member.output().lines().count() == 3);
      assertThat(runWell("groups", "describe", "crew"))
          .contains("Group crew, protocol classic, Stable, 1 member", "headwater at /127.0.0.1");
      Outcome refused = call("groups", "reset-offsets", "crew", "--to", "earliest", "--execute");
      assertThat(refused.exitCode()).isEqualTo(1);
      assertThat(refused.output())
          .contains("group 'crew' has 1 active member: headwater at /127.0.0.1");

      member.signal("INT");

      assertThat(member.awaitExit(LIMIT)).as(member.output()).isEqualTo(130);
      assertThat(member.output().lines()).containsExactly("a", "b", "c");
    }
    assertThat(committed("crew")).isEqualTo(Map.of(partition, new OffsetAndMetadata(3)));
    assertThat(runWell("groups", "list", "--json"))
        .contains("{\"group\":\"crew\",\"protocol\":\"classic\",\"state\":\"Empty\"}");

    assertThat(call("groups", "reset-offsets", "crew", "--to", "by", "-2").output())
        .containsPattern("followed +0 +3 +1\\R")
        .contains("Nothing has changed");
    assertThat(committed("crew")).isEqualTo(Map.of(partition, new OffsetAndMetadata(3)));
    runWell("groups", "reset-offsets", "--to", "offset", "2", "crew", "--execute");
    assertThat(committed("crew")).isEqualTo(Map.of(partition, new OffsetAndMetadata(2)));
    assertThat(call("groups", "describe", "crew", "--json").output()).contains("\"lag\":1,");
    assertThat(runWell("consume", "followed", "--group=crew", "--until-end").lines())
        .containsExactly("c");

    assertThat(call("groups", "delete", "crew").exitCode()).isEqualTo(2);
    assertThat(runWell("groups", "delete", "crew", "--yes")).contains("Deleted group 'crew'");
    assertThat(admin.listGroups().all().get()).noneMatch(group -> group.groupId().equals("crew"));
  }

  private static Map<TopicPartition, OffsetAndMetadata> committed(String group) throws Exception {
    Map<TopicPartition, OffsetAndMetadata> offsets =
        admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
    var plain = new HashMap<TopicPartition, OffsetAndMetadata>();
    offsets.forEach(
        (partition, offset) -> plain.put(partition, new OffsetAndMetadata(offset.offset())));
    return plain;
  }
}
