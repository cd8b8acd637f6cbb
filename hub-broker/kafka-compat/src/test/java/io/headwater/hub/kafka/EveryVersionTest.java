package io.headwater.hub.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.group.GroupSettings;
import io.headwater.hub.kafka.log.FileLogSettings;
import io.headwater.hub.kafka.metadata.MemoryStore;
import io.headwater.hub.kafka.metrics.MetricsSettings;
import io.headwater.hub.kafka.net.NetSettings;
import io.headwater.hub.kafka.txn.TransactionSettings;
import io.headwater.process.Health;
import io.headwater.process.HostPort;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsResponse;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.InitProducerIdResponse;
import org.apache.kafka.common.requests.ListConfigResourcesResponse;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.OffsetFetchResponse;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Sends each announced API at each announced version to a real broker over a real connection.
 *
 * <p>Generated messages refuse, at encoding, fields that a version does not have; a handler that
 * sets one loses its connection, and only for clients of that version.
 */
@Timeout(60)
class EveryVersionTest {
  /** Groups without members, and transactions without a producer, have no better answers. */
  private static final Map<ApiKeys, Set<Errors>> EXPECTED =
      Map.of(
          ApiKeys.HEARTBEAT, Set.of(Errors.UNKNOWN_MEMBER_ID),
          ApiKeys.SYNC_GROUP, Set.of(Errors.UNKNOWN_MEMBER_ID),
          ApiKeys.LEAVE_GROUP, Set.of(Errors.UNKNOWN_MEMBER_ID, Errors.NONE),
          ApiKeys.JOIN_GROUP, Set.of(Errors.MEMBER_ID_REQUIRED, Errors.NONE),
          ApiKeys.DELETE_GROUPS, Set.of(Errors.GROUP_ID_NOT_FOUND),
          ApiKeys.ELECT_LEADERS, Set.of(Errors.ELECTION_NOT_NEEDED, Errors.NONE),
          ApiKeys.UNREGISTER_BROKER, Set.of(Errors.BROKER_ID_NOT_REGISTERED),
          ApiKeys.ALTER_REPLICA_LOG_DIRS, Set.of(Errors.LOG_DIR_NOT_FOUND));

  private static final Set<ApiKeys> NOT_SERVED =
      Set.of(
          // share groups
          ApiKeys.SHARE_GROUP_HEARTBEAT,
          ApiKeys.SHARE_GROUP_DESCRIBE,
          ApiKeys.SHARE_FETCH,
          ApiKeys.SHARE_ACKNOWLEDGE,
          ApiKeys.INITIALIZE_SHARE_GROUP_STATE,
          ApiKeys.READ_SHARE_GROUP_STATE,
          ApiKeys.WRITE_SHARE_GROUP_STATE,
          ApiKeys.DELETE_SHARE_GROUP_STATE,
          ApiKeys.READ_SHARE_GROUP_STATE_SUMMARY,
          ApiKeys.DESCRIBE_SHARE_GROUP_OFFSETS,
          ApiKeys.ALTER_SHARE_GROUP_OFFSETS,
          ApiKeys.DELETE_SHARE_GROUP_OFFSETS,
          // security and quotas
          ApiKeys.SASL_HANDSHAKE,
          ApiKeys.SASL_AUTHENTICATE,
          ApiKeys.DESCRIBE_ACLS,
          ApiKeys.CREATE_ACLS,
          ApiKeys.DELETE_ACLS,
          ApiKeys.CREATE_DELEGATION_TOKEN,
          ApiKeys.RENEW_DELEGATION_TOKEN,
          ApiKeys.EXPIRE_DELEGATION_TOKEN,
          ApiKeys.DESCRIBE_DELEGATION_TOKEN,
          ApiKeys.DESCRIBE_USER_SCRAM_CREDENTIALS,
          ApiKeys.ALTER_USER_SCRAM_CREDENTIALS,
          ApiKeys.DESCRIBE_CLIENT_QUOTAS,
          ApiKeys.ALTER_CLIENT_QUOTAS,
          // KRaft, and folders and features that are fixed here
          ApiKeys.DESCRIBE_QUORUM,
          ApiKeys.ADD_RAFT_VOTER,
          ApiKeys.REMOVE_RAFT_VOTER,
          ApiKeys.UPDATE_FEATURES,
          // metrics of clients
          ApiKeys.GET_TELEMETRY_SUBSCRIPTIONS,
          ApiKeys.PUSH_TELEMETRY);

