package io.headwater.hub.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.bookkeeper.Stores;
import io.headwater.hub.bookkeeper.Stores.UnderReplicated;
import io.headwater.hub.kafka.ledger.PartitionState;
import io.headwater.hub.kafka.ledger.PartitionStates;
import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.status.ClusterStatus.Contents;
import io.headwater.hub.status.ClusterStatus.Problem;
import io.headwater.hub.status.ClusterStatus.State;
import io.headwater.hub.zookeeper.ClusterView.Catalog;
import io.headwater.hub.zookeeper.ClusterView.Registered;
import io.headwater.hub.zookeeper.ZooKeeperMember;
import io.headwater.hub.zookeeper.ZooKeeperMember.Role;
import io.headwater.process.HostPort;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class ClusterStatusTest {
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");
  private static final Uuid ID = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ");
  private static final Stores WHOLE =
      new Stores(
          new TreeSet<>(List.of("hub1:3181", "hub2:3181", "hub3:3181")),
          new TreeSet<>(),
          new TreeMap<>(),
          List.of(),
          Optional.of("hub1:3181"),
          true);

  private final Topic data =
      new Topic(
          "t",
          ID,
          List.of(
              new Partition(0, 1, 0, List.of(1, 2, 3)), new Partition(1, 2, 4, List.of(2, 3, 1))),
          Map.of());
  private final Topic coordinators =
      new Topic(
          "__consumer_offsets",
          Uuid.randomUuid(),
          List.of(new Partition(0, 2, 0, List.of(2, 1, 3))),
          Map.of());

  private static List<ZooKeeperMember> members(Role... roles) {
    var members = new ArrayList<ZooKeeperMember>();
    for (int i = 0; i < roles.length; i++) {
      members.add(
          new ZooKeeperMember(
              new HostPort("hub" + (i + 1), 2181),
              roles[i],
              roles[i] == Role.UNREACHABLE ? "connection refused" : ""));
    }
    return members;
  }

  private Catalog catalog(int... brokers) {
    var registered = new ArrayList<Registered>();
    for (int id : brokers) {
      registered.add(
          new Registered(
              new Broker(id, "hub" + id, 9092, null, id == 3), 0xabc0 + id, NOW.minusSeconds(300)));
    }
    return new Catalog("Xyz", OptionalInt.of(1), registered, List.of(coordinators, data));
  }

  private static ClusterStatus status(
      List<ZooKeeperMember> members, Catalog catalog, Stores stores) {
    return new ClusterStatus(
        NOW, members, Optional.of(new Contents(catalog, stores)), "", OptionalInt.of(3));
  }

  private static ClusterStatus status(Catalog catalog, Stores stores) {
    return status(members(Role.LEADER, Role.FOLLOWER, Role.FOLLOWER), catalog, stores);
  }

  private static List<String> whats(ClusterStatus status) {
    return status.problems().stream().map(Problem::what).toList();
  }

  @Test
  void tellsAWholeCluster() {
    ClusterStatus status = status(catalog(1, 2, 3), WHOLE);
    assertThat(status.state()).isEqualTo(State.WHOLE);
    assertThat(StatusText.of(status))
        .isEqualTo(
            """
            cluster Xyz is whole

            ZOOKEEPER  STATE
            hub1:2181  leader
            hub2:2181  follower
            hub3:2181  follower

            BROKER  ADDRESS    STATE                PARTITIONS  COORDINATORS  SESSION  REGISTERED
            1       hub1:9092  serving, controller  1           0             0xabc1   5 min ago
            2       hub2:9092  serving              2           1             0xabc2   5 min ago
            3       hub3:9092  leaving              0           0             0xabc3   5 min ago

            BOOKIE     STATE
            hub1:3181  writable
            hub2:3181  writable
            hub3:3181  writable

            partitions: 3, without a leader: 0
            ledgers with too few copies: 0, being copied: 0
            auto-recovery: led by bookie hub1:3181
            """);
  }

  @Test
  void tellsAClusterThatHasLostANode() {
    var stores =
        new Stores(
            new TreeSet<>(List.of("hub1:3181")),
            new TreeSet<>(List.of("hub3:3181")),
            new TreeMap<>(Map.of("hub2:3181", OptionalInt.of(7), "old:3181", OptionalInt.of(0))),
            List.of(
                new UnderReplicated(5, List.of("hub2:3181"), NOW.minusSeconds(90), null),
                new UnderReplicated(6, List.of("hub2:3181"), NOW.minusSeconds(30), null)),
            Optional.empty(),
            true);
    ClusterStatus status =
        status(members(Role.LEADER, Role.UNREACHABLE, Role.NOT_SERVING), catalog(1, 3), stores);
    assertThat(status.state()).isEqualTo(State.DEGRADED);
    assertThat(whats(status))
        .containsExactly(
            "ZooKeeper member hub2:2181 is not there: connection refused",
            "ZooKeeper member hub3:2181 does not follow the others",
            "broker 2 is not registered, and partitions have it among their replicas",
            "2 partitions have no leader: __consumer_offsets-0, t-1",
            "bookie hub2:3181 is gone, and 7 ledgers have a copy on it",
            "bookie hub3:3181 takes no new records",
            "auto-recovery runs on no bookie: lost copies are not noticed",
            "2 ledgers have too few copies, 0 being copied");
    assertThat(StatusText.of(status))
        .contains("cluster Xyz is degraded\n! ZooKeeper member hub2:2181")
        .contains("  -> start its node; until then no other member may be lost\n")
        .contains("2       -          missing")
        .contains("hub2:3181  gone, ledgers with a copy on it: 7\n")
        .contains("old:3181   gone, holds nothing that is needed\n")
        .contains("ledgers with too few copies: 2, being copied: 0, the oldest for 90 s\n")
        .contains("auto-recovery: runs nowhere\n");
    String json = StatusJson.of(status).toString();
    assertThat(json)
        .contains("\"state\":\"degraded\"")
        .contains("{\"id\":2,\"state\":\"missing\",\"partitions\":2,\"coordinators\":1}")
        .contains("{\"id\":\"hub2:3181\",\"state\":\"gone\",\"ledgers\":7}")
        .contains("\"leaderless\":[\"__consumer_offsets-0\",\"t-1\"]")
        .contains("\"underReplicated\":2,\"copying\":0")
        .contains("{\"id\":5,\"missing\":[\"hub2:3181\"],\"since\":\"2026-11-24T11:58:30Z\"}");
  }

  @Test
  void tellsThatThereIsNoMajority() {
    var none =
        new ClusterStatus(
            NOW,
            members(Role.UNREACHABLE, Role.NOT_SERVING, Role.UNREACHABLE),
            Optional.empty(),
            "",
            OptionalInt.of(3));
    assertThat(none.state()).isEqualTo(State.UNKNOWN);
    assertThat(none.problems())
        .containsExactly(
            new Problem(
                "ZooKeeper has no majority: 1 of its 3 members is there, and 2 are needed",
                "start the nodes of hub1:2181, hub3:2181. Until then no leader changes, and brokers"
                    + " stop serving"));
    assertThat(StatusText.of(none)).startsWith("cluster cannot be looked at\n! ZooKeeper");

    var electing =
        new ClusterStatus(
            NOW,
            members(Role.NOT_SERVING, Role.NOT_SERVING, Role.UNREACHABLE),
            Optional.empty(),
            "",
            OptionalInt.of(3));
    assertThat(electing.problems().getFirst().next()).startsWith("wait for their election");

    var unread =
        new ClusterStatus(
            NOW,
            members(Role.LEADER, Role.FOLLOWER, Role.FOLLOWER),
            Optional.empty(),
            "no answer",
            OptionalInt.of(3));
    assertThat(whats(unread)).containsExactly("ZooKeeper could not be read: no answer");
  }

  @Test
  void tellsWhatIsWrongWithBookiesAndTheirRecovery() {
    var off =
        new Stores(
            new TreeSet<>(List.of("hub1:3181")),
            new TreeSet<>(),
            new TreeMap<>(),
            List.of(new UnderReplicated(1, List.of(), null, "hub1:3181")),
            Optional.of("hub1:3181"),
            false);
    ClusterStatus status = status(catalog(1, 2, 3), off);
    assertThat(whats(status))
        .containsExactly(
            "1 bookie is writable, and cluster.bookies is 3",
            "auto-recovery is switched off: lost copies are not made again",
            "1 ledger has too few copies, 1 being copied");
    assertThat(status.problems().getLast().next()).startsWith("wait:");
    assertThat(StatusText.of(status)).contains("auto-recovery: switched off\n");

    var nobody = new Catalog("Xyz", OptionalInt.empty(), List.of(), List.of());
    assertThat(whats(status(nobody, WHOLE))).containsExactly("no broker is registered");
    var uncontrolled =
        new Catalog("Xyz", OptionalInt.empty(), catalog(1, 2, 3).brokers(), List.of());
    assertThat(whats(status(uncontrolled, WHOLE)))
        .containsExactly("no broker is elected as controller: nobody gives partitions to brokers");
  }

  /** As the new owner begins when the one before has died. */
  @Test
  void tellsEachPartition() {
    var contents = new Contents(catalog(1, 3), WHOLE);
    Map<PartitionStates.Key, PartitionState> states =
        Map.of(new PartitionStates.Key(ID, 0), new PartitionState(1, 0, 0, 0, List.of()));
    assertThat(StatusText.partitions(contents, states))
        .isEqualTo(
            """
            TOPIC               PARTITION  LEADER  EPOCH  REPLICAS   OWNER  LEDGERS  STATE
            __consumer_offsets  0          2       0      [2, 1, 3]  -      0        leaderless
            t                   0          1       0      [1, 2, 3]  1      0        led
            t                   1          2       4      [2, 3, 1]  -      0        leaderless
            """);
    assertThat(
            StatusText.partitions(
                contents,
                Map.of(new PartitionStates.Key(ID, 0), new PartitionState(2, 0, 0, 0, List.of()))))
        .contains("taking-over");
  }
}
