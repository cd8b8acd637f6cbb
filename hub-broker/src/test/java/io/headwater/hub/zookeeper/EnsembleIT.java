package io.headwater.hub.zookeeper;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.metadata.NewTopic;
import io.headwater.hub.kafka.metadata.StoredCatalog;
import io.headwater.process.HostPort;
import io.headwater.testsupport.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.curator.RetryPolicy;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryForever;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.KeeperException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Three members, each a process of its own, as they can be killed. */
@Timeout(180)
class EnsembleIT {
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration NO_WRITES = Duration.ofSeconds(4);

  @TempDir Path temp;

  private final SortedMap<Integer, Ensemble.Member> members = FreeMembers.draw(3);
  private final Map<Integer, ChildProcess> running = new TreeMap<>();

  @AfterEach
  void stop() {
    running.values().forEach(ChildProcess::close);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1 2 3", "3 1 2"})
  void formsAQuorumInAnyOrderOfStarts(String order) throws Exception {
    for (String id : order.split(" ")) {
      await(start(Integer.parseInt(id)), "opened");
    }

    awaitAllServing();

    assertThat(running.keySet()).filteredOn(this::leads).hasSize(1);
    try (CuratorFramework client = client(members, new RetryForever(20))) {
      assertThat(client.create().forPath("/written")).isEqualTo("/written");
    }
  }

  @Test
  void writesGoOnSoonAfterTheLeaderIsKilledAndItComesBack() throws Exception {
    List.of(1, 2, 3).forEach(this::start);
    awaitAllServing();
    try (CuratorFramework client = client(members, new RetryForever(20))) {
      var _ = client.create().forPath("/counter");
      for (int round = 1; round <= 3; round++) {
        int leader = leader();
        byte[] value = {(byte) round};
        var _ = client.setData().forPath("/counter", value);

        long killed = System.nanoTime();
        kill(leader);
        var _ = client.setData().forPath("/counter", value);
        var silence = Duration.ofNanos(System.nanoTime() - killed);
        assertThat(silence).isLessThan(NO_WRITES);

        // Its folder is as it was, or the machine has been replaced.
        if (round == 3) {
          delete(folder(leader));
        }
        start(leader).awaitReady(START);
        assertThat(read(leader, "/counter")).isEqualTo(value);
      }
    }
  }

  @Test
  void oneOfThreeWritesNothingUntilAnotherIsBack() throws Exception {
    List.of(1, 2, 3).forEach(this::start);
    awaitAllServing();
    try (CuratorFramework client = client(members, new RetryForever(20))) {
      var _ = client.create().forPath("/before");
    }
    int leader = leader();
    int killed = leader == 1 ? 2 : 1;
    kill(leader);
    kill(killed);

    try (CuratorFramework client = client(members, new RetryOneTime(100))) {
      assertThatThrownBy(() -> client.create().forPath("/lost"))
          .isInstanceOf(KeeperException.class);
      start(killed).awaitReady(START);
    }

    try (CuratorFramework client = client(members, new RetryForever(20))) {
      var _ = client.create().forPath("/after");
      assertThat(client.getChildren().forPath("/"))
          .contains("before", "after")
          .doesNotContain("lost");
    }
  }

  /** It answers reads for as long as it has not noticed. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aMemberThatLostTheOthersIsNoContact(boolean leads) {
    Duration session = Duration.ofSeconds(6);
    List.of(1, 2, 3).forEach(this::start);
    awaitAllServing();
    int leader = leader();
    int member = leads ? leader : leader % 3 + 1;
    try (var store = ZooKeeperStore.connect(client(member), session, "folder")) {
      var _ = store.load();
      store.applied();
      Awaitility.await().until(() -> store.contact().isFresh());
      running.forEach((id, process) -> {
        if (id != member) {
          process.signal("STOP");
        }
      });
      // Two thirds of the session, and some time for this machine.
      Awaitility.await()
          .atMost(session.multipliedBy(2).dividedBy(3).plusMillis(1_000))
          .until(() -> !store.contact().isFresh());
    }
  }

  /** The new ones are there first: they must not agree that there is nothing. */
  @Test
  void aQuorumOfOneGrowsToThreeWithAllThatItHolds() throws Exception {
    String clusterId;
    try (var single = EmbeddedZooKeeper.start(folder(1), new HostPort("127.0.0.1", 0));
        StoredCatalog catalog = DyingCatalog.catalog(single)) {
      catalog.create(NewTopic.withDefaults("before"), false).join();
      clusterId = catalog.current().clusterId();
    }
    for (int id : new int[] {2, 3}) {
      await(start(id), "ZooKeeper waits for other members");
    }
    assertThat(running.values())
        .allSatisfy(member ->
            assertThat(member.output()).contains("reached=\"2\"").doesNotContain("ready"));

    start(1);
    awaitAllServing();

    for (int id : members.keySet()) {
      try (var store = ZooKeeperStore.connect(client(id), Duration.ofSeconds(6), "folder")) {
        assertThat(store.clusterId()).isEqualTo(clusterId);
        assertThat(store.load().topics()).extracting("name").containsExactly("before");
      }
    }
    assertThatThrownBy(
            () -> EmbeddedZooKeeper.start(folder(1), new HostPort("127.0.0.1", 0)).close())
        .hasMessageContaining("one of 3 ZooKeeper members");
  }

  private ChildProcess start(int id) {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                EnsembleMember.class.getName(),
                folder(id).toString(),
                Integer.toString(id)));
    members.forEach((other, member) -> command.add(other + "=" + member));
    ChildProcess child = ChildProcess.start(temp, command.toArray(String[]::new));
    running.put(id, child);
    return child;
  }

  private void kill(int id) {
    requireNonNull(running.remove(id)).kill();
  }

  private void awaitAllServing() {
    running.values().forEach(member -> member.awaitReady(START));
  }

  private static void await(ChildProcess member, String text) {
    Awaitility.await().atMost(START).until(() -> member.output().contains(text));
  }

  private int leader() {
    return Awaitility.await()
        .atMost(START)
        .until(
            () -> running.keySet().stream().filter(this::leads).toList(),
            leaders -> leaders.size() == 1)
        .getFirst();
  }

  private boolean leads(int id) {
    return requireNonNull(running.get(id))
        .output()
        .lines()
        .filter(line -> line.equals("leads") || line.equals("follows"))
        .reduce("", (_, last) -> last)
        .equals("leads");
  }

  private byte[] read(int member, String path) throws Exception {
    try (CuratorFramework client =
        client(
            new TreeMap<>(Map.of(member, requireNonNull(members.get(member)))),
            new RetryForever(20))) {
      client.sync().forPath(path);
      return client.getData().forPath(path);
    }
  }

  private String client(int member) {
    return requireNonNull(members.get(member)).client().toString();
  }

  private static CuratorFramework client(
      SortedMap<Integer, Ensemble.Member> members, RetryPolicy retry) {
    CuratorFramework client =
        CuratorFrameworkFactory.builder()
            .connectString(new Ensemble(members.firstKey(), members).connectString())
            .sessionTimeoutMs(4_000)
            .connectionTimeoutMs(4_000)
            .retryPolicy(retry)
            .ensembleTracker(false)
            .build();
    client.start();
    return client;
  }

  private Path folder(int id) {
    return temp.resolve("member-" + id);
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