  @TempDir private static Path folder;
  private static Broker broker;
  private static Socket socket;
  private static Samples samples;
  private static Uuid topicId = Uuid.ZERO_UUID;
  private static int correlation;

  @BeforeAll
  static void start() throws IOException {
    broker =
        Broker.start(
            new Broker.Settings(
                1,
                folder,
                new HostPort("127.0.0.1", 0),
                Optional.empty(),
                1 << 20,
                NetSettings.DEFAULTS,
                true,
                2,
                1,
                Map.of(),
                new GroupSettings(2, Duration.ZERO),
                new TransactionSettings(
                    2, Duration.ofMinutes(1), Duration.ofDays(1), Duration.ofSeconds(1)),
                FileLogSettings.DEFAULTS,
                MetricsSettings.DEFAULTS),
            new MemoryStore(),
            new SimpleMeterRegistry(),
            new Health(),
            Clock.systemUTC());
    socket = new Socket(InetAddress.getLoopbackAddress(), broker.address().port());
    socket.setSoTimeout(20_000);
    topicId = create("t");
    create("grows");
    for (int version = 0; version <= ApiKeys.DELETE_TOPICS.latestVersion(); version++) {
      create("goes" + version);
    }
    samples = new Samples(topicId);
    var _ = send(ApiKeys.PRODUCE, 9, samples.of(ApiKeys.PRODUCE, 9));
  }

  @AfterAll
  static void stop() throws IOException {
    socket.close();
    broker.close();
  }

  private static Uuid create(String name) throws IOException {
    var topics = new CreateTopicsRequestData.CreatableTopicCollection();
    topics.add(
        new CreateTopicsRequestData.CreatableTopic()
            .setName(name)
            .setNumPartitions(2)
            .setReplicationFactor((short) 1));
    var response =
        (CreateTopicsResponse)
            send(
                ApiKeys.CREATE_TOPICS,
                7,
                new CreateTopicsRequestData().setTopics(topics).setTimeoutMs(5_000));
    assertThat(response.errorCounts()).containsOnlyKeys(Errors.NONE);
    return Objects.requireNonNull(response.data().topics().find(name)).topicId();
  }

  private static AbstractResponse send(ApiKeys key, int version, ApiMessage body)
      throws IOException {
    var header = new RequestHeader(key, (short) version, "test", ++correlation);
    ByteBuffer request =
        RequestUtils.serialize(header.data(), header.headerVersion(), body, (short) version);
    var frame = ByteBuffer.allocate(Integer.BYTES + request.remaining());
    frame.putInt(request.remaining()).put(request);
    socket.getOutputStream().write(frame.array());
    var in = new DataInputStream(socket.getInputStream());
    byte[] response = new byte[in.readInt()];
    in.readFully(response);
    return AbstractResponse.parseResponse(ByteBuffer.wrap(response), header);
  }

  private static Map<ApiKeys, ApiVersion> announced() throws IOException {
    var response =
        (ApiVersionsResponse) send(ApiKeys.API_VERSIONS, 4, samples.of(ApiKeys.API_VERSIONS, 4));
    var announced = new EnumMap<ApiKeys, ApiVersion>(ApiKeys.class);
    response.data().apiKeys().forEach(api -> announced.put(ApiKeys.forId(api.apiKey()), api));
    return announced;
  }

