package io.headwater.hub.kafka.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where new partitions are put. */
@Timeout(30)
class TopicRulesTest {
  private static final Uuid ID = Uuid.randomUuid();

  private final TopicRules rules = new TopicRules(new TopicConfigs(Map.of()), 1, 3);
  private final List<Topic> topics = new ArrayList<>();

  private TopicsSnapshot snapshot(int brokers) {
    var registered = new ArrayList<Broker>();
    for (int id = 1; id <= brokers; id++) {
      registered.add(new Broker(id, "localhost", id, null));
    }
    return new TopicsSnapshot(1, "cluster", registered, topics);
  }

  private Topic create(int brokers, String name, int partitions, int replication) {
    Topic topic =
        rules.create(snapshot(brokers), new NewTopic(name, partitions, replication, Map.of()), ID);
    topics.add(topic);
    return topic;
  }

  private static List<Integer> leaders(Topic topic) {
    return topic.partitions().stream().map(Partition::leader).toList();
  }

  @Test
  void oneBrokerLeadsAll() {
    Topic topic = create(1, "t", 3, -1);

    assertThat(topic.partitions())
        .allSatisfy(partition -> {
          assertThat(partition.leader()).isEqualTo(1);
          assertThat(partition.replicas()).containsExactly(1);
        });
  }

  @Test
  void leadersOfATopicAreSpread() {
    assertThat(leaders(create(3, "t", 6, 1))).containsExactly(1, 2, 3, 1, 2, 3);
  }

  @Test
  void leadersOfSmallTopicsAreSpread() {
    assertThat(leaders(create(3, "a", 1, 1))).containsExactly(1);
    assertThat(leaders(create(3, "b", 1, 1))).containsExactly(2);
    assertThat(leaders(create(3, "c", 1, 1))).containsExactly(3);
    assertThat(leaders(create(3, "d", 2, 1))).containsExactly(1, 2);
    assertThat(leaders(create(3, "e", 1, 1))).containsExactly(3);
  }

  @Test
  void aBrokerThatIsNewDoesNotGetAWholeTopic() {
    create(2, "old", 10, 1);

    assertThat(leaders(create(3, "new", 3, 1))).containsExactly(3, 1, 2);
  }

  @Test
  void replicasAreDifferentTheLeaderFirst() {
    Topic topic = create(4, "t", 8, 3);

    assertThat(topic.partitions())
        .allSatisfy(partition ->
            assertThat(partition.replicas())
                .hasSize(3)
                .doesNotHaveDuplicates()
                .startsWith(partition.leader()));
    for (int broker = 1; broker <= 4; broker++) {
      int id = broker;
      assertThat(topic.partitions())
          .filteredOn(partition -> partition.replicas().contains(id))
          .hasSizeBetween(5, 7);
    }
  }

  @Test
  void theDefaultIsCutDownToTheBrokersThereAre() {
    assertThat(create(2, "t", 1, -1).partitions().getFirst().replicas()).containsExactly(1, 2);
    assertThat(create(5, "u", 1, -1).partitions().getFirst().replicas()).hasSize(3);
  }

  @Test
  void moreReplicasThanBrokersAreRefused() {
    assertThatThrownBy(() -> create(2, "t", 1, 3))
        .isInstanceOf(InvalidReplicationFactorException.class)
        .hasMessageContaining("3")
        .hasMessageContaining("2");
    create(3, "u", 1, 3);
    assertThatThrownBy(() -> rules.addPartitions(snapshot(2), "u", 2, List.of()))
        .isInstanceOf(InvalidReplicationFactorException.class);
  }

  @Test
  void addedPartitionsGoWhereTheFewestAre() {
    create(3, "t", 2, 1);

    Topic grown = rules.addPartitions(snapshot(3), "t", 4, List.of());

    assertThat(leaders(grown)).containsExactly(1, 2, 3, 1);
  }

  private static List<Broker> brokers(int... ids) {
    return Arrays.stream(ids).mapToObj(id -> new Broker(id, "localhost", id, null)).toList();
  }

  /** 1 and 2 are there, 2 leaves, 3 is gone and expected back. */
  private static TopicsSnapshot oneOfThreeStays() {
    List<Broker> there = List.of(brokers(1).getFirst(), brokers(2).getFirst().goodbye());
    return new TopicsSnapshot(1, "cluster", there, brokers(1, 2, 3), List.of(), Map.of());
  }

  private static NewTopic chosen(List<List<Integer>> replicas) {
    return new NewTopic("t", -1, -1, replicas, Map.of());
  }

  @Test
  void brokersThatAreGoneHoldReplicasOnlyIfThereAreTooFewOthersAndNeverLead() {
    TopicsSnapshot snapshot = oneOfThreeStays();
    assertThat(rules.create(snapshot, new NewTopic("t", 4, 1, Map.of()), ID).partitions())
        .extracting(Partition::replicas)
        .containsOnly(List.of(1));
    Topic full = rules.create(snapshot, new NewTopic("t", 4, -1, Map.of()), ID);
    assertThat(leaders(full)).containsOnly(1);
    assertThat(full.partitions())
        .allSatisfy(one -> assertThat(one.replicas()).startsWith(1).containsOnlyOnce(1, 2, 3));
    assertThatThrownBy(() -> rules.create(snapshot, new NewTopic("t", 1, 4, Map.of()), ID))
        .isInstanceOf(InvalidReplicationFactorException.class)
        .hasMessageContaining("4 cannot be reached because only 3 broker(s) are registered");
    var nobody = new TopicsSnapshot(1, "cluster", List.of(), brokers(1, 2, 3), List.of(), Map.of());
    assertThatThrownBy(() -> rules.create(nobody, new NewTopic("t", 1, 1, Map.of()), ID))
        .isInstanceOf(InvalidReplicationFactorException.class)
        .hasMessageContaining("All brokers are currently fenced");
  }

  @Test
  void chosenReplicasAreTakenAsTheyAreAndLedByTheFirstThatStays() {
    TopicsSnapshot snapshot = oneOfThreeStays();
    Topic topic = rules.create(snapshot, chosen(List.of(List.of(3, 1), List.of(2, 1))), ID);
    assertThat(topic.partitions())
        .containsExactly(
            new Partition(0, 1, 0, List.of(3, 1), true),
            new Partition(1, 1, 0, List.of(2, 1), true));
    assertThatThrownBy(() -> rules.create(snapshot, chosen(List.of(List.of(2, 3))), ID))
        .isInstanceOf(InvalidReplicaAssignmentException.class)
        .hasMessageContaining("for partition 0 are fenced or in controlled shutdown");
    assertThatThrownBy(() -> rules.create(snapshot, chosen(List.of(List.of())), ID))
        .isInstanceOf(InvalidReplicaAssignmentException.class)
        .hasMessageContaining("empty replica list");
  }

  @Test
  void tooManyPartitionsAreRefusedAlsoIfTheirReplicasAreChosen() {
    List<List<Integer>> many = Collections.nCopies(TopicRules.MAX_PARTITIONS + 1, List.of(1));
    assertThatThrownBy(() -> rules.create(snapshot(1), chosen(many), ID))
        .isInstanceOf(InvalidPartitionsException.class)
        .hasMessageContaining("10000");
  }
}
