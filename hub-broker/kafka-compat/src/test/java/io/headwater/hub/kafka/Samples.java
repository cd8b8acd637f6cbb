package io.headwater.hub.kafka;

import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.StreamsGroupDescribeRequestData;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.ListOffsetsRequest;

/**
 * A meaningful request of each API at each version: about topic {@code t}, which has a record,
 * about {@code grows} where something is changed, {@code goes0} and so on where it is deleted.
 */
final class Samples {
  private static final byte TOPIC = 2;
  private static final byte BROKER = 4;

  @FunctionalInterface
  private interface Sample {
    ApiMessage of(int version);
  }

  private final Map<ApiKeys, Sample> samples = new EnumMap<>(ApiKeys.class);
  private final Uuid id;

  /** Set by the test when the transaction's producer is known. */
  private long producerId;

  private short producerEpoch;

  /**
   * @param id of topic {@code t}
   */
  Samples(Uuid id) {
    this.id = id;
    data();
    topics();
    groups();
    transactions();
  }

  void setProducer(long newId, short newEpoch) {
    producerId = newId;
    producerEpoch = newEpoch;
  }

  ApiMessage of(ApiKeys key, int version) {
    Sample sample = samples.get(key);
    if (sample == null) {
      throw new IllegalArgumentException("write a sample request for " + key);
    }
    return sample.of(version);
  }

