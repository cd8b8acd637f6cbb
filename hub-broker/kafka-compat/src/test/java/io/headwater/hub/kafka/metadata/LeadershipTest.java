package io.headwater.hub.kafka.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.Seed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LeadershipTest {
  private static TopicsSnapshot snapshot(Set<Integer> brokers, List<Topic> topics) {
    return new TopicsSnapshot(
        1,
        "cluster",
        brokers.stream().map(id -> new Broker(id, "host" + id, 9092, null)).toList(),
        topics);
  }

  private static Topic topic(String name, int count, List<Integer> brokers, int replication) {
    var partitions = new ArrayList<Partition>();
    for (int i = 0; i < count; i++) {
      var replicas = new ArrayList<Integer>();
      for (int r = 0; r < replication; r++) {
        replicas.add(brokers.get((i + r) % brokers.size()));
      }
      partitions.add(new Partition(i, replicas.getFirst(), 0, replicas));
    }
    return new Topic(name, Uuid.randomUuid(), partitions, Map.of());
  }

  private static TopicsSnapshot with(TopicsSnapshot snapshot, List<Topic> changed) {
    var topics = new TreeMap<>(snapshot.topics());
    changed.forEach(topic -> topics.put(topic.name(), topic));
    return snapshot(snapshot.brokers().keySet(), List.copyOf(topics.values()));
  }

  private static Map<Integer, Integer> leads(TopicsSnapshot snapshot) {
    var leads = new TreeMap<Integer, Integer>();
    snapshot.brokers().keySet().forEach(broker -> leads.put(broker, 0));
    snapshot.topics().values().stream()
        .flatMap(topic -> topic.partitions().stream())
        .forEach(partition -> leads.merge(partition.leader(), 1, Integer::sum));
    return leads;
  }

  private static int moves(TopicsSnapshot before, TopicsSnapshot after) {
    int moves = 0;
    for (Topic topic : before.topics().values()) {
      Topic now = after.topic(topic.name()).orElseThrow();
      for (Partition partition : topic.partitions()) {
        Partition then = now.partitions().get(partition.index());
        boolean moved = then.leader() != partition.leader();
        assertThat(then.leaderEpoch()).isEqualTo(partition.leaderEpoch() + (moved ? 1 : 0));
        moves += moved ? 1 : 0;
      }
    }
    return moves;
  }

  @Test
  void aDeadBrokersPartitionsGoToTheirReplicasEvenly() {
    TopicsSnapshot all = snapshot(Set.of(1, 2, 3), List.of(topic("t", 30, List.of(1, 2, 3), 3)));
    TopicsSnapshot left = snapshot(Set.of(1, 3), List.copyOf(all.topics().values()));
    TopicsSnapshot after = with(left, Leadership.succeed(left, Set.of()));
    assertThat(leads(after)).containsExactlyEntriesOf(new TreeMap<>(Map.of(1, 15, 3, 15)));
    assertThat(moves(left, after)).isEqualTo(10);
    assertThat(after.topic("t").orElseThrow().partitions())
        .allSatisfy(partition -> assertThat(partition.replicas()).contains(2).hasSize(3));
    assertThat(Leadership.succeed(after, Set.of())).isEmpty();
  }

  @Test
  void withoutAReplicaAnyBrokerTakesItsPlace() {
    TopicsSnapshot all = snapshot(Set.of(1, 2), List.of(topic("t", 2, List.of(1), 1)));
    TopicsSnapshot left = snapshot(Set.of(2), List.copyOf(all.topics().values()));
    TopicsSnapshot after = with(left, Leadership.succeed(left, Set.of()));
    assertThat(after.topic("t").orElseThrow().partitions())
        .extracting(Partition::leader, Partition::replicas)
        .containsOnly(org.assertj.core.api.Assertions.tuple(2, List.of(2)));
  }

  @Test
  void whoLeavesGetsNothingAndKeepsWhatHeHasNotHandedOn() {
    TopicsSnapshot all = snapshot(Set.of(1, 2, 3), List.of(topic("t", 9, List.of(1, 2, 3), 3)));
    assertThat(Leadership.succeed(all, Set.of(1))).isEmpty();
    TopicsSnapshot left = snapshot(Set.of(1, 2), List.copyOf(all.topics().values()));
    TopicsSnapshot after = with(left, Leadership.succeed(left, Set.of(1)));
    assertThat(leads(after)).containsExactlyEntriesOf(new TreeMap<>(Map.of(1, 3, 2, 6)));
    assertThat(Leadership.succeed(left, Set.of(1, 2))).as("nobody stays").isEmpty();
  }

  @Test
  void aNewBrokerGetsItsShareAndNothingElseMoves() {
    TopicsSnapshot all =
        snapshot(
            Set.of(1, 2, 3, 4),
            List.of(topic("a", 30, List.of(1, 2, 3), 3), topic("b", 30, List.of(1, 2, 3), 3)));
    TopicsSnapshot after = with(all, Leadership.balance(all, Set.of()));
    assertThat(leads(after).values()).containsOnly(15);
    assertThat(moves(all, after)).isEqualTo(15);
    var ofNew = new HashMap<String, Integer>();
    after
        .topics()
        .forEach((name, topic) ->
            topic.partitions().stream()
                .filter(partition -> partition.leader() == 4)
                .forEach(_ -> ofNew.merge(name, 1, Integer::sum)));
    assertThat(ofNew.values()).as("some of each topic").allMatch(count -> count >= 7);
    assertThat(Leadership.balance(after, Set.of())).isEmpty();
  }

  @Test
  void whoeverComesAndGoesAllAreLedAndEvenly() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    var brokers = new TreeSet<>(Set.of(1, 2, 3));
    TopicsSnapshot now =
        snapshot(
            brokers,
            List.of(
                topic("a", 1 + random.nextInt(60), List.of(1, 2, 3), 3),
                topic("b", 1 + random.nextInt(10), List.of(3, 1), 1),
                topic("c", 1 + random.nextInt(30), List.of(2, 3), 2)));
    for (int step = 0; step < 200; step++) {
      int one = 1 + random.nextInt(6);
      if (!brokers.remove(one) || brokers.isEmpty()) {
        brokers.add(one);
      }
      TopicsSnapshot changed = snapshot(brokers, List.copyOf(now.topics().values()));
      TopicsSnapshot led = with(changed, Leadership.succeed(changed, Set.of()));
      assertThat(leads(led).keySet()).as("%s", seed).isEqualTo(brokers);
      TopicsSnapshot even = with(led, Leadership.balance(led, Set.of()));
      var counts = new TreeSet<>(leads(even).values());
      assertThat(counts.last() - counts.first()).as("%s", seed).isLessThan(2);
      even.topics()
          .values()
          .forEach(topic ->
              topic
                  .partitions()
                  .forEach(partition ->
                      assertThat(partition.replicas())
                          .as("%s", seed)
                          .contains(partition.leader())
                          .doesNotHaveDuplicates()));
      now = even;
    }
  }

  private static Topic chosen(String name, List<List<Integer>> replicas) {
    var partitions = new ArrayList<Partition>();
    for (List<Integer> one : replicas) {
      partitions.add(new Partition(partitions.size(), one.getFirst(), 0, one, true));
    }
    return new Topic(name, Uuid.randomUuid(), partitions, Map.of());
  }

  private static List<Integer> leaders(TopicsSnapshot snapshot, String topic) {
    return snapshot.topic(topic).orElseThrow().partitions().stream()
        .map(Partition::leader)
        .toList();
  }

  @Test
  void chosenReplicasStayAndTheFirstThatIsThereLeads() {
    List<List<Integer>> replicas =
        List.of(List.of(1, 3, 2), List.of(1), List.of(1, 2), List.of(1, 3));
    Topic topic = chosen("t", replicas);
    TopicsSnapshot left = snapshot(Set.of(2, 3), List.of(topic));
    TopicsSnapshot led = with(left, Leadership.succeed(left, Set.of()));
    assertThat(leaders(led, "t")).containsExactly(3, 2, 2, 3);
    assertThat(led.topic("t").orElseThrow().partitions())
        .extracting(Partition::replicas)
        .isEqualTo(replicas);
    assertThat(Leadership.balance(led, Set.of())).isEmpty();

    TopicsSnapshot back = snapshot(Set.of(1, 2, 3), List.copyOf(led.topics().values()));
    TopicsSnapshot home = with(back, Leadership.balance(back, Set.of()));
    assertThat(leaders(home, "t")).containsOnly(1);
    assertThat(Leadership.balance(home, Set.of())).isEmpty();
    assertThat(leaders(with(home, Leadership.balance(home, Set.of(1))), "t"))
        .as("who leaves gets nothing back")
        .containsOnly(1);
  }

  @Test
  void othersAreSharedOutAroundWhatWasChosen() {
    TopicsSnapshot all =
        snapshot(
            Set.of(1, 2, 3),
            List.of(
                chosen("a", List.of(List.of(1), List.of(1), List.of(1))),
                topic("b", 9, List.of(1, 2, 3), 3)));
    TopicsSnapshot even = with(all, Leadership.balance(all, Set.of()));
    assertThat(leads(even).values()).containsOnly(4);
    assertThat(leaders(even, "a")).containsOnly(1);
    assertThat(Leadership.balance(even, Set.of())).as("nothing goes back and forth").isEmpty();
  }

  @Test
  void whoComesBackGetsExactlyWhatWasHisAlsoIfNobodyLeadsTooMuch() {
    TopicsSnapshot all = snapshot(Set.of(1, 2, 3), List.of(topic("t", 3, List.of(1, 2, 3), 3)));
    TopicsSnapshot left = snapshot(Set.of(2, 3), List.copyOf(all.topics().values()));
    TopicsSnapshot led = with(left, Leadership.succeed(left, Set.of()));
    TopicsSnapshot back = snapshot(Set.of(1, 2, 3), List.copyOf(led.topics().values()));
    TopicsSnapshot again = with(back, Leadership.balance(back, Set.of()));
    assertThat(leaders(again, "t")).isEqualTo(leaders(all, "t"));
  }

  @Test
  void whoeverHandsSomeOverKeepsTheRest() {
    Topic topic = topic("t", 30, List.of(1, 2, 3), 3);
    TopicsSnapshot all = leaving(Set.of(1), topic);
    var some = Set.of(new TopicPartition("t", 0), new TopicPartition("t", 3));
    assertThat(leads(with(all, Leadership.handOver(all, 1, some))))
        .containsExactlyEntriesOf(new TreeMap<>(Map.of(1, 8, 2, 11, 3, 11)));
    assertThat(moves(all, with(all, Leadership.handOver(all, 2, some))))
        .as("of those that it leads")
        .isZero();
    TopicsSnapshot two = leaving(Set.of(1, 2), topic);
    assertThat(leads(with(two, Leadership.handOver(two, 1, some))))
        .as("not to another one who leaves")
        .containsExactlyEntriesOf(new TreeMap<>(Map.of(1, 8, 2, 10, 3, 12)));
    assertThat(Leadership.handOver(leaving(Set.of(1, 2, 3), topic), 1, some)).isEmpty();
  }

  private static TopicsSnapshot leaving(Set<Integer> who, Topic topic) {
    return new TopicsSnapshot(
        1,
        "cluster",
        Stream.of(1, 2, 3)
            .map(id -> new Broker(id, "host" + id, 9092, null, who.contains(id)))
            .toList(),
        List.of(topic));
  }
}
