package io.headwater.hub.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.apache.kafka.common.requests.FindCoordinatorResponse;
import org.apache.kafka.common.requests.ProduceResponse;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two brokers, each of which leads half of all partitions. */
@Timeout(120)
class ClusterTest {
  private static final int PARTITIONS = 4;
  private static final List<TopicPartition> DATA =
      IntStream.range(0, PARTITIONS).mapToObj(i -> new TopicPartition("data", i)).toList();

  @TempDir private Path folder;
  private TestCluster cluster;
  private Uuid topicId = Uuid.ZERO_UUID;

  @BeforeEach
  void start() throws Exception {
    cluster = TestCluster.start(folder, 2);
    cluster.askForCoordinator();
    try (var admin = cluster.admin()) {
      topicId =
          admin
              .createTopics(List.of(new NewTopic("data", PARTITIONS, (short) 2)))
              .topicId("data")
              .get();
    }
    cluster.awaitView(3);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private TopicPartition ledBy(int broker) {
    return DATA.stream().filter(one -> cluster.leader(one) == broker).findFirst().orElseThrow();
  }

  @Test
  void leadersAreSpread() throws Exception {
    try (var admin = cluster.admin()) {
      var described =
          admin
              .describeTopics(List.of("data", "__consumer_offsets", "__transaction_state"))
              .allTopicNames()
              .get();
      described
          .values()
          .forEach(topic -> {
            assertThat(topic.partitions()).extracting(one -> one.leader().id()).contains(1, 2);
            assertThat(topic.partitions())
                .filteredOn(one -> one.leader().id() == 1)
                .hasSize(PARTITIONS / 2);
            for (TopicPartitionInfo one : topic.partitions()) {
              assertThat(one.replicas()).hasSize(2);
              assertThat(one.isr()).hasSize(2);
            }
          });
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void groupsReadFromBothBrokers(int coordinator) throws Exception {
    String group = cluster.groupOf(coordinator, "group");
    try (var producer = cluster.producer(Map.of())) {
      for (TopicPartition partition : DATA) {
        producer.send(record(partition, "v" + partition.partition())).get();
      }
    }

    try (var consumer = cluster.consumer(Map.of("group.id", group))) {
      consumer.subscribe(List.of("data"));
      assertThat(read(consumer, PARTITIONS)).containsExactlyInAnyOrder("v0", "v1", "v2", "v3");
      consumer.commitSync();
    }
    try (var admin = cluster.admin()) {
      assertThat(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get())
          .hasSize(PARTITIONS)
          .allSatisfy((_, offset) -> assertThat(offset.offset()).isEqualTo(1));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void transactionsSpanBothBrokers(int coordinator) throws Exception {
    String id = cluster.transactionalIdOf(coordinator, "tx");
    int rounds = 10;
    var committed = new ArrayList<String>();
    try (var producer = cluster.producer(Map.of("transactional.id", id))) {
      producer.initTransactions();
      for (int round = 0; round < rounds; round++) {
        boolean commit = round % 2 == 0;
        producer.beginTransaction();
        for (TopicPartition partition : DATA) {
          String value = round + "/" + partition.partition();
          producer.send(record(partition, value));
          if (commit) {
            committed.add(value);
          }
        }
        if (commit) {
          producer.commitTransaction();
        } else {
          producer.flush();
          producer.abortTransaction();
        }
      }
    }

    try (var admin = cluster.admin()) {
      awaitDecided(admin, 2L * rounds);
    }
    assertThat(committedValues()).containsExactlyInAnyOrderElementsOf(committed);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void offsetsGoWithTheTransaction(int coordinator) throws Exception {
    // The id's coordinator is one broker, the group's the other.
    String id = cluster.transactionalIdOf(coordinator, "tx");
    String group = cluster.groupOf(3 - coordinator, "group");
    try (var producer = cluster.producer(Map.of("transactional.id", id));
        var consumer = cluster.consumer(Map.of("group.id", group));
        var admin = cluster.admin()) {
      producer.initTransactions();
      producer.beginTransaction();
      DATA.forEach(partition -> producer.send(record(partition, "v")));
      producer.sendOffsetsToTransaction(
          Map.of(DATA.getFirst(), new OffsetAndMetadata(7)), consumer.groupMetadata());
      producer.commitTransaction();
      awaitOffset(admin, group, 7);

      producer.beginTransaction();
      producer.sendOffsetsToTransaction(
          Map.of(DATA.getFirst(), new OffsetAndMetadata(9)), consumer.groupMetadata());
      producer.abortTransaction();
      producer.beginTransaction();
      producer.sendOffsetsToTransaction(
          Map.of(DATA.getLast(), new OffsetAndMetadata(11)), consumer.groupMetadata());
      producer.commitTransaction();

      Awaitility.await()
          .untilAsserted(() ->
              assertThat(
                      admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get())
                  .containsEntry(DATA.getFirst(), new OffsetAndMetadata(7))
                  .containsEntry(DATA.getLast(), new OffsetAndMetadata(11)));
      awaitDecided(admin, 2);
    }
  }

  @Test
  void administratorsSeeWhatAllBrokersKeep() throws Exception {
    var groups = List.of(cluster.groupOf(1, "group"), cluster.groupOf(2, "group"));
    var ids = List.of(cluster.transactionalIdOf(1, "tx"), cluster.transactionalIdOf(2, "tx"));
    var producers = new ArrayList<KafkaProducer<String, String>>();
    try (var admin = cluster.admin()) {
      for (String id : ids) {
        KafkaProducer<String, String> producer = cluster.producer(Map.of("transactional.id", id));
        producers.add(producer);
        producer.initTransactions();
        producer.beginTransaction();
        DATA.forEach(partition -> producer.send(record(partition, "v")));
        producer.flush();
      }
      for (String group : groups) {
        admin
            .alterConsumerGroupOffsets(group, Map.of(DATA.getFirst(), new OffsetAndMetadata(0)))
            .all()
            .get();
      }

      assertThat(admin.listTransactions().all().get())
          .extracting(TransactionListing::transactionalId)
          .containsExactlyInAnyOrderElementsOf(ids);
      assertThat(admin.describeTransactions(ids).all().get())
          .hasSize(2)
          .allSatisfy((_, described) -> {
            assertThat(described.state()).isEqualTo(TransactionState.ONGOING);
            assertThat(described.topicPartitions()).containsExactlyInAnyOrderElementsOf(DATA);
          });
      assertThat(admin.describeTransactions(ids).description(ids.getFirst()).get().coordinatorId())
          .isEqualTo(1);
      assertThat(admin.listGroups().all().get())
          .extracting(GroupListing::groupId)
          .containsExactlyInAnyOrderElementsOf(groups);
      for (int i = 0; i < groups.size(); i++) {
        var described =
            Objects.requireNonNull(
                admin.describeConsumerGroups(groups).all().get().get(groups.get(i)));
        assertThat(described.coordinator().id()).isEqualTo(i + 1);
      }
      producers.forEach(KafkaProducer::abortTransaction);
      awaitDecided(admin, 4);
    } finally {
      producers.forEach(producer -> producer.close(Duration.ZERO));
    }
    assertThat(committedValues()).isEmpty();
  }

  @Test
  void aDecisionReachesABrokerThatWasDownMeanwhile() throws Exception {
    String id = cluster.transactionalIdOf(1, "tx");
    try (var producer = cluster.producer(Map.of("transactional.id", id))) {
      producer.initTransactions();
      producer.beginTransaction();
      DATA.forEach(partition -> producer.send(record(partition, "v" + partition.partition())));
      producer.flush();
      cluster.stop(2);
      producer.commitTransaction();
    }
    try (var admin = cluster.admin()) {
      assertThat(
              Objects.requireNonNull(admin.describeTransactions(List.of(id)).all().get().get(id))
                  .state())
          .isEqualTo(TransactionState.PREPARE_COMMIT);
    }

    cluster.start(2); // on another port

    try (var admin = cluster.admin()) {
      awaitDecided(admin, 2);
      Awaitility.await()
          .untilAsserted(() ->
              assertThat(
                      Objects.requireNonNull(
                              admin.describeTransactions(List.of(id)).all().get().get(id))
                          .state())
                  .isEqualTo(TransactionState.COMPLETE_COMMIT));
    }
    assertThat(committedValues()).containsExactlyInAnyOrder("v0", "v1", "v2", "v3");
  }

  @Test
  void whatABrokerThatIsDownHasLedHasNoLeader() throws Exception {
    cluster.stop(2);
    cluster.awaitView(3);
    var topic = Objects.requireNonNull(cluster.metadata(1).topics().find("data"));
    assertThat(topic.partitions())
        .allSatisfy(partition -> {
          boolean up = cluster.leader(DATA.get(partition.partitionIndex())) == 1;
          assertThat(partition.leaderId()).isEqualTo(up ? 1 : -1);
          assertThat(Errors.forCode(partition.errorCode()))
              .isEqualTo(up ? Errors.NONE : Errors.LEADER_NOT_AVAILABLE);
          assertThat(partition.replicaNodes()).containsExactlyInAnyOrder(1, 2);
          assertThat(partition.isrNodes()).containsExactly(1);
          assertThat(partition.offlineReplicas()).containsExactly(2);
        });

    var found =
        (FindCoordinatorResponse)
            cluster.send(
                1,
                ApiKeys.FIND_COORDINATOR,
                4,
                new FindCoordinatorRequestData()
                    .setKeyType(CoordinatorType.TRANSACTION.id())
                    .setCoordinatorKeys(
                        List.of(
                            cluster.transactionalIdOf(1, "tx"),
                            cluster.transactionalIdOf(2, "tx"))));
    assertThat(found.data().coordinators().getFirst().nodeId()).isEqualTo(1);
    assertThat(Errors.forCode(found.data().coordinators().getLast().errorCode()))
        .isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
  }

  @Test
  void theWrongBrokerNamesTheRightOne() throws Exception {
    TopicPartition elsewhere = ledBy(2);
    var topics = new ProduceRequestData.TopicProduceDataCollection();
    topics.add(
        new ProduceRequestData.TopicProduceData()
            .setTopicId(topicId)
            .setPartitionData(
                List.of(
                    new ProduceRequestData.PartitionProduceData()
                        .setIndex(elsewhere.partition())
                        .setRecords(
                            MemoryRecords.withRecords(
                                Compression.NONE, new SimpleRecord(new byte[] {1}))))));
    var produced =
        (ProduceResponse)
            cluster.send(
                1,
                ApiKeys.PRODUCE,
                13,
                new ProduceRequestData()
                    .setAcks((short) -1)
                    .setTimeoutMs(1_000)
                    .setTopicData(topics));
    var refused = produced.data().responses().iterator().next().partitionResponses().getFirst();
    assertThat(Errors.forCode(refused.errorCode())).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
    assertThat(refused.currentLeader().leaderId()).isEqualTo(2);
    assertThat(Objects.requireNonNull(produced.data().nodeEndpoints().find(2)).port())
        .isEqualTo(Integer.parseInt(cluster.address(2).replaceFirst(".*:", "")));

    FetchResponseData.PartitionData fetched = fetch(1, elsewhere, 0);
    assertThat(Errors.forCode(fetched.errorCode())).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
    assertThat(fetched.currentLeader().leaderId()).isEqualTo(2);
  }

  @Test
  void epochsThatAreOverOrUnknownAreRefused() throws Exception {
    TopicPartition here = ledBy(1);
    assertThat(Errors.forCode(fetch(1, here, 0).errorCode())).isEqualTo(Errors.NONE);
    assertThat(Errors.forCode(fetch(1, here, 1).errorCode()))
        .isEqualTo(Errors.UNKNOWN_LEADER_EPOCH);

    cluster.store().lead(here, 1);

    Awaitility.await()
        .untilAsserted(() ->
            assertThat(Errors.forCode(fetch(1, here, 0).errorCode()))
                .isEqualTo(Errors.FENCED_LEADER_EPOCH));
    assertThat(fetch(1, here, 0).currentLeader().leaderEpoch()).isEqualTo(1);
    assertThat(Errors.forCode(fetch(1, here, 1).errorCode())).isEqualTo(Errors.NONE);
  }

  private FetchResponseData.PartitionData fetch(int broker, TopicPartition partition, int epoch)
      throws Exception {
    var response =
        (FetchResponse)
            cluster.send(
                broker,
                ApiKeys.FETCH,
                16,
                new FetchRequestData()
                    .setMaxBytes(1_000)
                    .setTopics(
                        List.of(
                            new FetchRequestData.FetchTopic()
                                .setTopicId(topicId)
                                .setPartitions(
                                    List.of(
                                        new FetchRequestData.FetchPartition()
                                            .setPartition(partition.partition())
                                            .setCurrentLeaderEpoch(epoch)
                                            .setPartitionMaxBytes(1_000))))));
    return response.data().responses().getFirst().partitions().getFirst();
  }

  /**
   * Tenures end all the time, those of records, groups and transactional ids, each in the middle of
   * whatever is under way; what clients were told stays true.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void decisionsSurviveTheEndsOfTenures(int coordinator) throws Exception {
    String id = cluster.transactionalIdOf(coordinator, "tx");
    String group = cluster.groupOf(3 - coordinator, "group");
    int rounds = 20;
    var committed = new ArrayList<String>();
    var over = new AtomicBoolean();
    CompletableFuture<Integer> churn =
        CompletableFuture.supplyAsync(() -> endTenures(new SplittableRandom(coordinator), over));
    try (var producer = cluster.producer(Map.of("transactional.id", id));
        var consumer = cluster.consumer(Map.of("group.id", group))) {
      producer.initTransactions();
      for (int round = 0; round < rounds; round++) {
        producer.beginTransaction();
        for (TopicPartition partition : DATA) {
          producer.send(record(partition, round + "/" + partition.partition()));
        }
        producer.sendOffsetsToTransaction(
            Map.of(DATA.getFirst(), new OffsetAndMetadata(round)), consumer.groupMetadata());
        if (round % 3 == 2) {
          producer.abortTransaction();
        } else {
          producer.commitTransaction();
          for (TopicPartition partition : DATA) {
            committed.add(round + "/" + partition.partition());
          }
        }
      }
    } finally {
      over.set(true);
    }

    assertThat(churn.get(30, TimeUnit.SECONDS)).as("tenures that ended").isGreaterThan(rounds);
    assertThat(committedValues()).containsExactlyInAnyOrderElementsOf(committed);
    try (var admin = cluster.admin()) {
      awaitOffset(admin, group, rounds - 1);
      assertThat(admin.listTransactions().all().get())
          .extracting(TransactionListing::state)
          .containsExactly(TransactionState.COMPLETE_COMMIT);
    }
  }

  /** Raises leader epochs; nobody else leads. */
  private int endTenures(SplittableRandom random, AtomicBoolean over) {
    var topics = List.of("data", "__consumer_offsets", "__transaction_state");
    int ended = 0;
    while (!over.get()) {
      var partition =
          new TopicPartition(topics.get(random.nextInt(topics.size())), random.nextInt(PARTITIONS));
      cluster.store().lead(partition, cluster.leader(partition));
      ended++;
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
    return ended;
  }

  @Test
  void theWrongCoordinatorRefuses() throws Exception {
    String id = cluster.transactionalIdOf(2, "tx");
    String group = cluster.groupOf(2, "group");
    assertThat(
            error(
                ApiKeys.INIT_PRODUCER_ID,
                4,
                new InitProducerIdRequestData()
                    .setTransactionalId(id)
                    .setTransactionTimeoutMs(1_000)))
        .isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(
            error(
                ApiKeys.END_TXN,
                4,
                new EndTxnRequestData().setTransactionalId(id).setProducerId(1)))
        .isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(
            error(
                ApiKeys.DESCRIBE_TRANSACTIONS,
                0,
                new DescribeTransactionsRequestData().setTransactionalIds(List.of(id))))
        .isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(
            error(
                ApiKeys.HEARTBEAT,
                4,
                new HeartbeatRequestData().setGroupId(group).setMemberId("m")))
        .isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(
            error(
                ApiKeys.WRITE_TXN_MARKERS,
                1,
                new WriteTxnMarkersRequestData()
                    .setMarkers(
                        List.of(
                            new WriteTxnMarkersRequestData.WritableTxnMarker()
                                .setProducerId(1)
                                .setTopics(
                                    List.of(
                                        new WriteTxnMarkersRequestData.WritableTxnMarkerTopic()
                                            .setName("data")
                                            .setPartitionIndexes(
                                                List.of(ledBy(2).partition()))))))))
        .isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
  }

  private Errors error(
      ApiKeys key, int version, org.apache.kafka.common.protocol.ApiMessage request)
      throws Exception {
    return cluster.send(1, key, version, request).errorCounts().keySet().iterator().next();
  }

  private static ProducerRecord<String, String> record(TopicPartition partition, String value) {
    return new ProducerRecord<>(partition.topic(), partition.partition(), "k", value);
  }

  private static List<String> read(KafkaConsumer<String, String> consumer, int atLeast) {
    var values = new ArrayList<String>();
    while (values.size() < atLeast) {
      consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
    }
    return values;
  }

  /** No transaction is open, and as much is in each partition. */
  private static void awaitDecided(Admin admin, long end) {
    var wanted = new HashMap<TopicPartition, OffsetSpec>();
    DATA.forEach(partition -> wanted.put(partition, OffsetSpec.latest()));
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(
                    admin
                        .listOffsets(wanted, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                        .all()
                        .get())
                .allSatisfy((_, stable) -> assertThat(stable.offset()).isEqualTo(end)));
  }

  private static void awaitOffset(Admin admin, String group, long offset) {
    Awaitility.await()
        .untilAsserted(() ->
            assertThat(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get())
                .containsEntry(DATA.getFirst(), new OffsetAndMetadata(offset)));
  }

  private List<String> committedValues() {
    var values = new ArrayList<String>();
    try (var consumer = cluster.consumer(Map.of("isolation.level", "read_committed"))) {
      consumer.assign(DATA);
      consumer.seekToBeginning(DATA);
      Map<TopicPartition, Long> ends = consumer.endOffsets(DATA);
      while (DATA.stream().anyMatch(one -> consumer.position(one) < ends.getOrDefault(one, 0L))) {
        consumer.poll(Duration.ofMillis(50)).forEach(record -> values.add(record.value()));
      }
    }
    return values;
  }
}
