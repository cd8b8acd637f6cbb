package io.headwater.hub.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.ledger.MemoryLedgers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterPartitionReassignmentsOptions;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.errors.BrokerIdNotRegisteredException;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.LogDirNotFoundException;
import org.apache.kafka.common.errors.NoReassignmentInProgressException;
import org.apache.kafka.common.errors.PreferredLeaderNotAvailableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What operators ask of three brokers over the same ledgers, by Kafka's own client. */
@Timeout(120)
class ClusterAdminTest {
  private static final TopicPartition PARTITION = new TopicPartition("t", 0);

  @TempDir private Path folder;
  private TestCluster cluster;
  private Admin admin;

  @BeforeEach
  void start() throws Exception {
    cluster = TestCluster.start(folder, 3, new MemoryLedgers());
    admin = cluster.admin();
    admin.createTopics(List.of(new NewTopic("t", 3, (short) 2))).all().get();
    cluster.awaitView(1);
  }

  @AfterEach
  void stop() {
    admin.close();
    cluster.close();
  }

  private List<Integer> replicas() throws Exception {
    TopicDescription topic =
        admin.describeTopics(List.of("t")).allTopicNames().get().values().iterator().next();
    return topic.partitions().getFirst().replicas().stream().map(Node::id).toList();
  }

