package io.headwater.hub.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatResponse;
import org.apache.kafka.common.requests.DescribeTopicPartitionsResponse;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Topics page by page, and the settings of groups. */
@Timeout(60)
class AdministrationTest {
  private static final String HEARTBEAT = "consumer.heartbeat.interval.ms";

  @TempDir private Path folder;
  private TestHub hub;

  @BeforeEach
  void start() {
    hub = TestHub.start(folder);
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Test
  void theClientReadsTopicsThatAreLargerThanAPage() throws Exception {
    try (Admin admin = hub.admin()) {
      admin
          .createTopics(
              List.of(
                  new NewTopic("a", 7, (short) 1),
                  new NewTopic("b", 1, (short) 1),
                  new NewTopic("c", 4, (short) 1)))
          .all()
          .get();

      var described =
          admin
              .describeTopics(
                  List.of("c", "a", "b", "none"),
                  new DescribeTopicsOptions().partitionSizeLimitPerResponse(3))
              .topicNameValues();

      assertThat(Objects.requireNonNull(described.get("a")).get().partitions())
          .extracting(TopicPartitionInfo::partition)
          .containsExactlyElementsOf(IntStream.range(0, 7).boxed().toList());
      assertThat(Objects.requireNonNull(described.get("b")).get().partitions()).hasSize(1);
      assertThat(Objects.requireNonNull(described.get("c")).get().partitions()).hasSize(4);
      assertThatThrownBy(() -> Objects.requireNonNull(described.get("none")).get())
          .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
    }
  }

  @Test
  void topicsOfCoordinatorsAreMadeWhenSomebodyAsksForOne() throws Exception {
    try (Admin admin = hub.admin()) {
      assertThat(allTopics(admin)).isEmpty();
      assertThatThrownBy(() ->
              admin
                  .createTopics(List.of(new NewTopic("__consumer_offsets", 1, (short) 1)))
                  .all()
                  .get())
          .hasCauseInstanceOf(InvalidTopicException.class)
          .hasMessageContaining("made by the hub");
      assertThat(
              hub.send(
                      ApiKeys.INIT_PRODUCER_ID,
                      4,
                      new InitProducerIdRequestData().setTransactionalId(null))
                  .errorCounts())
          .containsOnlyKeys(Errors.NONE);
      assertThat(allTopics(admin)).as("who only produces needs none").isEmpty();

      hub.askForCoordinator();

      assertThat(allTopics(admin))
          .containsExactlyInAnyOrder("__consumer_offsets", "__transaction_state");
    }
  }

  private static Set<String> allTopics(Admin admin) throws Exception {
    return admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
  }

  @Test
  void pagesGoOnAtTheirCursor() throws Exception {
    try (Admin admin = hub.admin()) {
      admin
          .createTopics(List.of(new NewTopic("a", 3, (short) 1), new NewTopic("b", 2, (short) 1)))
          .all()
          .get();
    }
    var first = page(List.of("b", "a", "no such"), 2, null, 0);
    assertThat(names(first)).containsExactly("a:0,1");
    var second = page(List.of("b", "a", "no such"), 1, "a", 2);
    assertThat(names(second)).containsExactly("a:2");
    assertThat(cursor(second)).isEqualTo("b:0");
    var third = page(List.of("b", "a", "no such"), 0, "b", 0);
    assertThat(names(third)).as("at least one").containsExactly("b:0");
    var last = page(List.of("b", "a", "no such"), 9, "b", 1);
    assertThat(names(last)).containsExactly("b:1", "no such:");
    assertThat(cursor(last)).isEqualTo("end");
    assertThat(Objects.requireNonNull(last.topics().find("no such")).errorCode())
        .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION.code());

    assertThat(names(page(List.of(), 99, "b", 0))).as("all from there on").containsExactly("b:0,1");
    assertThat(names(page(List.of(), 99, null, 0))).contains("a:0,1,2", "b:0,1");
    var refused = hub.send(ApiKeys.DESCRIBE_TOPIC_PARTITIONS, 0, request(List.of("a"), 1, "a", -1));
    assertThat(refused.errorCounts()).containsKey(Errors.INVALID_REQUEST);
  }

  private DescribeTopicPartitionsResponseData page(
      List<String> topics, int limit, @Nullable String cursor, int partition) throws Exception {
    return ((DescribeTopicPartitionsResponse)
            hub.send(
                ApiKeys.DESCRIBE_TOPIC_PARTITIONS, 0, request(topics, limit, cursor, partition)))
        .data();
  }

