package io.headwater.hub.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ElectionsTest {
  private static final String STATE = "__transaction_state";
  private static final Uuid ID = Uuid.randomUuid();

  /** Notes what it is told. */
  private final List<String> told = new ArrayList<>();

  private final Set<TopicPartition> open = new HashSet<>();
  private boolean refuses;

  private final Elections elections =
      new Elections(
          1,
          (partition, _) -> open.contains(partition),
          Map.of(
              STATE,
              new Elections.Elected() {
                @Override
                public void onElection(int partition, int leaderEpoch) {
                  if (refuses) {
                    throw new IllegalStateException("not now");
                  }
                  told.add("+" + partition + "@" + leaderEpoch);
                }

                @Override
                public void onResignation(int partition, OptionalInt leaderEpoch) {
                  told.add(
                      "-"
                          + partition
                          + (leaderEpoch.isPresent() ? "@" + leaderEpoch.getAsInt() : ""));
                }
              }));

  private static TopicsSnapshot snapshot(Partition... partitions) {
    return new TopicsSnapshot(
        1,
        "cluster",
        List.of(new Broker(1, "localhost", 1, null)),
        List.of(new Topic(STATE, ID, List.of(partitions), Map.of())));
  }

  private static Partition led(int index, int leader, int epoch) {
    return new Partition(index, leader, epoch, List.of(1, 2));
  }

  private void follow(TopicsSnapshot snapshot) {
    elections.resign(snapshot);
    elections.elect(snapshot);
  }

  private void open(int partition) {
    open.add(new TopicPartition(STATE, partition));
  }

  @Test
  void beginsOnceForWhatIsLedHere() {
    open(0);
    open(1);

    follow(snapshot(led(0, 1, 3), led(1, 2, 5)));
    follow(snapshot(led(0, 1, 3), led(1, 2, 5)));

    assertThat(told).containsExactly("+0@3");
  }

  @Test
  void waitsUntilTheLogIsOpen() {
    follow(snapshot(led(0, 1, 3)));
    assertThat(told).isEmpty();

    open(0);
    elections.opened();

    assertThat(told).containsExactly("+0@3");
  }

  @Test
  void aLogThatOpensTooLateIsNotTaken() {
    follow(snapshot(led(0, 1, 3)));
    elections.resign(snapshot(led(0, 2, 4)));

    open(0);
    elections.opened();

    assertThat(told).isEmpty();
  }

  @Test
  void asksAgainWhereOneCouldNotBegin() {
    open(0);
    refuses = true;
    follow(snapshot(led(0, 1, 3)));
    refuses = false;

    follow(snapshot(led(0, 1, 3)));

    assertThat(told).containsExactly("+0@3");
  }

  @Test
  void aNewEpochIsAnEndAndABeginning() {
    open(0);
    follow(snapshot(led(0, 1, 3)));

    follow(snapshot(led(0, 1, 4)));

    assertThat(told).containsExactly("+0@3", "-0@4", "+0@4");
  }

  @Test
  void anotherLeaderIsAnEnd() {
    open(0);
    follow(snapshot(led(0, 1, 3)));

    follow(snapshot(led(0, 2, 4)));
    follow(snapshot(led(0, 1, 5)));

    assertThat(told).containsExactly("+0@3", "-0@4", "+0@5");
  }

  @Test
  void aTopicThatIsGoneIsAnEnd() {
    open(0);
    follow(snapshot(led(0, 1, 3)));

    follow(new TopicsSnapshot(2, "cluster", List.of(), List.of()));

    assertThat(told).containsExactly("+0@3", "-0");
  }
}
