package io.headwater.hub.kafka.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class StoredCatalogTest {
  private final StoredCatalog catalog = MemoryStore.catalog();

  @Test
  void createsTopicsWithDefaultsAndWithWishes() {
    Topic plain = catalog.create(NewTopic.withDefaults("plain"), false).join();
    assertThat(plain.partitions()).hasSize(3);
    assertThat(plain.partitions().get(2)).isEqualTo(new Partition(2, 1, 0, List.of(1)));
    Topic wished =
        catalog.create(new NewTopic("w", 5, 1, Map.of("retention.ms", "7")), false).join();
    assertThat(wished.partitions()).hasSize(5);
    assertThat(catalog.current().topic(wished.id())).contains(wished);
    assertThat(catalog.current().partition(new TopicPartition("w", 4))).isPresent();
    assertThat(catalog.current().partition(new TopicPartition("w", 5))).isEmpty();
    assertThat(catalog.configs().effective(wished.configs()).retentionMs).isEqualTo(7);
  }

  @Test
  void settingsOfGroupsAreCheckedKeptAndRemoved() {
    var timeout = "consumer.session.timeout.ms";
    catalog
        .changeGroupConfigs("g", List.of(new ConfigChange(timeout, OpType.SET, "50000")), false)
        .join();
    catalog
        .changeGroupConfigs("g", List.of(new ConfigChange(timeout, OpType.SET, "51000")), true)
        .join();
    assertThat(catalog.current().groups()).isEqualTo(Map.of("g", Map.of(timeout, "50000")));

    refusedGroup("g", timeout, OpType.SET, "1", InvalidConfigurationException.class, timeout);
    refusedGroup("g", timeout, OpType.SET, "x", InvalidConfigurationException.class, timeout);
    refusedGroup("g", timeout, OpType.APPEND, "1", InvalidConfigurationException.class, "list");
    refusedGroup("g", "no.such", OpType.SET, "1", InvalidConfigurationException.class, "no.such");
    refusedGroup(
        "g",
        "share.session.timeout.ms",
        OpType.SET,
        "50000",
        InvalidConfigurationException.class,
        "not served");
    refusedGroup("", timeout, OpType.SET, "50000", InvalidRequestException.class, "no name");

    catalog
        .changeGroupConfigs("g", List.of(new ConfigChange(timeout, OpType.DELETE, null)), false)
        .join();
    assertThat(catalog.current().groups()).isEmpty();
  }

  private void refusedGroup(
      String group,
      String key,
      OpType operation,
      String value,
      Class<? extends Exception> error,
      String text) {
    assertThatThrownBy(() ->
            catalog
                .changeGroupConfigs(group, List.of(new ConfigChange(key, operation, value)), false)
                .join())
        .hasCauseInstanceOf(error)
        .hasMessageContaining(text);
  }

  @Test
  void refusesWhatCannotBe() {
    catalog.create(new NewTopic("a.b", 1, -1, Map.of()), false).join();
    refused(NewTopic.withDefaults("a.b"), TopicExistsException.class, "a.b");
    refused(NewTopic.withDefaults("a_b"), InvalidTopicException.class, "collides");
    refused(NewTopic.withDefaults("no spaces"), InvalidTopicException.class, "no spaces");
    refused(NewTopic.withDefaults(".."), InvalidTopicException.class, "..");
    refused(new NewTopic("t", 0, 1, Map.of()), InvalidPartitionsException.class, "0");
    refused(new NewTopic("t", 1 << 20, 1, Map.of()), InvalidPartitionsException.class, "10000");
    refused(new NewTopic("t", 1, 2, Map.of()), InvalidReplicationFactorException.class, "2");
    refused(new NewTopic("t", 1, 0, Map.of()), InvalidReplicationFactorException.class, "0");
    refused(
        new NewTopic("t", 1, 1, Map.of("retention.ms", "soon")),
        InvalidConfigurationException.class,
        "retention.ms");
    refused(
        new NewTopic("t", 1, 1, Map.of("retentoin.ms", "1")),
        InvalidConfigurationException.class,
        "retentoin.ms");
    assertThat(catalog.current().topics()).containsOnlyKeys("a.b");
  }

  @Test
  void validatingOnlyChangesNothing() {
    long version = catalog.current().version();
    assertThat(catalog.create(NewTopic.withDefaults("t"), true).join().partitions()).hasSize(3);
    assertThat(catalog.current().topics()).isEmpty();
    assertThat(catalog.current().version()).isEqualTo(version);
  }

  @Test
  void addsPartitionsOnlyUpwards() {
    catalog.create(new NewTopic("t", 2, 1, Map.of()), false).join();
    assertThat(catalog.createPartitions("t", 4, List.of(), false).join().partitions()).hasSize(4);
    fails(catalog.createPartitions("t", 4, List.of(), false), InvalidPartitionsException.class);
    fails(catalog.createPartitions("t", 3, List.of(), false), InvalidPartitionsException.class);
    fails(
        catalog.createPartitions("x", 9, List.of(), false), UnknownTopicOrPartitionException.class);
  }

  @Test
  void changesConfigsOneByOneOrAltogether() {
    catalog.create(new NewTopic("t", 1, 1, Map.of("retention.ms", "7")), false).join();
    assertThat(
            change(
                new ConfigChange("retention.ms", OpType.DELETE, null),
                new ConfigChange("segment.ms", OpType.SET, "9"),
                new ConfigChange("cleanup.policy", OpType.APPEND, "compact")))
        .isEqualTo(Map.of("segment.ms", "9", "cleanup.policy", "delete,compact"));
    assertThat(change(new ConfigChange("cleanup.policy", OpType.SUBTRACT, "delete")))
        .containsEntry("cleanup.policy", "compact");
    fails(
        catalog.changeConfigs(
            "t", List.of(new ConfigChange("segment.ms", OpType.APPEND, "9")), false),
        InvalidConfigurationException.class);
    fails(
        catalog.changeConfigs(
            "t", List.of(new ConfigChange("segment.ms", OpType.SET, null)), false),
        InvalidConfigurationException.class);
    var twice = new ConfigChange("segment.ms", OpType.SET, "1");
    fails(catalog.changeConfigs("t", List.of(twice, twice), false), InvalidRequestException.class);
    assertThat(catalog.replaceConfigs("t", Map.of("retention.ms", "1"), false).join().configs())
        .isEqualTo(Map.of("retention.ms", "1"));
    fails(
        catalog.replaceConfigs("t", Map.of("x", "1"), false), InvalidConfigurationException.class);
  }

  @Test
  void subscribersHaveTakenASnapshotBeforeAnybodySeesIt() {
    var versions = new ArrayList<Long>();
    try (var _ =
        catalog.subscribe(snapshot -> {
          assertThat(catalog.current().version()).isLessThanOrEqualTo(snapshot.version());
          versions.add(snapshot.version());
        })) {
      assertThat(versions).hasSize(1);
      catalog.create(NewTopic.withDefaults("t"), false).join();
      assertThat(versions).hasSize(2).isSorted().last().isEqualTo(catalog.current().version());
      catalog.delete("t").join();
    }
    catalog.create(NewTopic.withDefaults("u"), false).join();
    assertThat(versions).hasSize(3).doesNotHaveDuplicates();
  }

  @Test
  void aSubscriberThatFailsHoldsUpNobody() {
    var seen = new ArrayList<Long>();
    catalog.subscribe(_ -> {
      throw new IllegalStateException("a defect");
    });
    catalog.subscribe(snapshot -> seen.add(snapshot.version()));
    catalog.create(NewTopic.withDefaults("t"), false).join();
    assertThat(seen).hasSize(2);
  }

  @Test
  void leaderEpochsAndProducerIdsOnlyRise() {
    catalog.create(NewTopic.withDefaults("t"), false).join();
    var partition = new TopicPartition("t", 1);
    assertThat(catalog.raiseLeaderEpoch(partition).join()).isEqualTo(1);
    assertThat(catalog.raiseLeaderEpoch(partition).join()).isEqualTo(2);
    assertThat(catalog.current().partition(partition).orElseThrow().leaderEpoch()).isEqualTo(2);
    fails(
        catalog.raiseLeaderEpoch(new TopicPartition("t", 9)),
        UnknownTopicOrPartitionException.class);
    assertThat(catalog.nextProducerIdBlock().join().lastProducerId())
        .isLessThan(catalog.nextProducerIdBlock().join().firstProducerId());
  }

  @Test
  void ofManyCreatorsInTwoCatalogsOneWins() {
    var store = new MemoryStore();
    var rules = new TopicRules(new TopicConfigs(Map.of()), 1, -1);
    try (var one = new StoredCatalog(store, rules, MemoryStore.groupConfigs(), 1);
        var two = new StoredCatalog(store, rules, MemoryStore.groupConfigs(), 2)) {
      one.register(new Broker(1, "localhost", 1, null)).join();
      two.register(new Broker(2, "localhost", 2, null)).join();
      var attempts =
          IntStream.range(0, 40)
              .mapToObj(i ->
                  (i % 2 == 0 ? one : two).create(new NewTopic("t" + i / 4, 1, 1, Map.of()), false))
              .toList();
      long won =
          attempts.stream().filter(attempt -> attempt.handle((_, e) -> e == null).join()).count();
      assertThat(won).isEqualTo(10);
      one.create(new NewTopic("both", 2, 2, Map.of()), false).join();
      two.createPartitions("both", 3, List.of(), false).join();
      assertThat(two.current().topics()).hasSize(11);
      assertThat(two.current().topic("both").orElseThrow().partitions())
          .allSatisfy(
              partition -> assertThat(partition.replicas()).containsExactlyInAnyOrder(1, 2));
    }
  }

  @Test
  void changesAfterTheCloseFail() {
    catalog.close();
    fails(catalog.create(NewTopic.withDefaults("t"), false), TimeoutException.class);
  }

  @Test
  void badDefaultsAreRefusedAtOnce() {
    assertThatThrownBy(() -> new TopicConfigs(Map.of("segment.bytes", "few")))
        .isInstanceOf(InvalidConfigurationException.class);
    assertThat(new TopicConfigs(Map.of("retention.ms", "5")).effective(Map.of()).retentionMs)
        .isEqualTo(5);
  }

  private Map<String, String> change(ConfigChange... changes) {
    return catalog.changeConfigs("t", List.of(changes), false).join().configs();
  }

  private void refused(NewTopic wish, Class<? extends Exception> expected, String named) {
    assertThatThrownBy(() -> catalog.create(wish, false).join())
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOf(expected)
        .hasMessageContaining(named);
  }

  private static void fails(CompletableFuture<?> future, Class<? extends Exception> expected) {
    assertThatThrownBy(future::join)
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(expected);
  }
}
