package io.headwater.hub;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.zookeeper.EmbeddedZooKeeper;
import io.headwater.process.Config;
import io.headwater.process.HostPort;
import io.headwater.process.Setting;
import io.headwater.process.UserError;
import io.headwater.testsupport.FreePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nodes of two clusters, one of which was pointed at the other's ZooKeeper by mistake. */
@Timeout(value = 120, unit = SECONDS)
class TwoClustersIT {
  private static final String TOPIC = "kept";

  @TempDir private Path folder;
  private EmbeddedZooKeeper first;
  private EmbeddedZooKeeper second;

  @BeforeEach
  void start() {
    first = EmbeddedZooKeeper.start(folder.resolve("zookeeper-1"), new HostPort("127.0.0.1", 0));
    second = EmbeddedZooKeeper.start(folder.resolve("zookeeper-2"), new HostPort("127.0.0.1", 0));
  }

  @AfterEach
  void stop() {
    first.close();
    second.close();
  }

  private Hub node(EmbeddedZooKeeper zookeeper, String data, int bookie, String roles) {
    var settings = new ArrayList<Setting>();
    Map.of(
            "data", folder.resolve(data).toString(),
            "node-id", "1",
            "listen.kafka", "127.0.0.1:0",
            "http", "127.0.0.1:0",
            "zookeeper-session-timeout", "4s",
            "cluster.zookeeper-connect", zookeeper.connectString(),
            "cluster.roles", roles,
            "cluster.bookie", "127.0.0.1:" + bookie,
            "cluster.bookies", "1")
        .forEach((key, value) -> settings.add(new Setting(key, value, "--set")));
    for (String key :
        List.of(
            "cluster.replication-factor",
            "cluster.min-insync-replicas",
            "groups.offsets-topic-partitions",
            "transactions.state-topic-partitions")) {
      settings.add(new Setting(key, "1", "--set"));
    }
    return Hub.start(
        Config.read("hub", HubConfig.DEFAULTS, Optional.empty(), Map.of(), settings),
        Clock.systemUTC(),
        _ -> {});
  }

  private static Admin admin(Hub hub) {
    return Admin.create(
        Map.of("bootstrap.servers", Objects.requireNonNull(hub.addresses().get("kafka"))));
  }

  private List<Path> files(String data) throws IOException {
    try (Stream<Path> all = Files.walk(folder.resolve(data))) {
      return all.sorted().toList();
    }
  }

  @Test
  void aNodeOfTheOtherClusterIsRefusedAndNothingIsTouched() throws Exception {
    int bookie = FreePorts.take();
    node(second, "theirs", bookie, "broker,bookie").close();
    List<Path> theirs = files("theirs");
    try (Hub ours = node(first, "ours", FreePorts.take(), "broker,bookie");
        Admin admin = admin(ours)) {
      admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get(30, SECONDS);

      assertThatThrownBy(() -> node(first, "theirs", bookie, "broker,bookie"))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("belongs to BookKeeper cluster ")
          .hasMessageContaining("or choose another folder with --data");
      assertThatThrownBy(() -> node(first, "theirs", bookie, "broker"))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("belongs to cluster.id ")
          .hasMessageContaining("or choose another folder with --data");
      assertThatThrownBy(() -> node(first, "new", FreePorts.take(), "broker"))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("node-id 1 is taken by a node that is alive");

      assertThat(admin.listTopics().names().get(30, SECONDS)).contains(TOPIC);
      assertThat(admin.describeCluster().nodes().get(30, SECONDS)).hasSize(1);
    }
    assertThat(files("theirs")).containsAll(theirs);
    node(second, "theirs", bookie, "broker,bookie").close();
  }
}