  private static DescribeTopicPartitionsRequestData request(
      List<String> topics, int limit, @Nullable String cursor, int partition) {
    return new DescribeTopicPartitionsRequestData()
        .setTopics(
            topics.stream()
                .map(name -> new DescribeTopicPartitionsRequestData.TopicRequest().setName(name))
                .toList())
        .setResponsePartitionLimit(limit)
        .setCursor(
            cursor == null
                ? null
                : new DescribeTopicPartitionsRequestData.Cursor()
                    .setTopicName(cursor)
                    .setPartitionIndex(partition));
  }

  private static List<String> names(DescribeTopicPartitionsResponseData page) {
    return page.topics().stream()
        .map(topic ->
            topic.name()
                + ":"
                + String.join(
                    ",",
                    topic.partitions().stream()
                        .map(one -> Integer.toString(one.partitionIndex()))
                        .toList()))
        .toList();
  }

  private static String cursor(DescribeTopicPartitionsResponseData page) {
    return page.nextCursor() == null
        ? "end"
        : page.nextCursor().topicName() + ":" + page.nextCursor().partitionIndex();
  }

  @Test
  void settingsOfAGroupReachItsMembersAndOutliveARestart() throws Exception {
    assertThat(heartbeatInterval()).isEqualTo(5_000);
    var group = new ConfigResource(ConfigResource.Type.GROUP, "g");
    try (Admin admin = hub.admin()) {
      alter(admin, group, HEARTBEAT, "7000");
      assertThat(
              admin.listConfigResources(Set.of(ConfigResource.Type.GROUP), options()).all().get())
          .containsExactly(group);
      assertThatThrownBy(() -> alter(admin, group, HEARTBEAT, "1"))
          .hasCauseInstanceOf(InvalidConfigurationException.class)
          .hasMessageContaining(HEARTBEAT);
      assertThatThrownBy(() -> alter(admin, group, "consumer.heartbeat", "1"))
          .hasMessageContaining("consumer.heartbeat");
      var metrics = new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "m");
      assertThatThrownBy(() -> alter(admin, metrics, "interval.ms", "1"))
          .hasCauseInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("CLIENT_METRICS");
    }
    Awaitility.await().untilAsserted(() -> assertThat(heartbeatInterval()).isEqualTo(7_000));
    hub.crash();
    hub.start();
    // The coordinator may still be reading its topic.
    Awaitility.await().untilAsserted(() -> assertThat(heartbeatInterval()).isEqualTo(7_000));
    try (Admin admin = hub.admin()) {
      var config =
          Objects.requireNonNull(admin.describeConfigs(List.of(group)).all().get().get(group));
      assertThat(Objects.requireNonNull(config.get(HEARTBEAT)).value()).isEqualTo("7000");
      assertThat(Objects.requireNonNull(config.get(HEARTBEAT)).source())
          .isEqualTo(ConfigEntry.ConfigSource.DYNAMIC_GROUP_CONFIG);
      assertThat(config.get("streams.num.standby.replicas")).isNotNull();
      assertThat(config.entries()).noneMatch(entry -> entry.name().startsWith("share."));
      alter(admin, group, HEARTBEAT, null);
      assertThat(
              admin.listConfigResources(Set.of(ConfigResource.Type.GROUP), options()).all().get())
          .isEmpty();
    }
    Awaitility.await().untilAsserted(() -> assertThat(heartbeatInterval()).isEqualTo(5_000));
  }

  private static ListConfigResourcesOptions options() {
    return new ListConfigResourcesOptions();
  }

  private static void alter(
      Admin admin, ConfigResource resource, String key, @Nullable String value) throws Exception {
    var operation = value == null ? AlterConfigOp.OpType.DELETE : AlterConfigOp.OpType.SET;
    admin
        .incrementalAlterConfigs(
            Map.of(resource, List.of(new AlterConfigOp(new ConfigEntry(key, value), operation))))
        .all()
        .get();
  }

  /** What a member that joins group g is told. */
  private int heartbeatInterval() throws Exception {
    var response =
        (ConsumerGroupHeartbeatResponse)
            hub.send(
                ApiKeys.CONSUMER_GROUP_HEARTBEAT,
                1,
                new ConsumerGroupHeartbeatRequestData()
                    .setGroupId("g")
                    .setMemberId("member-" + System.nanoTime())
                    .setMemberEpoch(0)
                    .setRebalanceTimeoutMs((int) Duration.ofMinutes(1).toMillis())
                    .setSubscribedTopicNames(List.of("t"))
                    .setTopicPartitions(List.of()));
    return response.data().heartbeatIntervalMs();
  }
}
