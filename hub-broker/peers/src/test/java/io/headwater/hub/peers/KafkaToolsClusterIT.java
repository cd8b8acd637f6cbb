package io.headwater.hub.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kafka's own programs for the brokers of partitions, at three hubs that make a cluster. */
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class KafkaToolsClusterIT {
  private static final String TOPICS = "TopicCommand";
  private static final String REASSIGN = "reassign.ReassignPartitionsCommand";
  private static final String ELECT = "LeaderElectionCommand";

  @TempDir private Path folder;

  @Test
  void chooseMoveRollBackAndElect() throws Exception {
    try (var cluster = PeerCluster.start(folder)) {
      var tools = new ToolCalls(cluster.addresses());
      create(tools);
      Path there = move("there", "[1,2]", "");
      tools.expect(
          REASSIGN,
          "--execute --throttle 1000000 --reassignment-json-file " + there,
          "\"replicas\":[3,1],\"log_dirs\":[\"",
          "Successfully started partition reassignment for t-0");
      verify(tools, there);
      tools.expectSoon(TOPICS, "--describe --topic t", "Replicas: 1,2");
      tools.expectSoon(REASSIGN, "--list", "No partition reassignments found");
      tools.expect(
          REASSIGN,
          "--cancel --reassignment-json-file " + there,
          "None of the specified partition reassignments are active");

      Path log3 = logFolder(cluster, 3);
      Path back = move("back", "[3,1]", ",\"log_dirs\":[\"" + log3 + "\",\"any\"]");
      tools.expect(
          REASSIGN,
          "--execute --reassignment-json-file " + back,
          "Successfully started partition reassignment for t-0",
          "Successfully started moving log directory to " + log3 + " for replica t-0");
      verify(tools, back);
      Path elsewhere = move("elsewhere", "[3,1]", ",\"log_dirs\":[\"/elsewhere\",\"any\"]");
      tools.expectFailure(
          REASSIGN,
          "--execute --reassignment-json-file " + elsewhere,
          "log directory is not found");
      elect(tools);
      tools.run(folder);
    }
  }

  private static void create(ToolCalls tools) {
    tools.expectOfCluster(
        0, "list-endpoints", "--include-fenced-brokers", "1 ", "2 ", "3 ", "unfenced");
    tools.expectOfCluster(1, "unregister", "--id 3", "Broker ID 3 is alive");
    tools.expectOfCluster(1, "unregister", "--id 9", "Broker ID 9 is not currently registered");
    tools.expect(TOPICS, "--create --topic t --replica-assignment 3:1,3:2", "Created topic t.");
    tools.expectSoon(TOPICS, "--alter --topic t --partitions 3 --replica-assignment 3:1,3:2,2:1");
    tools.expectSoon(
        TOPICS,
        "--describe --topic t",
        "Leader: 3\tReplicas: 3,1",
        "Leader: 3\tReplicas: 3,2",
        "Leader: 2\tReplicas: 2,1");
    tools.expectFailure(
        TOPICS, "--create --topic bad --replica-assignment 3:9", "no such broker is registered");
    tools.expectFailure(
        TOPICS,
        "--create --topic bad --partitions 1 --replication-factor 4",
        "only 3 broker(s) are registered");
  }

  private static void verify(ToolCalls tools, Path moves) {
    tools.expectSoon(
        REASSIGN,
        "--verify --reassignment-json-file " + moves,
        "Reassignment of partition t-0 is completed",
        "Clearing topic-level throttles");
  }

  private static void elect(ToolCalls tools) {
    tools.expect( // or partitions have just been shared out: then there is nothing to elect
        ELECT, "--election-type preferred --topic t --partition 0", "for partitions t-0");
    for (String type : new String[] {"preferred", "unclean"}) {
      tools.expect(
          ELECT,
          "--topic t --partition 0 --election-type " + type,
          "Valid replica already elected");
    }
    tools.expectSoon(TOPICS, "--describe --topic t", "Leader: 3\tReplicas: 3,1");
    tools.expectFailure(
        ELECT, "--election-type preferred --topic none --partition 0", "Unable to find a topic");
    tools.expect("LogDirsCommand", "--describe --topic-list t", "t-0", "t-1", "t-2");
  }

  private Path move(String name, String replicas, String more) throws IOException {
    return Files.writeString(
        folder.resolve(name + ".json"),
        "{\"version\":1,\"partitions\":[{\"topic\":\"t\",\"partition\":0,\"replicas\":%s%s}]}"
            .formatted(replicas, more));
  }

  private static Path logFolder(PeerCluster cluster, int id) {
    Path logs = cluster.data(id).resolve("log");
    assertThat(logs).isDirectory();
    return logs;
  }
}
