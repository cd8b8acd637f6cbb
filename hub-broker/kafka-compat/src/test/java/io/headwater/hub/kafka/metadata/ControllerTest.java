package io.headwater.hub.kafka.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ControllerTest {
  private final MemoryStore store = new MemoryStore();
  private final List<Member> members = new ArrayList<>();

  private final class Member implements AutoCloseable {
    private final StoredCatalog catalog;
    private final Controller controller;
    private final Broker broker;

    Member(int id) {
      catalog =
          new StoredCatalog(
              store.session(),
              new TopicRules(new TopicConfigs(Map.of()), 3, 3),
              MemoryStore.groupConfigs(),
              id);
      broker = new Broker(id, "localhost", id, null);
      catalog.register(broker).join();
      controller = new Controller(catalog, Duration.ofMillis(50));
      members.add(this);
    }

    @Override
    public void close() {
      members.remove(this);
      controller.close();
      catalog.close();
    }
  }

  @AfterEach
  void close() {
    List.copyOf(members).forEach(Member::close);
  }

  private static Map<Integer, Integer> leads(StoredCatalog catalog) {
    var leads = new TreeMap<Integer, Integer>();
    catalog.current().topics().values().stream()
        .flatMap(topic -> topic.partitions().stream())
        .forEach(partition -> leads.merge(partition.leader(), 1, Integer::sum));
    return leads;
  }

  private static Set<TopicPartition> ledBy(Member member) {
    return member.catalog.current().topic("t").orElseThrow().partitions().stream()
        .filter(partition -> partition.leader() == member.broker.id())
        .map(partition -> new TopicPartition("t", partition.index()))
        .collect(Collectors.toSet());
  }

  @Test
  void partitionsFollowThoseWhoComeLeaveAndDieAlsoTheController() {
    Member one = new Member(1);
    Member two = new Member(2);
    Member three = new Member(3);
    one.catalog.create(new NewTopic("t", 30, 3, Map.of()), false).join();
    Awaitility.await()
        .untilAsserted(() -> assertThat(leads(two.catalog)).isEqualTo(Map.of(1, 10, 2, 10, 3, 10)));

    one.close(); // it was the controller
    Awaitility.await()
        .untilAsserted(() -> assertThat(leads(two.catalog)).isEqualTo(Map.of(2, 15, 3, 15)));
    Member four = new Member(4);
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(leads(four.catalog)).isEqualTo(Map.of(2, 10, 3, 10, 4, 10)));

    three.catalog.leave().join();
    three.catalog.handOver(ledBy(three)).join();
    Awaitility.await()
        .untilAsserted(() -> assertThat(leads(two.catalog)).isEqualTo(Map.of(2, 15, 4, 15)));
    var epochs =
        two.catalog.current().topic("t").orElseThrow().partitions().stream()
            .map(Partition::leaderEpoch)
            .toList();
    assertThat(epochs).allMatch(epoch -> epoch <= 3).contains(0);
  }
}
