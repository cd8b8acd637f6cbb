package io.headwater.hub.kafka.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.EligibleLeadersNotAvailableException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.PreferredLeaderNotAvailableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PlacementTest {
  private static final TopicPartition NAME = new TopicPartition("t", 0);
  private static final Uuid ID = Uuid.randomUuid();

  private static Broker broker(int id) {
    return new Broker(id, "localhost", id, null);
  }

  /** 1 and 2 are there, 3 leaves, 4 is gone and expected back. */
  private static TopicsSnapshot snapshot(int leader, List<Integer> replicas) {
    var topic = new Topic("t", ID, List.of(new Partition(0, leader, 5, replicas)), Map.of());
    return new TopicsSnapshot(
        1,
        "cluster",
        List.of(broker(1), broker(2), broker(3).goodbye()),
        List.of(broker(1), broker(2), broker(3), broker(4)),
        List.of(topic),
        Map.of());
  }

  private static Partition changed(Placement placement) {
    assertThat(placement.refused()).isEmpty();
    assertThat(placement.changed()).hasSize(1);
    return placement.changed().getFirst().partitions().getFirst();
  }

  private static void refused(Placement placement, Class<? extends ApiException> why) {
    assertThat(placement.changed()).isEmpty();
    assertThat(placement.refused()).containsOnlyKeys(NAME);
    assertThat(placement.refused().get(NAME)).isInstanceOf(why);
  }

  private static Placement placed(TopicsSnapshot snapshot, Integer... replicas) {
    return Placement.placed(snapshot, Map.of(NAME, Optional.of(List.of(replicas))), true);
  }

  private static Placement elected(ElectionType type, TopicsSnapshot snapshot) {
    return Placement.elected(snapshot, type, List.of(NAME));
  }

  @Test
  void aLeaderStaysWhereItIsAmongTheChosenAndTheFirstThatIsThereFollowsOtherwise() {
    assertThat(changed(placed(snapshot(1, List.of(1, 2)), 2, 1)))
        .isEqualTo(new Partition(0, 1, 5, List.of(2, 1), true));
    assertThat(changed(placed(snapshot(1, List.of(1)), 4, 3, 2)))
        .isEqualTo(new Partition(0, 2, 6, List.of(4, 3, 2), true));
    refused(placed(snapshot(1, List.of(1)), 4, 3), InvalidReplicaAssignmentException.class);
  }

  @Test
  void theSameReplicasOnceMoreAreChosenFromThenOn() {
    assertThat(changed(placed(snapshot(1, List.of(1, 2)), 1, 2)).byHand()).isTrue();
  }

  @Test
  void thePreferredLeaderLeadsIfItIsThereAndStays() {
    assertThat(changed(elected(ElectionType.PREFERRED, snapshot(1, List.of(2, 1)))))
        .isEqualTo(new Partition(0, 2, 6, List.of(2, 1)));
    refused(
        elected(ElectionType.PREFERRED, snapshot(1, List.of(1, 2))),
        ElectionNotNeededException.class);
    for (int absent : List.of(3, 4)) {
      refused(
          elected(ElectionType.PREFERRED, snapshot(1, List.of(absent, 1))),
          PreferredLeaderNotAvailableException.class);
    }
  }

  @Test
  void anybodyMayLeadWhereNobodyDoes() {
    refused(
        elected(ElectionType.UNCLEAN, snapshot(1, List.of(2, 1))),
        ElectionNotNeededException.class);
    assertThat(changed(elected(ElectionType.UNCLEAN, snapshot(4, List.of(4, 2)))))
        .isEqualTo(new Partition(0, 2, 6, List.of(4, 2)));
    TopicsSnapshot all = snapshot(4, List.of(4));
    var empty =
        new TopicsSnapshot(
            1, "cluster", List.of(), all.brokers().values(), all.topics().values(), Map.of());
    refused(elected(ElectionType.UNCLEAN, empty), EligibleLeadersNotAvailableException.class);
  }
}