  @Test
  void allNameTheSameControllerAndItsFollower() throws Exception {
    int controller = admin.describeCluster().controller().get().id();
    for (int id = 1; id <= 3; id++) {
      assertThat(cluster.metadata(id).controllerId()).isEqualTo(controller);
    }
    cluster.stop(controller);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> {
          Set<Integer> named = new HashSet<>();
          for (int id = 1; id <= 3; id++) {
            if (id != controller) {
              named.add(cluster.metadata(id).controllerId());
            }
          }
          assertThat(named).hasSize(1).doesNotContain(controller);
        });
  }

  @Test
  void aPartitionIsPutOnOtherBrokersAtOnceAndKeepsItsRecords() throws Exception {
    try (var producer = cluster.producer(Map.of())) {
      producer.send(new ProducerRecord<>("t", 0, "k", "before")).get();
      int other = 6 - replicas().get(0) - replicas().get(1);
      admin
          .alterPartitionReassignments(
              Map.of(
                  PARTITION,
                  Optional.of(
                      new NewPartitionReassignment(List.of(other, cluster.leader(PARTITION))))))
          .all()
          .get();
      assertThat(replicas()).startsWith(other).hasSize(2);
      assertThat(admin.listPartitionReassignments().reassignments().get()).isEmpty();

      admin.electLeaders(ElectionType.PREFERRED, Set.of(PARTITION)).all().get();
      assertThat(cluster.leader(PARTITION)).isEqualTo(other);
      assertThat(producer.send(new ProducerRecord<>("t", 0, "k", "after")).get().offset())
          .isEqualTo(1);
      assertThat(admin.electLeaders(ElectionType.PREFERRED, Set.of(PARTITION)).partitions().get())
          .hasEntrySatisfying(
              PARTITION,
              failure -> assertThat(failure).get().isInstanceOf(ElectionNotNeededException.class));
      assertThat(admin.electLeaders(ElectionType.PREFERRED, null).partitions().get())
          .doesNotContainKey(PARTITION);

      cluster.stop(other);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> cluster.leader(PARTITION) != other);
      assertThat(admin.electLeaders(ElectionType.PREFERRED, Set.of(PARTITION)).partitions().get())
          .hasEntrySatisfying(
              PARTITION,
              failure ->
                  assertThat(failure)
                      .get()
                      .isInstanceOf(PreferredLeaderNotAvailableException.class));
    }
  }

  @Test
  void whatCannotBeIsRefusedByName() throws Exception {
    List<Integer> before = replicas();
    assertThatThrownBy(() -> move(List.of(1, 9)))
        .hasCauseInstanceOf(InvalidReplicaAssignmentException.class)
        .hasMessageContaining("includes broker 9, but no such broker is registered");
    assertThatThrownBy(() -> move(List.of(1, 1)))
        .hasCauseInstanceOf(InvalidReplicaAssignmentException.class)
        .hasMessageContaining("includes the broker 1 more than once");
    assertThatThrownBy(() ->
            admin.alterPartitionReassignments(Map.of(PARTITION, Optional.empty())).all().get())
        .hasCauseInstanceOf(NoReassignmentInProgressException.class);
    assertThatThrownBy(
            () -> admin.createTopics(List.of(new NewTopic("four", 1, (short) 4))).all().get())
        .hasCauseInstanceOf(InvalidReplicationFactorException.class)
        .hasMessageContaining("only 3 broker(s) are registered");
    assertThat(replicas()).isEqualTo(before);
  }

  /** In one request each has its own answer. */
  @Test
  void eachPartitionOfARequestIsAnsweredByItself() throws Exception {
    var good = new TopicPartition("t", 1);
    var none = new TopicPartition("none", 0);
    var beyond = new TopicPartition("t", 9);
    var moves =
        admin
            .alterPartitionReassignments(
                Map.of(
                    good, Optional.of(new NewPartitionReassignment(List.of(3, 2))),
                    PARTITION, Optional.empty(),
                    none, Optional.of(new NewPartitionReassignment(List.of(1))),
                    beyond, Optional.empty()))
            .values();
    get(moves, good).get();
    assertThatThrownBy(() -> get(moves, PARTITION).get())
        .hasCauseInstanceOf(NoReassignmentInProgressException.class);
    for (TopicPartition unknown : List.of(none, beyond)) {
      assertThatThrownBy(() -> get(moves, unknown).get())
          .hasCauseInstanceOf(UnknownTopicOrPartitionException.class)
          .hasMessageContaining("Unable to find");
    }
    assertThatThrownBy(() ->
            admin
                .alterPartitionReassignments(
                    Map.of(good, Optional.of(new NewPartitionReassignment(List.of(3)))),
                    new AlterPartitionReassignmentsOptions().allowReplicationFactorChange(false))
                .all()
                .get())
        .hasCauseInstanceOf(InvalidReplicationFactorException.class)
        .hasMessageContaining("The replication factor is changed from 2 to 1");
    Map<TopicPartition, Optional<Throwable>> elections =
        admin.electLeaders(ElectionType.UNCLEAN, Set.of(PARTITION, none)).partitions().get();
    assertThat(elections.get(PARTITION)).get().isInstanceOf(ElectionNotNeededException.class);
    assertThat(elections.get(none)).get().isInstanceOf(UnknownTopicOrPartitionException.class);
    var strange = new ElectLeadersRequestData().setElectionType((byte) 7).setTopicPartitions(null);
    assertThat(cluster.send(1, ApiKeys.ELECT_LEADERS, 2, strange).errorCounts())
        .containsOnlyKeys(Errors.INVALID_REQUEST);
  }

  @Test
  void chosenReplicasAreKeptAndTheFirstLeadsWheneverItIsThere() throws Exception {
    admin
        .createTopics(
            List.of(
                new NewTopic("chosen", Map.of(0, List.of(3, 1), 1, List.of(3, 2))),
                new NewTopic("alone", Map.of(0, List.of(3)))))
        .all()
        .get();
    admin
        .createPartitions(Map.of("chosen", NewPartitions.increaseTo(3, List.of(List.of(3, 1)))))
        .all()
        .get();
    List<List<Integer>> chosen = List.of(List.of(3, 1), List.of(3, 2), List.of(3, 1));
    assertThat(described("chosen", TopicPartitionInfo::replicas)).isEqualTo(chosen);
    assertThat(leaders("chosen")).containsOnly(3);
    cluster.awaitView(3);

    cluster.stop(3);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(leaders("chosen")).containsExactly(1, 2, 1));
    assertThat(described("chosen", TopicPartitionInfo::isr))
        .isEqualTo(List.of(List.of(1), List.of(2), List.of(1)));
    List<Integer> instead = leaders("alone");
    assertThat(instead).hasSize(1).doesNotContain(3);
    assertThat(described("alone", TopicPartitionInfo::replicas)).containsExactly(List.of(3));
    assertThat(described("alone", TopicPartitionInfo::isr)).containsExactly(instead);

    cluster.start(3);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(leaders("chosen")).containsOnly(3));
    assertThat(described("chosen", TopicPartitionInfo::replicas)).isEqualTo(chosen);
    assertThat(leaders("alone")).containsExactly(3);
  }

  @Test
  void whatCannotBeChosenIsRefusedInKafkasWords() {
    refusesToCreate(Map.of(0, List.of(1, 2), 1, List.of(3)), "not consistent with previous");
    refusesToCreate(Map.of(0, List.of(1, 1)), "includes the broker 1 more than once");
    refusesToCreate(Map.of(0, List.of(7)), "includes broker 7, but no such broker");
    refusesToCreate(Map.of(0, List.of(1), 2, List.of(1)), "consecutive 0-based");
    refusesToAdd(5, List.of(List.of(1, 2)), "Attempted to add 2 additional partition(s)");
    refusesToAdd(4, List.of(List.of(1)), "not consistent with previous");
  }

  private void refusesToCreate(Map<Integer, List<Integer>> replicas, String text) {
    assertThatThrownBy(() -> admin.createTopics(List.of(new NewTopic("bad", replicas))).all().get())
        .hasCauseInstanceOf(InvalidReplicaAssignmentException.class)
        .hasMessageContaining(text);
  }

  private void refusesToAdd(int count, List<List<Integer>> replicas, String text) {
    assertThatThrownBy(() ->
            admin
                .createPartitions(Map.of("t", NewPartitions.increaseTo(count, replicas)))
                .all()
                .get())
        .hasCauseInstanceOf(InvalidReplicaAssignmentException.class)
        .hasMessageContaining(text);
  }

  /** As with Kafka, which places partitions on brokers that are fenced, if one is not. */
  @Test
  void aBrokerThatIsGoneCountsUntilItIsForgotten() throws Exception {
    cluster.stop(3);
    admin.createTopics(List.of(new NewTopic("full", 1, (short) 3))).all().get();
    assertThat(described("full", TopicPartitionInfo::replicas).getFirst())
        .containsExactlyInAnyOrder(1, 2, 3);
    assertThat(described("full", TopicPartitionInfo::isr).getFirst())
        .containsExactlyInAnyOrder(1, 2);
    assertThat(leaders("full").getFirst()).isLessThan(3);
    refusesToCreate(Map.of(0, List.of(3)), "are fenced or in controlled shutdown");
    assertThat(nodes(true)).containsExactly(1, 2, 3);
    assertThat(nodes(false)).containsExactly(1, 2);

    assertThatThrownBy(() -> admin.unregisterBroker(1).all().get())
        .hasCauseInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("stop it first");
    admin.unregisterBroker(3).all().get();
    assertThatThrownBy(() -> admin.unregisterBroker(3).all().get())
        .hasCauseInstanceOf(BrokerIdNotRegisteredException.class);
    assertThat(nodes(true)).containsExactly(1, 2);
    assertThatThrownBy(
            () -> admin.createTopics(List.of(new NewTopic("fuller", 1, (short) 3))).all().get())
        .hasCauseInstanceOf(InvalidReplicationFactorException.class)
        .hasMessageContaining("only 2 broker(s) are registered");
  }

  private List<Integer> nodes(boolean alsoFenced) throws Exception {
    var options = new DescribeClusterOptions().includeFencedBrokers(alsoFenced);
    return admin.describeCluster(options).nodes().get().stream().map(Node::id).sorted().toList();
  }

  @Test
  void allReplicasAreInTheOneFolderOfTheirBroker() throws Exception {
    int replica = replicas().get(1);
    var name = new TopicPartitionReplica("t", 0, replica);
    String folder = folderOf(name);
    assertThat(folder).endsWith("logs" + replica);
    admin.alterReplicaLogDirs(Map.of(name, folder)).all().get();
    assertThatThrownBy(() -> admin.alterReplicaLogDirs(Map.of(name, "/elsewhere")).all().get())
        .hasCauseInstanceOf(LogDirNotFoundException.class);
    assertThat(folderOf(name)).isEqualTo(folder);
  }

  /** What must be in an answer. */
  private static <K, V> V get(Map<K, V> all, K key) {
    return Objects.requireNonNull(all.get(key));
  }

  private String folderOf(TopicPartitionReplica name) throws Exception {
    var all = admin.describeReplicaLogDirs(List.of(name)).all().get();
    return Objects.requireNonNull(get(all, name).getCurrentReplicaLogDir());
  }

  private List<List<Integer>> described(
      String topic, Function<TopicPartitionInfo, List<Node>> nodes) throws Exception {
    var all = admin.describeTopics(List.of(topic)).allTopicNames().get();
    return get(all, topic).partitions().stream()
        .map(one -> nodes.apply(one).stream().map(Node::id).toList())
        .toList();
  }

  private List<Integer> leaders(String topic) throws Exception {
    return described(topic, one -> List.of(one.leader())).stream().map(List::getFirst).toList();
  }

  private void move(List<Integer> replicas) throws Exception {
    admin
        .alterPartitionReassignments(
            Map.of(PARTITION, Optional.of(new NewPartitionReassignment(replicas))))
        .all()
        .get();
  }
}
