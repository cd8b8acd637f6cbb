package io.headwater.hub.peers;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
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

  private ToolCalls tools;

  @BeforeAll
  static void start() {
    hub = PeerHub.start(folder);
  }

  @BeforeEach
  void prepare() {
    tools = new ToolCalls(hub.address());
  }

  @AfterAll
  static void stop() {
    hub.close();
  }

  /** One program after another finds what those before it left. */
  @Test
  void administerProduceConsumeAndMeasure() throws Exception {
    tools.expect(
        TOPICS,
        "--create --topic tools --partitions 2 --config retention.ms=7200000",
        "Created topic tools.");
    tools.expect(TOPICS, "--alter --topic tools --partitions 3");
    tools.expect(
        TOPICS, "--describe --topic tools", "PartitionCount: 3", "retention.ms=7200000", "Isr: 1");
    tools.expect(TOPICS, "--list", "tools");
    configs();
    producing();
    consuming();
    groups();
    tools.expect(TOPICS, "--list", "tools", "__consumer_offsets");
    transactions();
    placement();
    cluster();
    unserved();
    tools.expect(TOPICS, "--delete --topic tools");
    tools.expectFailure(TOPICS, "--describe --topic tools", "does not exist");
    try (var open = openTransaction()) {
      tools.run(folder);
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
    tools.expect(
        CONFIGS,
        "--alter --entity-type topics --entity-name tools --add-config max.message.bytes=1000000",
        "Completed");
    tools.expect(
        CONFIGS,
        "--describe --entity-type topics --entity-name tools",
        "max.message.bytes=1000000");
    tools.expect(
        CONFIGS,
        "--alter --entity-type topics --entity-name tools --delete-config max.message.bytes",
        "Completed");
    tools.expect(
        CONFIGS,
        "--describe --entity-type topics --entity-name tools --all",
        "max.message.bytes=1048588");
    tools.expect(CONFIGS, "--describe --entity-type brokers --entity-name 1 --all", "broker.id=1");
    tools.expect(CONFIGS, "--describe --entity-type client-metrics");
    tools.expect(
        CONFIGS,
        "--alter --entity-type groups --entity-name tools-new --add-config consumer.session.timeout.ms=50000",
        "Completed");
    tools.expect(
        CONFIGS,
        "--describe --entity-type groups --entity-name tools-new",
        "consumer.session.timeout.ms=50000");
    tools.expect(CONFIGS, "--describe --entity-type groups", "tools-new");
    tools.expectFailure(
        CONFIGS,
        "--alter --entity-type groups --entity-name tools-new --add-config consumer.session.timeout.ms=1",
        "consumer.session.timeout.ms");
    tools.expect(
        CONFIGS,
        "--alter --entity-type groups --entity-name tools-new --delete-config consumer.session.timeout.ms",
        "Completed");
    tools.expectFailure(
        CONFIGS,
        "--alter --entity-type topics --entity-name tools --add-config retention.ms=soon",
        "retention.ms");
  }

  private void producing() {
    tools.expect(
        "ProducerPerformance",
        "--topic tools --num-records 3000 --record-size 100 --throughput -1",
        "3000 records sent");
    tools.expectReading(
        "ConsoleProducer",
        "a:one|b:two|c:three|",
        "--topic tools --reader-property parse.key=true --reader-property key.separator=:");
    tools.expect(
        "VerifiableProducer",
        "--topic tools --max-messages 100 --throughput -1",
        "startup_complete");
  }

  private void consuming() {
    tools.expect(
        "consumer.ConsoleConsumer",
        "--topic tools --from-beginning --max-messages 3103 --group tools-group",
        "one\n",
        "three\n",
        "Processed a total of 3103 messages");
    tools.expect(
        "consumer.ConsoleConsumer",
        "--topic tools --from-beginning --max-messages 3103 --group tools-new --consumer-property group.protocol=consumer",
        "Processed a total of 3103 messages");
    tools.expect("ConsumerPerformance", "--topic tools --num-records 3000 --timeout 20000", ", 3");
    tools.expect(
        "VerifiableConsumer",
        "--topic tools --group-id verifiable --max-messages 3103 --reset-policy earliest",
        "offsets_committed",
        "shutdown_complete");
    tools.expect("GetOffsetShell", "--topic tools", "tools:0:", "tools:1:", "tools:2:");
    tools.expect(
        "GetOffsetShell", "--topic tools --time earliest", "tools:0:0", "tools:1:0", "tools:2:0");
    tools.expect("GetOffsetShell", "--topic tools --time max-timestamp", "tools:0:");
  }

  private void groups() {
    tools.expect("GroupsCommand", "--list", "tools-group", "Classic", "tools-new", "Consumer");
    tools.expect(GROUPS, "--list --state", "tools-group", "Empty");
    tools.expect(GROUPS, "--describe --group tools-group", "CURRENT-OFFSET");
    tools.expect(GROUPS, "--describe --group tools-new --state", "Empty");
    tools.expect(GROUPS, "--describe --all-groups --members --verbose", "verifiable");
    for (String group : List.of("tools-group", "tools-new")) {
      tools.expect(
          GROUPS,
          "--group " + group + " --topic tools --reset-offsets --to-earliest --execute",
          "NEW-OFFSET");
      tools.expect(
          GROUPS,
          "--group "
              + group
              + " --topic tools --reset-offsets --to-datetime 2020-01-01T00:00:00.000 --dry-run",
          "NEW-OFFSET");
      tools.expect(
          GROUPS,
          "--group " + group + " --topic tools --reset-offsets --shift-by 7 --execute",
          " 7");
      tools.expect(GROUPS, "--group " + group + " --topic tools:0 --delete-offsets", "Successful");
      tools.expect(GROUPS, "--describe --group " + group + " --offsets", " 7 ");
      tools.expect(GROUPS, "--delete --group " + group, "was successful");
    }
    tools.expect("streams.StreamsGroupCommand", "--list");
    tools.expect("consumer.group.ShareGroupCommand", "--list");
  }

  private void transactions() {
    tools.expect(TRANSACTIONS, "list", "tools-tx", "Ongoing");
    tools.expect(TRANSACTIONS, "describe --transactional-id tools-tx", "Ongoing", "tools-tx-0");
    tools.expect(TRANSACTIONS, "describe-producers --topic tools-tx --partition 0", "LastSequence");
    tools.expect(TRANSACTIONS, "forceTerminateTransaction --transactionalId tools-tx");
    tools.expect(TRANSACTIONS, "list", "tools-tx", "Empty");
    tools.expectFailure(TRANSACTIONS, "describe --transactional-id none", "could not be found");
    tools.expect(TRANSACTIONS, "describe-producers --topic tools --partition 0", "LastSequence");
    tools.expect(TRANSACTIONS, "find-hanging --broker-id 1", "CoordinatorEpoch");
    tools.expect(
        "consumer.ConsoleConsumer",
        "--topic __transaction_state --from-beginning --max-messages 1 --formatter org.apache.kafka.tools.consumer.TransactionLogMessageFormatter",
        "\"transactionalId\":\"tools-tx\"");
  }

  private void placement() throws IOException {
    Path delete =
        json(
            "delete",
            "{\"version\":1,\"partitions\":[{\"topic\":\"tools\",\"partition\":0,\"offset\":100}]}");
    tools.expect("DeleteRecordsCommand", "--offset-json-file " + delete, "low_watermark: 100");
    tools.expect("LogDirsCommand", "--describe --topic-list tools", "tools-2");
    tools.expect("LeaderElectionCommand", "--election-type preferred --all-topic-partitions");
    tools.expect(
        "LeaderElectionCommand",
        "--election-type preferred --topic tools --partition 0",
        "Valid replica already elected");
    Path stay =
        json(
            "stay",
            "{\"version\":1,\"partitions\":[{\"topic\":\"tools\",\"partition\":0,\"replicas\":[1]}]}");
    Path topics = json("topics", "{\"version\":1,\"topics\":[{\"topic\":\"tools\"}]}");
    tools.expect(
        REASSIGN,
        "--topics-to-move-json-file " + topics + " --broker-list 1 --generate",
        "Proposed partition reassignment");
    tools.expect(
        REASSIGN, "--reassignment-json-file " + stay + " --execute", "Successfully started");
    tools.expect(REASSIGN, "--reassignment-json-file " + stay + " --verify", "is completed");
    tools.expect(REASSIGN, "--list", "No partition reassignments found");
  }

  private void cluster() {
    tools.expect("FeatureCommand", "describe", "transaction.version");
    tools.expect("BrokerApiVersionsCommand", "", "Produce(0): 0 to 13");
    tools.expect("ClientMetricsCommand", "--list");
    tools.expectOfCluster(0, "cluster-id", "", "Cluster ID");
    tools.expectOfCluster(0, "list-endpoints", "", "unfenced");
  }

  /** What has no meaning here is told at once. */
  private void unserved() throws IOException {
    tools.expectFailure("MetadataQuorumCommand", "describe --status", "DESCRIBE_QUORUM");
    tools.expectFailure("FeatureCommand", "upgrade --feature group.version=1", "UPDATE_FEATURES");
    tools.expectFailure("AclCommand", "--list", "DESCRIBE_ACLS");
    tools.expectFailure(CONFIGS, "--describe --entity-type users", "DESCRIBE_CLIENT_QUOTAS");
    Path config = Files.writeString(folder.resolve("client.properties"), "client.id=t\n");
    tools.expectFailure(
        "DelegationTokenCommand",
        "--describe --command-config " + config,
        "DESCRIBE_DELEGATION_TOKEN");
  }

  private static Path json(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name + ".json"), text);
  }
}
