package io.headwater.hub.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.ledger.PartitionState;
import io.headwater.hub.kafka.ledger.PartitionStates;
import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.zookeeper.ClusterView.Catalog;
import io.headwater.hub.zookeeper.ClusterView.Registered;
import io.headwater.process.HostPort;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.kafka.common.Uuid;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ClusterViewTest {
  private static final Duration SESSION = Duration.ofSeconds(6);

  @TempDir Path folder;

  private static Topic topic(String name, int leader) {
    return new Topic(
        name,
        Uuid.randomUuid(),
        List.of(new Partition(0, leader, 3, List.of(leader, 2))),
        Map.of());
  }

  @Test
  void readsWhatBrokersKeep() throws Exception {
    try (var zookeeper = EmbeddedZooKeeper.start(folder, new HostPort("127.0.0.1", 0));
        var view = ClusterView.connect(zookeeper.connectString(), SESSION);
        var store = ZooKeeperStore.connect(zookeeper.connectString(), SESSION, "folder")) {
      var broker = new Broker(7, "hub7", 9092, "rack", true);
      store.register(broker);
      Topic first = topic("b", 7);
      store.write(store.load().topicsVersion(), null, first);
      store.standForController(7, _ -> {});
      Awaitility.await().until(() -> store.controller().isPresent());

      Catalog catalog = view.catalog();
      assertThat(catalog.clusterId()).isEqualTo(store.clusterId());
      assertThat(catalog.controller()).isEqualTo(OptionalInt.of(7));
      assertThat(catalog.topics()).containsExactly(first);
      Registered registered = catalog.brokers().getFirst();
      assertThat(registered.broker()).isEqualTo(broker);
      assertThat(registered.session()).isEqualTo(store.session().getSessionId());
      assertThat(registered.since()).isAfter(Instant.EPOCH);

      // Topics are read again only if their version is another.
      Topic second = topic("a", 2);
      store.write(store.load().topicsVersion(), null, second);
      assertThat(view.catalog().topics()).containsExactly(second, first);

      var state = new PartitionState(7, 3, 0, 0, List.of(PartitionState.Part.open(5, 0)));
      var key = new PartitionStates.Key(first.id(), 0);
      assertThat(store.partitionStates().create(key, state)).isPresent();
      assertThat(view.states()).isEqualTo(Map.of(key, state));
      assertThat(view.members()).containsExactly(zookeeper.address());
    }
  }

  @Test
  void writesNothingWhereNoClusterIs() throws Exception {
    try (var zookeeper = EmbeddedZooKeeper.start(folder, new HostPort("127.0.0.1", 0));
        var view = ClusterView.connect(zookeeper.connectString(), SESSION)) {
      assertThat(view.catalog())
          .isEqualTo(new Catalog("", OptionalInt.empty(), List.of(), List.of()));
      assertThat(view.states()).isEmpty();
      assertThat(view.session().getChildren("/", false)).containsExactly("zookeeper");
    }
  }

  @Test
  void membersAreFoundWhereClientsReachThem() throws Exception {
    assertThat(
            members(
                """
                server.1=127.0.0.1:2888:3888:participant;127.0.0.1:2181
                server.2=127.0.0.2:2888:3888:participant;0.0.0.0:2182
                server.3=127.0.0.3:2888:3888:participant;2183
                version=0
                """))
        .containsExactlyInAnyOrder(
            new HostPort("127.0.0.1", 2181),
            new HostPort("127.0.0.2", 2182),
            new HostPort("127.0.0.3", 2183));
    assertThat(members("")).isEmpty();
    assertThat(members("server.1=127.0.0.1:2888:3888\nserver.2=127.0.0.2:2888:3888\n")).isEmpty();
  }

  private static List<HostPort> members(String config) throws Exception {
    return ClusterView.members(config.getBytes(StandardCharsets.UTF_8));
  }
}
