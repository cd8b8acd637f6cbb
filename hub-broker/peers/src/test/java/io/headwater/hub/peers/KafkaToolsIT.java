package io.headwater.hub.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.peers.KafkaTools.Call;
import io.headwater.hub.peers.KafkaTools.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kafka's own command line programs. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class KafkaToolsIT {
  private static final String TOPICS = "TopicCommand";
  private static final String GROUPS = "consumer.group.ConsumerGroupCommand";
  private static final String REASSIGN = "reassign.ReassignPartitionsCommand";
  private static final String TRANSACTIONS = "TransactionsCommand";
  private static final String CONFIGS = "kafka.admin.ConfigCommand";

  @TempDir private static Path folder;
  private static PeerHub hub;

  private final List<Expectation> expectations = new ArrayList<>();

  /**
   * A call and what comes of it.
   *
   * @param texts all of which it prints
   */
  private record Expectation(Call call, int exitCode, List<String> texts) {}

  @BeforeAll
  static void start() {
    hub = PeerHub.start(folder);
  }

  @AfterAll
  static void stop() {
    hub.close();
  }

  /** One program after another finds what those before it left. */
  @Test
  void administerProduceConsumeAndMeasure() throws Exception {
    expect(
        TOPICS,
        "--create --topic tools --partitions 2 --config retention.ms=7200000",
        "Created topic tools.");
    expect(TOPICS, "--alter --topic tools --partitions 3");
    expect(
        TOPICS, "--describe --topic tools", "PartitionCount: 3", "retention.ms=7200000", "Isr: 1");
    expect(TOPICS, "--list", "tools");
    configs();
    producing();
    consuming();
    groups();
    expect(TOPICS, "--list", "tools", "__consumer_offsets");
    transactions();
    placement();
    cluster();
    expect(TOPICS, "--delete --topic tools");
    expectFailure(TOPICS, "--describe --topic tools", "does not exist");
    try (var open = openTransaction()) {
      runAll();
      assertThatThrownBy(open::commitTransaction).isInstanceOf(ProducerFencedException.class);
    }
  }

  private static KafkaProducer<String, String> openTransaction() throws Exception {
    var producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", hub.address(), "transactional.id", "tools-tx"),
            new StringSerializer(),
            new StringSerializer());
    producer.initTransactions();
    producer.beginTransaction();
    producer.send(new ProducerRecord<>("tools-tx", 0, "k", "v")).get();
    return producer;
  }

  private void configs() {
    expect(
        CONFIGS,
        "--alter --entity-type topics --entity-name tools --add-config max.message.bytes=1000000",
        "Completed");
    expect(
        CONFIGS,
        "--describe --entity-type topics --entity-name tools",
        "max.message.bytes=1000000");
    expect(
        CONFIGS,
        "--alter --entity-type topics --entity-name tools --delete-config max.message.bytes",
        "Completed");
    expect(
        CONFIGS,
        "--describe --entity-type topics --entity-name tools --all",
        "max.message.bytes=1048588");
    expect(CONFIGS, "--describe --entity-type brokers --entity-name 1 --all", "broker.id=1");
    expect(CONFIGS, "--describe --entity-type client-metrics");
    expect(
        CONFIGS,
        "--alter --entity-type groups --entity-name tools-new --add-config consumer.session.timeout.ms=50000",
        "Completed");
    expect(
        CONFIGS,
        "--describe --entity-type groups --entity-name tools-new",
        "consumer.session.timeout.ms=50000");
    expect(CONFIGS, "--describe --entity-type groups", "tools-new");
    expectFailure(
        CONFIGS,
        "--alter --entity-type groups --entity-name tools-new --add-config consumer.session.timeout.ms=1",
        "consumer.session.timeout.ms");
    expect(
        CONFIGS,
        "--alter --entity-type groups --entity-name tools-new --delete-config consumer.session.timeout.ms",
        "Completed");
    expectFailure(
        CONFIGS,
        "--alter --entity-type topics --entity-name tools --add-config retention.ms=soon",
        "retention.ms");
  }

  private void producing() {
    expect(
        "ProducerPerformance",
        "--topic tools --num-records 3000 --record-size 100 --throughput -1",
        "3000 records sent");
    expectations.add(
        new Expectation(
            new Call(
                "org.apache.kafka.tools.ConsoleProducer",
                "a:one|b:two|c:three|",
                words(
                    "--topic tools --reader-property parse.key=true --reader-property key.separator=:")),
            0,
            List.of()));
    expect(
        "VerifiableProducer",
        "--topic tools --max-messages 100 --throughput -1",
        "startup_complete");
  }

  private void consuming() {
    expect(
        "consumer.ConsoleConsumer",
        "--topic tools --from-beginning --max-messages 3103 --group tools-group",
        "one\n",
        "three\n",
        "Processed a total of 3103 messages");
    expect(
        "consumer.ConsoleConsumer",
        "--topic tools --from-beginning --max-messages 3103 --group tools-new --consumer-property group.protocol=consumer",
        "Processed a total of 3103 messages");
    expect("ConsumerPerformance", "--topic tools --num-records 3000 --timeout 20000", ", 3");
    expect(
        "VerifiableConsumer",
        "--topic tools --group-id verifiable --max-messages 3103 --reset-policy earliest",
        "offsets_committed",
        "shutdown_complete");
    expect("GetOffsetShell", "--topic tools", "tools:0:", "tools:1:", "tools:2:");
    expect(
        "GetOffsetShell", "--topic tools --time earliest", "tools:0:0", "tools:1:0", "tools:2:0");
    expect("GetOffsetShell", "--topic tools --time max-timestamp", "tools:0:");
  }

  private void groups() {
    expect("GroupsCommand", "--list", "tools-group", "Classic", "tools-new", "Consumer");
    expect(GROUPS, "--list --state", "tools-group", "Empty");
    expect(GROUPS, "--describe --group tools-group", "CURRENT-OFFSET");
    expect(GROUPS, "--describe --group tools-new --state", "Empty");
    expect(GROUPS, "--describe --all-groups --members --verbose", "verifiable");
    for (String group : List.of("tools-group", "tools-new")) {
      expect(
          GROUPS,
          "--group " + group + " --topic tools --reset-offsets --to-earliest --execute",
          "NEW-OFFSET");
      expect(
          GROUPS,
          "--group "
              + group
              + " --topic tools --reset-offsets --to-datetime 2020-01-01T00:00:00.000 --dry-run",
          "NEW-OFFSET");
      expect(
          GROUPS,
          "--group " + group + " --topic tools --reset-offsets --shift-by 7 --execute",
          " 7");
      expect(GROUPS, "--group " + group + " --topic tools:0 --delete-offsets", "Successful");
      expect(GROUPS, "--describe --group " + group + " --offsets", " 7 ");
      expect(GROUPS, "--delete --group " + group, "was successful");
    }
    expect("streams.StreamsGroupCommand", "--list");
    expect("consumer.group.ShareGroupCommand", "--list");
  }

  private void transactions() {
    expect(TRANSACTIONS, "list", "tools-tx", "Ongoing");
    expect(TRANSACTIONS, "describe --transactional-id tools-tx", "Ongoing", "tools-tx-0");
    expect(TRANSACTIONS, "describe-producers --topic tools-tx --partition 0", "LastSequence");
    expect(TRANSACTIONS, "forceTerminateTransaction --transactionalId tools-tx");
    expect(TRANSACTIONS, "list", "tools-tx", "Empty");
    expectFailure(TRANSACTIONS, "describe --transactional-id none", "could not be found");
    expect(TRANSACTIONS, "describe-producers --topic tools --partition 0", "LastSequence");
    expect(TRANSACTIONS, "find-hanging --broker-id 1", "CoordinatorEpoch");
    expect(
        "consumer.ConsoleConsumer",
        "--topic __transaction_state --from-beginning --max-messages 1 --formatter org.apache.kafka.tools.consumer.TransactionLogMessageFormatter",
        "\"transactionalId\":\"tools-tx\"");
  }

  private void placement() throws IOException {
    Path delete =
        json(
            "delete",
            "{\"version\":1,\"partitions\":[{\"topic\":\"tools\",\"partition\":0,\"offset\":100}]}");
    expect("DeleteRecordsCommand", "--offset-json-file " + delete, "low_watermark: 100");
    expect("LogDirsCommand", "--describe --topic-list tools", "tools-2");
    expect("LeaderElectionCommand", "--election-type preferred --all-topic-partitions");
    expect(
        "LeaderElectionCommand",
        "--election-type preferred --topic tools --partition 0",
        "Valid replica already elected");
    Path stay =
        json(
            "stay",
            "{\"version\":1,\"partitions\":[{\"topic\":\"tools\",\"partition\":0,\"replicas\":[1]}]}");
    Path topics = json("topics", "{\"version\":1,\"topics\":[{\"topic\":\"tools\"}]}");
    expect(
        REASSIGN,
        "--topics-to-move-json-file " + topics + " --broker-list 1 --generate",
        "Proposed partition reassignment");
    expect(REASSIGN, "--reassignment-json-file " + stay + " --execute", "Successfully started");
    expect(REASSIGN, "--reassignment-json-file " + stay + " --verify", "is completed");
    expect(REASSIGN, "--list", "No partition reassignments found");
  }

  private void cluster() {
    expect("FeatureCommand", "describe", "transaction.version");
    expect("BrokerApiVersionsCommand", "", "Produce(0): 0 to 13");
    expect("ClientMetricsCommand", "--list");
    for (String command : List.of("cluster-id", "list-endpoints")) {
      expectations.add(
          new Expectation(
              Call.of(
                  "org.apache.kafka.tools.ClusterTool",
                  command,
                  "--bootstrap-server",
                  hub.address()),
              0,
              List.of(command.equals("cluster-id") ? "Cluster ID" : "unfenced")));
    }
  }

  private static Path json(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name + ".json"), text);
  }

  private void expect(String program, String arguments, String... texts) {
    expectations.add(new Expectation(call(program, arguments), 0, List.of(texts)));
  }

  private void expectFailure(String program, String arguments, String... texts) {
    expectations.add(new Expectation(call(program, arguments), 1, List.of(texts)));
  }

  private static Call call(String program, String arguments) {
    return new Call(
        program.startsWith("kafka.") ? program : "org.apache.kafka.tools." + program,
        "",
        words(arguments));
  }

  private static List<String> words(String arguments) {
    var words = new ArrayList<>(List.of("--bootstrap-server", hub.address()));
    Arrays.stream(arguments.split(" ")).filter(word -> !word.isEmpty()).forEach(words::add);
    return words;
  }

  private void runAll() throws IOException {
    List<Result> results =
        KafkaTools.run(folder, expectations.stream().map(Expectation::call).toList());
    for (int i = 0; i < results.size(); i++) {
      Expectation expectation = expectations.get(i);
      String what = expectation.call().toString();
      for (String text : expectation.texts()) {
        assertThat(results.get(i).output()).as(what).contains(text);
      }
      assertThat(results.get(i).exitCode())
          .as("%s: %s", what, results.get(i).output())
          .isEqualTo(expectation.exitCode());
      Peer.ok(what);
    }
  }
}