  static Stream<ApiKeys> apis() throws IOException {
    return announced().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("apis")
  void isAnsweredAtEveryAnnouncedVersion(ApiKeys key) throws IOException {
    ApiVersion range = Objects.requireNonNull(announced().get(key));
    // Announced for librdkafka's sake, and refused.
    int oldest = key == ApiKeys.PRODUCE ? 3 : range.minVersion();
    var errors = new HashMap<Integer, Set<Errors>>();
    for (int version = oldest; version <= range.maxVersion(); version++) {
      initTransaction(key, version);
      errors.put(version, send(key, version, samples.of(key, version)).errorCounts().keySet());
    }

    Set<Errors> allowed = EXPECTED.getOrDefault(key, Set.of(Errors.NONE));
    assertThat(errors)
        .allSatisfy((version, found) ->
            assertThat(found).as("%s version %d", key, version).isSubsetOf(allowed));
  }

  /**
   * APIs of transactions need one: each version has a producer, and where it must be, a begun one.
   */
  private static void initTransaction(ApiKeys key, int version) throws IOException {
    if (!Set.of(
            ApiKeys.ADD_PARTITIONS_TO_TXN,
            ApiKeys.ADD_OFFSETS_TO_TXN,
            ApiKeys.TXN_OFFSET_COMMIT,
            ApiKeys.END_TXN,
            ApiKeys.DESCRIBE_TRANSACTIONS)
        .contains(key)) {
      return;
    }
    AbstractResponse answer;
    do { // a transaction of the version before may still be ending
      answer =
          send(
              ApiKeys.INIT_PRODUCER_ID,
              2,
              new InitProducerIdRequestData()
                  .setTransactionalId("tx")
                  .setTransactionTimeoutMs(10_000));
    } while (answer.errorCounts().containsKey(Errors.CONCURRENT_TRANSACTIONS));
    var producer = ((InitProducerIdResponse) answer).data();
    samples.setProducer(producer.producerId(), producer.producerEpoch());
    if (key == ApiKeys.END_TXN || (key == ApiKeys.TXN_OFFSET_COMMIT && version < 5)) {
      var _ = send(ApiKeys.ADD_OFFSETS_TO_TXN, 3, samples.of(ApiKeys.ADD_OFFSETS_TO_TXN, 3));
    }
  }

  /** What a broker of the library's version announces, less what README.md says is not served. */
  @Test
  void everyApiOfABrokerIsAnnouncedOrNamedAsNotServed() throws IOException {
    Set<ApiKeys> announced = announced().keySet();
    var missing = new TreeSet<ApiKeys>();
    for (ApiKeys key : ApiKeys.brokerApis()) {
      if (!announced.contains(key)) {
        missing.add(key);
      }
    }

    assertThat(missing).containsExactlyInAnyOrderElementsOf(NOT_SERVED);
    assertThat(ApiKeys.brokerApis()).containsAll(announced);
    for (ApiVersion range : announced().values()) {
      ApiKeys key = ApiKeys.forId(range.apiKey());
      assertThat(range.maxVersion())
          .as("%s: a newer version of the library is taken by hand", key)
          .isEqualTo(key.messageType.highestSupportedVersion(false));
    }
  }

  @Test
  void producedRecordsAreFetchedAtEveryVersion() throws IOException {
    long next = endOffset();
    for (int version = 3; version <= 13; version++) {
      var response =
          (ProduceResponse) send(ApiKeys.PRODUCE, version, samples.of(ApiKeys.PRODUCE, version));
      assertThat(
              response
                  .data()
                  .responses()
                  .iterator()
                  .next()
                  .partitionResponses()
                  .getFirst()
                  .baseOffset())
          .as("version %d", version)
          .isEqualTo(next++);
    }
    for (int version = 4; version <= 18; version++) {
      var response =
          (FetchResponse) send(ApiKeys.FETCH, version, samples.of(ApiKeys.FETCH, version));
      var partition = response.data().responses().getFirst().partitions().getFirst();
      assertThat(partition.highWatermark()).as("version %d", version).isEqualTo(next);
      assertThat(FetchResponse.recordsOrFail(partition).sizeInBytes())
          .as("version %d", version)
          .isEqualTo((int) next * Samples.records().sizeInBytes());
    }
  }

  private static long endOffset() throws IOException {
    var response =
        (ListOffsetsResponse) send(ApiKeys.LIST_OFFSETS, 5, samples.of(ApiKeys.LIST_OFFSETS, 5));
    return response.data().topics().getLast().partitions().getFirst().offset();
  }

  @Test
  void metadataIsFoundByIdWithItsName() throws IOException {
    for (int version : List.of(12, 13)) {
      var response =
          (MetadataResponse) send(ApiKeys.METADATA, version, samples.of(ApiKeys.METADATA, version));
      assertThat(response.data().topics())
          .as("one answer, as both mean the same topic")
          .allSatisfy(topic -> {
            assertThat(topic.name()).isEqualTo("t");
            assertThat(topic.topicId()).isEqualTo(topicId);
            assertThat(topic.partitions()).hasSize(2);
          });
    }
  }

  @Test
  void committedOffsetsAreFoundAtEveryVersion() throws IOException {
    for (int version = 2; version <= 10; version++) {
      assertThat(
              send(ApiKeys.OFFSET_COMMIT, version, samples.of(ApiKeys.OFFSET_COMMIT, version))
                  .errorCounts())
          .containsOnlyKeys(Errors.NONE);
      long committed = version;
      for (int fetch : IntStream.rangeClosed(1, 10).toArray()) {
        var response =
            (OffsetFetchResponse)
                send(ApiKeys.OFFSET_FETCH, fetch, samples.of(ApiKeys.OFFSET_FETCH, fetch));
        assertThat(offsets(response, fetch))
            .as("committed with %d, fetched with %d; the second has none", version, fetch)
            .containsExactly(committed, -1L);
      }
    }
  }

  private static List<Long> offsets(OffsetFetchResponse response, int version) {
    return version < 8
        ? response.data().topics().getFirst().partitions().stream()
            .map(partition -> partition.committedOffset())
            .toList()
        : response.data().groups().getFirst().topics().getFirst().partitions().stream()
            .map(partition -> partition.committedOffset())
            .toList();
  }

  @Test
  void partitionsStayWhereTheyAre() throws IOException {
    var request =
        (AlterPartitionReassignmentsRequestData)
            samples.of(ApiKeys.ALTER_PARTITION_REASSIGNMENTS, 1);
    var partition = request.topics().getFirst().partitions().getFirst();
    for (var expected :
        Map.of(
                List.of(1), Errors.NONE,
                List.of(2), Errors.INVALID_REPLICA_ASSIGNMENT,
                List.of(1, 2), Errors.INVALID_REPLICA_ASSIGNMENT)
            .entrySet()) {
      partition.setReplicas(expected.getKey());
      var response =
          (AlterPartitionReassignmentsResponse)
              send(ApiKeys.ALTER_PARTITION_REASSIGNMENTS, 1, request);
      assertThat(response.data().responses().getFirst().partitions().getFirst().errorCode())
          .as("%s", expected)
          .isEqualTo(expected.getValue().code());
    }
  }

  @Test
  void settingsOfTheBrokerAreRemovedButNotMade() throws IOException {
    byte set = 0;
    byte delete = 1;
    for (var expected : Map.of(delete, Errors.NONE, set, Errors.INVALID_REQUEST).entrySet()) {
      var request =
          (IncrementalAlterConfigsRequestData) samples.of(ApiKeys.INCREMENTAL_ALTER_CONFIGS, 1);
      var resource = request.resources().iterator().next();
      request.resources().remove(resource);
      resource.configs().forEach(config -> config.setConfigOperation(expected.getKey()));
      request.resources().add(resource.setResourceType((byte) 4).setResourceName("1"));

      assertThat(send(ApiKeys.INCREMENTAL_ALTER_CONFIGS, 1, request).errorCounts())
          .as("operation %s", expected.getKey())
          .containsOnlyKeys(expected.getValue());
    }
  }

  @Test
  void settingsAreListedForTopicsAndTheBroker() throws IOException {
    byte broker = 4;
    var request = new ListConfigResourcesRequestData().setResourceTypes(List.of(broker));
    var response = (ListConfigResourcesResponse) send(ApiKeys.LIST_CONFIG_RESOURCES, 1, request);
    assertThat(response.data().configResources())
        .singleElement()
        .satisfies(resource -> assertThat(resource.resourceName()).isEqualTo("1"));
    var all =
        (ListConfigResourcesResponse)
            send(ApiKeys.LIST_CONFIG_RESOURCES, 1, new ListConfigResourcesRequestData());
    assertThat(all.data().configResources())
        .extracting(resource -> resource.resourceName())
        .contains("1", "t");
  }

  @Test
  void produceThatIsTooOldClosesItsConnection() throws IOException {
    try (var old = new Socket(InetAddress.getLoopbackAddress(), broker.address().port())) {
      old.setSoTimeout(20_000);
      // Version 2: acks, timeout, no topics.
      var request = ByteBuffer.allocate(4 + 8 + 2 + 10);
      request.putInt(20).putShort((short) 0).putShort((short) 2).putInt(1).putShort((short) -1);
      request.putShort((short) 1).putInt(1_000).putInt(0);
      old.getOutputStream().write(request.array());

      assertThat(old.getInputStream().read()).isEqualTo(-1);
    }
  }
}
