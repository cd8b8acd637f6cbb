package io.headwater.hub.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.group.GroupCoordination;
import io.headwater.hub.kafka.group.GroupSettings;
import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.ConfigChange;
import io.headwater.hub.kafka.metadata.GroupConfigs;
import io.headwater.hub.kafka.metadata.NewTopic;
import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.StoredCatalog;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.headwater.hub.kafka.metadata.TopicRules;
import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.server.common.ProducerIdsBlock;
import org.apache.zookeeper.ZooKeeper;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ZooKeeperStoreTest {
  private static final HostPort ANY_PORT = new HostPort("127.0.0.1", 0);

  private static final Duration SESSION = Duration.ofSeconds(6);

  @TempDir Path folder;

  @Test
  void everythingIsThereAfterARestart() {
    Topic created;
    String clusterId;
    long version;
    ProducerIdsBlock block;
    try (var zookeeper = EmbeddedZooKeeper.start(folder, ANY_PORT);
        var catalog = catalog(zookeeper, 1)) {
      catalog.create(new NewTopic("a", 3, -1, Map.of("retention.ms", "1000")), false).join();
      catalog.create(NewTopic.withDefaults("gone"), false).join();
      catalog.delete("gone").join();
      catalog.createPartitions("a", 5, List.of(), false).join();
      catalog
          .changeConfigs("a", List.of(new ConfigChange("segment.ms", OpType.SET, "5000")), false)
          .join();
      assertThat(catalog.raiseLeaderEpoch(new TopicPartition("a", 4)).join()).isEqualTo(1);
      block = catalog.nextProducerIdBlock().join();
      created = catalog.current().topic("a").orElseThrow();
      clusterId = catalog.current().clusterId();
      version = catalog.current().version();
    }

    try (var zookeeper = EmbeddedZooKeeper.start(folder, ANY_PORT);
        var catalog = catalog(zookeeper, 1)) {
      assertThat(catalog.current().topics()).containsOnlyKeys("a");
      assertThat(catalog.current().topic("a")).contains(created);
      assertThat(created.configs()).containsKeys("retention.ms", "segment.ms");
      assertThat(created.partitions()).hasSize(5);
      assertThat(created.partitions().get(4).leaderEpoch()).isEqualTo(1);
      assertThat(catalog.current().clusterId()).isEqualTo(clusterId);
      assertThat(catalog.current().version()).isGreaterThan(version);
      assertThat(catalog.nextProducerIdBlock().join().firstProducerId())
          .isGreaterThan(block.lastProducerId());
    }
  }

  @Test
  void keepsWhatWasChosenByHandAndWhoWasThereOverARestart() {
    Topic created;
    try (var zookeeper = EmbeddedZooKeeper.start(folder, ANY_PORT);
        var _ = catalog(zookeeper, 1);
        var other = catalog(zookeeper, 2)) {
      List<List<Integer>> replicas = List.of(List.of(2, 1), List.of(1, 2));
      created = other.create(new NewTopic("chosen", -1, -1, replicas, Map.of()), false).join();
      assertThat(created.partitions()).allMatch(Partition::byHand);
      other.leave().join(); // it is known as one that stays
    }

    try (var zookeeper = EmbeddedZooKeeper.start(folder, ANY_PORT);
        var catalog = catalog(zookeeper, 1)) {
      assertThat(catalog.current().topic("chosen")).contains(created);
      Awaitility.await().until(() -> !catalog.current().brokers().containsKey(2));
      assertThat(catalog.current().gone())
          .isEqualTo(Map.of(2, new Broker(2, "localhost", 9093, "r2")));
      long before = catalog.current().version();
      catalog.forget(2).join();
      assertThat(catalog.current().gone()).isEmpty();
      assertThat(catalog.current().version()).isGreaterThan(before);
      try (var third = catalog(zookeeper, 3)) {
        assertThat(third.current().gone()).isEmpty();
      }
    }
  }

  @Test
  void keepsWhatIsSetOnGroupsOverARestart() {
    var set = new ConfigChange("consumer.session.timeout.ms", OpType.SET, "50000");
    var removed = new ConfigChange("consumer.session.timeout.ms", OpType.DELETE, null);
    try (var zookeeper = EmbeddedZooKeeper.start(folder, ANY_PORT);
        var catalog = catalog(zookeeper, 1)) {
      for (String group : List.of("a/b c", "..", "gone")) {
        catalog.changeGroupConfigs(group, List.of(set), false).join();
      }
      catalog.changeGroupConfigs("gone", List.of(removed), false).join();
    }

    try (var zookeeper = EmbeddedZooKeeper.start(folder, ANY_PORT);
        var catalog = catalog(zookeeper, 1)) {
      assertThat(catalog.current().groups())
          .containsOnlyKeys("a/b c", "..")
          .containsEntry("..", Map.of("consumer.session.timeout.ms", "50000"));
      catalog.replaceGroupConfigs("..", Map.of(), false).join();
      assertThat(catalog.current().groups()).containsOnlyKeys("a/b c");
    }
  }

  @Test
  void aSecondCatalogHearsOfChangesAndOnlyOneOfTwoCreatorsWins() {
    try (var zookeeper = EmbeddedZooKeeper.start(folder, ANY_PORT);
        var one = catalog(zookeeper, 1);
        var two = catalog(zookeeper, 2)) {
      one.create(new NewTopic("a", 1, -1, Map.of()), false).join();
      // Whatever the watch has told it by now: the version check does.
      assertThatThrownBy(() -> two.create(NewTopic.withDefaults("a"), false).join())
          .isInstanceOf(CompletionException.class)
          .hasCauseInstanceOf(TopicExistsException.class);
      one.create(new NewTopic("b", 1, 2, Map.of()), false).join();
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> {
            assertThat(two.current().topics()).containsOnlyKeys("a", "b");
            assertThat(two.current().brokers()).containsOnlyKeys(1, 2);
            assertThat(one.current().brokers()).containsOnlyKeys(1, 2);
          });
      assertThat(one.nextProducerIdBlock().join().firstProducerId())
          .isNotEqualTo(two.nextProducerIdBlock().join().firstProducerId());
    }
  }

  @Test
  void registersAgainUnderANewSessionAndHearsOfWhatItMissed() throws Exception {
    try (var zookeeper = EmbeddedZooKeeper.start(folder, ANY_PORT);
        var store =
            ZooKeeperStore.connect(zookeeper.connectString(), Duration.ofSeconds(6), "folder");
        var catalog = new StoredCatalog(store, rules(), groupConfigs(), 1);
        var other = catalog(zookeeper, 2)) {
      catalog.register(new Broker(1, "localhost", 9092, null)).join();
      ZooKeeper session = store.session();
      long before = session.getSessionId();

      // The server ends a session when its id and password are used to close it.
      var thief =
          new ZooKeeper(
              zookeeper.connectString(), 6_000, _ -> {}, before, session.getSessionPasswd());
      Awaitility.await().until(() -> thief.getState().isConnected());
      thief.close();
      other.create(new NewTopic("later", 1, 1, Map.of()), false).join();

      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> {
            assertThat(catalog.current().topics()).containsOnlyKeys("later");
            assertThat(store.session().getSessionId()).isNotEqualTo(before);
            assertThat(other.current().brokers()).containsOnlyKeys(1, 2);
          });
    }
  }

  @Test
  void aNodeIdIsGivenOnceAndItsOwnerMayComeBack() {
    Duration session = Duration.ofSeconds(4);
    var broker = new Broker(1, "localhost", 9092, null);
    var elsewhere = new Broker(1, "elsewhere", 9092, null);
    try (var zookeeper = EmbeddedZooKeeper.start(folder, ANY_PORT);
        var other = ZooKeeperStore.connect(zookeeper.connectString(), session, "two")) {
      try (var first = ZooKeeperStore.connect(zookeeper.connectString(), session, "one");
          var again = ZooKeeperStore.connect(zookeeper.connectString(), session, "one")) {
        first.register(broker);
        again.register(broker);
        assertThatThrownBy(() -> other.register(elsewhere))
            .isInstanceOf(UserError.class)
            .hasMessageContaining("node-id 1 is taken by a node that is alive")
            .hasMessageContaining("localhost:9092");
      }
      other.register(elsewhere);
      assertThat(other.load().brokers()).extracting(Broker::host).containsExactly("elsewhere");
    }
  }

  @Test
  void twoThatAreRefusedTakeARegistrationAwayAndItsOwnerComesBackIfHeLives() {
    try (var zookeeper = EmbeddedZooKeeper.start(folder, ANY_PORT);
        var one = catalog(zookeeper, 1);
        var two = catalog(zookeeper, 2);
        var witness = ZooKeeperStore.connect(zookeeper.connectString(), SESSION, "folder")) {
      Awaitility.await().until(() -> two.current().brokers().size() == 2);
      witness.suspect(2, 1);
      witness.suspect(2, 1); // one witness, however often he says so
      assertThat(witness.load().brokers()).hasSize(2);
      long before = witness.load().version();
      witness.suspect(3, 1);
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> {
            assertThat(witness.load().version()).isGreaterThan(before);
            assertThat(two.current().version()).isGreaterThan(before);
            assertThat(two.current().brokers()).containsOnlyKeys(1, 2);
          });
      assertThat(one.current().brokers()).containsOnlyKeys(1, 2);
    }
  }

  @Test
  void whoIsTakenForGoneComesBackWhenHeWants() {
    var wanted = new AtomicBoolean();
    try (var zookeeper = EmbeddedZooKeeper.start(folder, ANY_PORT);
        var store = ZooKeeperStore.connect(zookeeper.connectString(), SESSION, "folder");
        var witness = ZooKeeperStore.connect(zookeeper.connectString(), SESSION, "folder")) {
      store.register(new Broker(1, "localhost", 9092, null));
      store.registerAgainIf(wanted::get);
      witness.suspect(2, 1);
      witness.suspect(3, 1);
      assertThat(store.load().brokers()).isEmpty();
      wanted.set(true);
      assertThat(store.load().brokers()).extracting(Broker::id).containsExactly(1);
    }
  }

  /** As a controller it would give partitions to itself otherwise, whom nobody reaches. */
  @Test
  void whoStaysAwayIsNotThereForHimselfEither() {
    try (var zookeeper = EmbeddedZooKeeper.start(folder, ANY_PORT);
        var one = catalog(zookeeper, 1);
        var two = catalog(zookeeper, 2);
        var witness = ZooKeeperStore.connect(zookeeper.connectString(), SESSION, "folder")) {
      Awaitility.await().until(() -> one.current().brokers().size() == 2);
      var wanted = new AtomicBoolean();
      one.registerAgainIf(wanted::get);
      witness.suspect(2, 1);
      witness.suspect(3, 1);
      Awaitility.await().until(() -> one.current().brokers().keySet().equals(Set.of(2)));
      Awaitility.await().until(() -> two.current().brokers().keySet().equals(Set.of(2)));
      wanted.set(true);
      one.refresh();
      Awaitility.await().until(() -> one.current().brokers().size() == 2);
      Awaitility.await().until(() -> two.current().brokers().size() == 2);
    }
  }

  /** Contact alone is not enough after a session was lost: what was missed has to be known. */
  @Test
  void contactIsFreshWhileTheSessionLastsAndIsKnown() throws Exception {
    Duration session = Duration.ofSeconds(2);
    var zookeeper = EmbeddedZooKeeper.start(folder, ANY_PORT);
    try (var store = ZooKeeperStore.connect(zookeeper.connectString(), session, "folder");
        var catalog = new StoredCatalog(store, rules(), groupConfigs(), 1)) {
      catalog.register(new Broker(1, "localhost", 9092, null)).join();
      Awaitility.await().until(() -> store.contact().isFresh());
      store.contact().inForce(17);
      assertThat(store.contact().isFresh()).as("of another session").isFalse();
      store.contact().inForce(store.session().getSessionId());
      Awaitility.await().until(() -> store.contact().isFresh());
      zookeeper.close();
      Awaitility.await().atMost(session).until(() -> !store.contact().isFresh());
    } finally {
      zookeeper.close();
    }
  }

  @Test
  void leadsWithinTwoSecondsAndKeepsItsFilesSmall() throws Exception {
    long started = System.nanoTime();
    try (var zookeeper = EmbeddedZooKeeper.start(folder, ANY_PORT);
        var _ = catalog(zookeeper, 1)) {
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started);
      System.out.println("ZooKeeper and catalog ready after " + millis + " ms");
      // Generous: other builds share the machine. It takes about half a second.
      assertThat(millis).isLessThan(10_000);
    }
    try (var files = Files.walk(folder)) {
      assertThat(files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum())
          .isLessThan(4 << 20);
    }
  }

  @Test
  void aTakenPortIsNamed() throws Exception {
    try (var taken = new ServerSocket()) {
      taken.bind(new java.net.InetSocketAddress(java.net.InetAddress.getLoopbackAddress(), 0));
      assertThatThrownBy(() ->
              EmbeddedZooKeeper.start(folder, new HostPort("127.0.0.1", taken.getLocalPort())))
          .hasMessageContaining("ZooKeeper port")
          .hasMessageContaining(String.valueOf(taken.getLocalPort()));
    }
  }

  private static StoredCatalog catalog(EmbeddedZooKeeper zookeeper, int brokerId) {
    var catalog =
        new StoredCatalog(
            ZooKeeperStore.connect(zookeeper.connectString(), Duration.ofSeconds(6), "folder"),
            rules(),
            groupConfigs(),
            brokerId);
    catalog.register(new Broker(brokerId, "localhost", 9091 + brokerId, "r" + brokerId)).join();
    return catalog;
  }

  private static GroupConfigs groupConfigs() {
    return new GroupConfigs(GroupCoordination.config(GroupSettings.DEFAULTS));
  }

  private static TopicRules rules() {
    return new TopicRules(new TopicConfigs(Map.of()), 3, 1);
  }
}
