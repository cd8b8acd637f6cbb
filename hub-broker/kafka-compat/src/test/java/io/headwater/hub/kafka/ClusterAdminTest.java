package io.headwater.hub.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.ledger.MemoryLedgers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.NoReassignmentInProgressException;
import org.apache.kafka.common.errors.PreferredLeaderNotAvailableException;
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
        .hasMessageContaining("there is no broker 9; there are [1, 2, 3]");
    assertThatThrownBy(() -> move(List.of(1, 1)))
        .hasCauseInstanceOf(InvalidReplicaAssignmentException.class)
        .hasMessageContaining("none twice");
    assertThatThrownBy(() ->
            admin.alterPartitionReassignments(Map.of(PARTITION, Optional.empty())).all().get())
        .hasCauseInstanceOf(NoReassignmentInProgressException.class);
    assertThatThrownBy(
            () -> admin.createTopics(List.of(new NewTopic("four", 1, (short) 4))).all().get())
        .hasCauseInstanceOf(InvalidReplicationFactorException.class);
    assertThat(replicas()).isEqualTo(before);
  }

  private void move(List<Integer> replicas) throws Exception {
    admin
        .alterPartitionReassignments(
            Map.of(PARTITION, Optional.of(new NewPartitionReassignment(replicas))))
        .all()
        .get();
  }
}