  static MemoryRecords records() {
    return MemoryRecords.withRecords(
        Compression.NONE, new SimpleRecord(1_000L, bytes("key"), bytes("value")));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void data() {
    samples.put(
        ApiKeys.PRODUCE,
        version -> {
          var topic = new ProduceRequestData.TopicProduceData();
          var _ = version < 13 ? topic.setName("t") : topic.setTopicId(id);
          topic.setPartitionData(
              List.of(
                  new ProduceRequestData.PartitionProduceData().setIndex(0).setRecords(records())));
          var topics = new ProduceRequestData.TopicProduceDataCollection();
          topics.add(topic);
          return new ProduceRequestData()
              .setAcks((short) -1)
              .setTimeoutMs(5_000)
              .setTopicData(topics);
        });
    samples.put(
        ApiKeys.FETCH,
        version -> {
          var topic = new FetchRequestData.FetchTopic();
          var _ = version < 13 ? topic.setTopic("t") : topic.setTopicId(id);
          topic.setPartitions(
              List.of(
                  new FetchRequestData.FetchPartition()
                      .setPartition(0)
                      .setFetchOffset(0)
                      .setPartitionMaxBytes(1 << 20)));
          return new FetchRequestData()
              .setMaxWaitMs(100)
              .setMinBytes(1)
              .setMaxBytes(1 << 20)
              .setIsolationLevel((byte) 1)
              .setTopics(List.of(topic));
        });
    samples.put(
        ApiKeys.LIST_OFFSETS,
        version -> {
          long oldest =
              version >= 11
                  ? ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP
                  : version >= 9
                      ? ListOffsetsRequest.LATEST_TIERED_TIMESTAMP
                      : version == 8
                          ? ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP
                          : version == 7
                              ? ListOffsetsRequest.MAX_TIMESTAMP
                              : ListOffsetsRequest.EARLIEST_TIMESTAMP;
          return new ListOffsetsRequestData()
              .setTopics(
                  List.of(listOffsets(oldest), listOffsets(ListOffsetsRequest.LATEST_TIMESTAMP)));
        });
    samples.put(
        ApiKeys.OFFSET_FOR_LEADER_EPOCH,
        _ -> {
          var topics = new OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection();
          topics.add(
              new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic()
                  .setTopic("t")
                  .setPartitions(
                      List.of(
                          new OffsetForLeaderEpochRequestData.OffsetForLeaderPartition()
                              .setPartition(0)
                              .setLeaderEpoch(0))));
          return new OffsetForLeaderEpochRequestData().setTopics(topics);
        });
    samples.put(
        ApiKeys.DELETE_RECORDS,
        _ ->
            new DeleteRecordsRequestData()
                .setTopics(
                    List.of(
                        new DeleteRecordsRequestData.DeleteRecordsTopic()
                            .setName("t")
                            .setPartitions(
                                List.of(
                                    new DeleteRecordsRequestData.DeleteRecordsPartition()
                                        .setPartitionIndex(0)
                                        .setOffset(0))))));
    samples.put(
        ApiKeys.DESCRIBE_PRODUCERS,
        _ ->
            new DescribeProducersRequestData()
                .setTopics(
                    List.of(
                        new DescribeProducersRequestData.TopicRequest()
                            .setName("t")
                            .setPartitionIndexes(List.of(0)))));
    samples.put(
        ApiKeys.DESCRIBE_TOPIC_PARTITIONS,
        _ ->
            new DescribeTopicPartitionsRequestData()
                .setTopics(
                    List.of(new DescribeTopicPartitionsRequestData.TopicRequest().setName("t")))
                .setResponsePartitionLimit(1));
    samples.put(
        ApiKeys.ALTER_REPLICA_LOG_DIRS,
        _ -> {
          var topics = new AlterReplicaLogDirsRequestData.AlterReplicaLogDirTopicCollection();
          topics.add(
              new AlterReplicaLogDirsRequestData.AlterReplicaLogDirTopic()
                  .setName("t")
                  .setPartitions(List.of(0)));
          var dirs = new AlterReplicaLogDirsRequestData.AlterReplicaLogDirCollection();
          dirs.add(
              new AlterReplicaLogDirsRequestData.AlterReplicaLogDir()
                  .setPath("/elsewhere")
                  .setTopics(topics));
          return new AlterReplicaLogDirsRequestData().setDirs(dirs);
        });
    samples.put(ApiKeys.DESCRIBE_LOG_DIRS, _ -> new DescribeLogDirsRequestData().setTopics(null));
  }

  private static ListOffsetsRequestData.ListOffsetsTopic listOffsets(long timestamp) {
    return new ListOffsetsRequestData.ListOffsetsTopic()
        .setName("t")
        .setPartitions(
            List.of(
                new ListOffsetsRequestData.ListOffsetsPartition()
                    .setPartitionIndex(0)
                    .setTimestamp(timestamp)));
  }

  private void topics() {
    samples.put(
        ApiKeys.API_VERSIONS,
        version ->
            version < 3
                ? new ApiVersionsRequestData()
                : new ApiVersionsRequestData()
                    .setClientSoftwareName("test")
                    .setClientSoftwareVersion("1"));
    samples.put(
        ApiKeys.METADATA,
        version -> {
          var byName = new MetadataRequestData.MetadataRequestTopic().setName("t");
          var byId = new MetadataRequestData.MetadataRequestTopic().setName(null).setTopicId(id);
          return new MetadataRequestData()
              .setTopics(version >= 12 ? List.of(byName, byId) : List.of(byName));
        });
    samples.put(ApiKeys.UNREGISTER_BROKER, _ -> new UnregisterBrokerRequestData().setBrokerId(9));
    samples.put(ApiKeys.DESCRIBE_CLUSTER, _ -> new DescribeClusterRequestData());
    samples.put(
        ApiKeys.CREATE_TOPICS,
        version -> {
          var configs = new CreateTopicsRequestData.CreatableTopicConfigCollection();
          configs.add(
              new CreateTopicsRequestData.CreatableTopicConfig()
                  .setName("retention.ms")
                  .setValue("60000"));
          var topics = new CreateTopicsRequestData.CreatableTopicCollection();
          topics.add(
              new CreateTopicsRequestData.CreatableTopic()
                  .setName("made" + version)
                  .setNumPartitions(version >= 4 ? -1 : 1)
                  .setReplicationFactor((short) (version >= 4 ? -1 : 1))
                  .setConfigs(configs));
          return new CreateTopicsRequestData().setTopics(topics).setTimeoutMs(5_000);
        });
    samples.put(
        ApiKeys.CREATE_PARTITIONS,
        version -> {
          var topics = new CreatePartitionsRequestData.CreatePartitionsTopicCollection();
          topics.add(
              new CreatePartitionsRequestData.CreatePartitionsTopic()
                  .setName("grows")
                  .setCount(3 + version)
                  .setAssignments(null));
          return new CreatePartitionsRequestData().setTopics(topics).setTimeoutMs(5_000);
        });
    samples.put(
        ApiKeys.DELETE_TOPICS,
        version -> {
          String name = "goes" + version;
          return version < 6
              ? new DeleteTopicsRequestData().setTopicNames(List.of(name)).setTimeoutMs(5_000)
              : new DeleteTopicsRequestData()
                  .setTopics(List.of(new DeleteTopicsRequestData.DeleteTopicState().setName(name)))
                  .setTimeoutMs(5_000);
        });
    samples.put(
        ApiKeys.DESCRIBE_CONFIGS,
        _ ->
            new DescribeConfigsRequestData()
                .setIncludeSynonyms(true)
                .setResources(
                    List.of(
                        new DescribeConfigsRequestData.DescribeConfigsResource()
                            .setResourceType(TOPIC)
                            .setResourceName("t")
                            .setConfigurationKeys(null),
                        new DescribeConfigsRequestData.DescribeConfigsResource()
                            .setResourceType(BROKER)
                            .setResourceName("1")
                            .setConfigurationKeys(null))));
    samples.put(
        ApiKeys.INCREMENTAL_ALTER_CONFIGS,
        _ -> {
          var configs = new IncrementalAlterConfigsRequestData.AlterableConfigCollection();
          configs.add(
              new IncrementalAlterConfigsRequestData.AlterableConfig()
                  .setName("retention.ms")
                  .setConfigOperation((byte) 0)
                  .setValue("600000"));
          var resources = new IncrementalAlterConfigsRequestData.AlterConfigsResourceCollection();
          resources.add(
              new IncrementalAlterConfigsRequestData.AlterConfigsResource()
                  .setResourceType(TOPIC)
                  .setResourceName("grows")
                  .setConfigs(configs));
          return new IncrementalAlterConfigsRequestData().setResources(resources);
        });
    samples.put(
        ApiKeys.ALTER_CONFIGS,
        _ -> {
          var configs = new AlterConfigsRequestData.AlterableConfigCollection();
          configs.add(
              new AlterConfigsRequestData.AlterableConfig()
                  .setName("retention.ms")
                  .setValue("700000"));
          var resources = new AlterConfigsRequestData.AlterConfigsResourceCollection();
          resources.add(
              new AlterConfigsRequestData.AlterConfigsResource()
                  .setResourceType(TOPIC)
                  .setResourceName("grows")
                  .setConfigs(configs));
          return new AlterConfigsRequestData().setResources(resources);
        });
    samples.put(ApiKeys.LIST_CONFIG_RESOURCES, _ -> new ListConfigResourcesRequestData());
    samples.put(
        ApiKeys.ELECT_LEADERS,
        _ -> {
          var topics = new ElectLeadersRequestData.TopicPartitionsCollection();
          topics.add(
              new ElectLeadersRequestData.TopicPartitions()
                  .setTopic("t")
                  .setPartitions(List.of(0)));
          return new ElectLeadersRequestData().setTopicPartitions(topics).setTimeoutMs(5_000);
        });
    samples.put(
        ApiKeys.LIST_PARTITION_REASSIGNMENTS, _ -> new ListPartitionReassignmentsRequestData());
    samples.put(
        ApiKeys.ALTER_PARTITION_REASSIGNMENTS,
        _ ->
            new AlterPartitionReassignmentsRequestData()
                .setTopics(
                    List.of(
                        new AlterPartitionReassignmentsRequestData.ReassignableTopic()
                            .setName("t")
                            .setPartitions(
                                List.of(
                                    new AlterPartitionReassignmentsRequestData
                                            .ReassignablePartition()
                                        .setPartitionIndex(0)
                                        .setReplicas(List.of(1)))))));
  }

  private void groups() {
    samples.put(
        ApiKeys.FIND_COORDINATOR,
        version ->
            version < 4
                ? new FindCoordinatorRequestData().setKey("g")
                : new FindCoordinatorRequestData().setCoordinatorKeys(List.of("g", "h")));
    samples.put(
        ApiKeys.JOIN_GROUP,
        version -> {
          var protocols = new JoinGroupRequestData.JoinGroupRequestProtocolCollection();
          protocols.add(
              new JoinGroupRequestData.JoinGroupRequestProtocol()
                  .setName("range")
                  .setMetadata(subscription()));
          return new JoinGroupRequestData()
              .setGroupId("join" + version)
              .setSessionTimeoutMs(10_000)
              .setRebalanceTimeoutMs(10_000)
              .setProtocolType(ConsumerProtocol.PROTOCOL_TYPE)
              .setProtocols(protocols);
        });
    samples.put(
        ApiKeys.SYNC_GROUP,
        version -> {
          var request = new SyncGroupRequestData().setGroupId("none").setMemberId("m");
          return version < 5
              ? request
              : request.setProtocolType(ConsumerProtocol.PROTOCOL_TYPE).setProtocolName("range");
        });
    samples.put(
        ApiKeys.HEARTBEAT, _ -> new HeartbeatRequestData().setGroupId("none").setMemberId("m"));
    samples.put(
        ApiKeys.LEAVE_GROUP,
        version ->
            version < 3
                ? new LeaveGroupRequestData().setGroupId("none").setMemberId("m")
                : new LeaveGroupRequestData()
                    .setGroupId("none")
                    .setMembers(
                        List.of(new LeaveGroupRequestData.MemberIdentity().setMemberId("m"))));
    samples.put(
        ApiKeys.OFFSET_COMMIT,
        version -> {
          var topic = new OffsetCommitRequestData.OffsetCommitRequestTopic();
          var _ = version < 10 ? topic.setName("t") : topic.setTopicId(id);
          topic.setPartitions(
              List.of(
                  new OffsetCommitRequestData.OffsetCommitRequestPartition()
                      .setPartitionIndex(0)
                      .setCommittedOffset(version)
                      .setCommittedMetadata("v" + version)));
          return new OffsetCommitRequestData().setGroupId("g").setTopics(List.of(topic));
        });
    samples.put(ApiKeys.OFFSET_FETCH, this::offsetFetch);
    samples.put(
        ApiKeys.OFFSET_DELETE,
        _ -> {
          var topics = new OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection();
          topics.add(
              new OffsetDeleteRequestData.OffsetDeleteRequestTopic()
                  .setName("t")
                  .setPartitions(
                      List.of(
                          new OffsetDeleteRequestData.OffsetDeleteRequestPartition()
                              .setPartitionIndex(1))));
          return new OffsetDeleteRequestData().setGroupId("g").setTopics(topics);
        });
    samples.put(
        ApiKeys.DESCRIBE_GROUPS, _ -> new DescribeGroupsRequestData().setGroups(List.of("g")));
    samples.put(ApiKeys.LIST_GROUPS, _ -> new ListGroupsRequestData());
    samples.put(
        ApiKeys.DELETE_GROUPS,
        version -> new DeleteGroupsRequestData().setGroupsNames(List.of("gone" + version)));
    samples.put(
        ApiKeys.CONSUMER_GROUP_HEARTBEAT,
        version ->
            new ConsumerGroupHeartbeatRequestData()
                .setGroupId("next" + version)
                .setMemberId(Uuid.randomUuid().toString())
                .setMemberEpoch(0)
                .setRebalanceTimeoutMs(10_000)
                .setSubscribedTopicNames(List.of("t"))
                .setTopicPartitions(List.of()));
    samples.put(
        ApiKeys.CONSUMER_GROUP_DESCRIBE,
        _ -> new ConsumerGroupDescribeRequestData().setGroupIds(List.of("next0")));
    samples.put(
        ApiKeys.STREAMS_GROUP_HEARTBEAT,
        _ ->
            new StreamsGroupHeartbeatRequestData()
                .setGroupId("streams")
                .setMemberId(Uuid.randomUuid().toString())
                .setMemberEpoch(0)
                .setRebalanceTimeoutMs(10_000)
                .setProcessId("p")
                .setClientTags(List.of())
                .setActiveTasks(List.of())
                .setStandbyTasks(List.of())
                .setWarmupTasks(List.of())
                .setTopology(
                    new StreamsGroupHeartbeatRequestData.Topology()
                        .setEpoch(0)
                        .setSubtopologies(
                            List.of(
                                new StreamsGroupHeartbeatRequestData.Subtopology()
                                    .setSubtopologyId("0")
                                    .setSourceTopics(List.of("t"))))));
    samples.put(
        ApiKeys.STREAMS_GROUP_DESCRIBE,
        _ -> new StreamsGroupDescribeRequestData().setGroupIds(List.of("streams")));
  }

  private static byte[] subscription() {
    var buffer =
        ConsumerProtocol.serializeSubscription(
            new org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription(
                List.of("t")));
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private ApiMessage offsetFetch(int version) {
    if (version < 8) {
      return new OffsetFetchRequestData()
          .setGroupId("g")
          .setTopics(
              List.of(
                  new OffsetFetchRequestData.OffsetFetchRequestTopic()
                      .setName("t")
                      .setPartitionIndexes(List.of(0, 1))));
    }
    var topic =
        new OffsetFetchRequestData.OffsetFetchRequestTopics().setPartitionIndexes(List.of(0, 1));
    var _ = version < 10 ? topic.setName("t") : topic.setTopicId(id);
    return new OffsetFetchRequestData()
        .setGroups(
            List.of(
                new OffsetFetchRequestData.OffsetFetchRequestGroup()
                    .setGroupId("g")
                    .setTopics(List.of(topic))));
  }

  private void transactions() {
    samples.put(
        ApiKeys.INIT_PRODUCER_ID,
        version ->
            new InitProducerIdRequestData()
                .setTransactionalId("init" + version)
                .setTransactionTimeoutMs(10_000));
    samples.put(
        ApiKeys.ADD_PARTITIONS_TO_TXN,
        version -> {
          if (version < 4) {
            var topics = new AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection();
            topics.add(
                new AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic()
                    .setName("grows")
                    .setPartitions(List.of(0)));
            return new AddPartitionsToTxnRequestData()
                .setV3AndBelowTransactionalId("tx")
                .setV3AndBelowProducerId(producerId)
                .setV3AndBelowProducerEpoch(producerEpoch)
                .setV3AndBelowTopics(topics);
          }
          var topics = new AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection();
          topics.add(
              new AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic()
                  .setName("grows")
                  .setPartitions(List.of(0)));
          var all = new AddPartitionsToTxnRequestData.AddPartitionsToTxnTransactionCollection();
          all.add(
              new AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction()
                  .setTransactionalId("tx")
                  .setProducerId(producerId)
                  .setProducerEpoch(producerEpoch)
                  .setVerifyOnly(false)
                  .setTopics(topics));
          return new AddPartitionsToTxnRequestData().setTransactions(all);
        });
    samples.put(
        ApiKeys.ADD_OFFSETS_TO_TXN,
        _ ->
            new AddOffsetsToTxnRequestData()
                .setTransactionalId("tx")
                .setProducerId(producerId)
                .setProducerEpoch(producerEpoch)
                .setGroupId("g"));
    samples.put(
        ApiKeys.TXN_OFFSET_COMMIT,
        version ->
            new TxnOffsetCommitRequestData()
                .setTransactionalId("tx")
                .setGroupId("g")
                .setProducerId(producerId)
                .setProducerEpoch(producerEpoch)
                .setTopics(
                    List.of(
                        new TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic()
                            .setName("t")
                            .setPartitions(
                                List.of(
                                    new TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition()
                                        .setPartitionIndex(0)
                                        .setCommittedOffset(version)
                                        .setCommittedMetadata(""))))));
    samples.put(
        ApiKeys.WRITE_TXN_MARKERS,
        _ ->
            new WriteTxnMarkersRequestData()
                .setMarkers(
                    List.of(
                        new WriteTxnMarkersRequestData.WritableTxnMarker()
                            .setProducerId(1_000_000)
                            .setProducerEpoch((short) 1)
                            .setTransactionResult(false)
                            .setCoordinatorEpoch(0)
                            .setTopics(
                                List.of(
                                    new WriteTxnMarkersRequestData.WritableTxnMarkerTopic()
                                        .setName("grows")
                                        .setPartitionIndexes(List.of(0)))))));
    samples.put(
        ApiKeys.END_TXN,
        _ ->
            new EndTxnRequestData()
                .setTransactionalId("tx")
                .setProducerId(producerId)
                .setProducerEpoch(producerEpoch)
                .setCommitted(true));
    samples.put(ApiKeys.LIST_TRANSACTIONS, _ -> new ListTransactionsRequestData());
    samples.put(
        ApiKeys.DESCRIBE_TRANSACTIONS,
        _ -> new DescribeTransactionsRequestData().setTransactionalIds(List.of("tx")));
  }
}
