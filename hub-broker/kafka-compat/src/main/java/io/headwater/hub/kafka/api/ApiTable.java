package io.headwater.hub.kafka.api;

import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * The pinned versions of the protocol.
 *
 * <p>Raising one is a decision: a new version may carry meaning that a handler must know (version 6
 * of TxnOffsetCommit names topics by id). What is announced is this table, cut down to the APIs
 * that have a handler.
 */
public final class ApiTable {
  /**
   * @param oldest announced version
   * @param latest announced version
   */
  public record Versions(int oldest, int latest) {}

  private static final Map<ApiKeys, Versions> PINNED = new EnumMap<>(ApiKeys.class);

  static {
    // 0 to 2 cannot be parsed any more and are refused; librdkafka compresses only if 0 is
    // announced.
    pin(ApiKeys.PRODUCE, 0, 13);
    pin(ApiKeys.FETCH, 4, 18);
    pin(ApiKeys.LIST_OFFSETS, 1, 11);
    pin(ApiKeys.METADATA, 0, 13);
    pin(ApiKeys.OFFSET_COMMIT, 2, 10);
    pin(ApiKeys.OFFSET_FETCH, 1, 10);
    pin(ApiKeys.FIND_COORDINATOR, 0, 6);
    pin(ApiKeys.JOIN_GROUP, 0, 9);
    pin(ApiKeys.HEARTBEAT, 0, 4);
    pin(ApiKeys.LEAVE_GROUP, 0, 5);
    pin(ApiKeys.SYNC_GROUP, 0, 5);
    pin(ApiKeys.DESCRIBE_GROUPS, 0, 6);
    pin(ApiKeys.LIST_GROUPS, 0, 5);
    pin(ApiKeys.API_VERSIONS, 0, 4);
    pin(ApiKeys.CREATE_TOPICS, 2, 7);
    pin(ApiKeys.DELETE_TOPICS, 1, 6);
    pin(ApiKeys.DELETE_RECORDS, 0, 2);
    pin(ApiKeys.INIT_PRODUCER_ID, 0, 5); // 6 is two-phase commit, not announced by Kafka either
    pin(ApiKeys.OFFSET_FOR_LEADER_EPOCH, 2, 4);
    pin(ApiKeys.ADD_PARTITIONS_TO_TXN, 0, 5);
    pin(ApiKeys.ADD_OFFSETS_TO_TXN, 0, 4);
    pin(ApiKeys.END_TXN, 0, 5);
    pin(ApiKeys.WRITE_TXN_MARKERS, 1, 2);
    pin(ApiKeys.TXN_OFFSET_COMMIT, 0, 5);
    pin(ApiKeys.DESCRIBE_CONFIGS, 1, 4);
    pin(ApiKeys.ALTER_CONFIGS, 0, 2);
    pin(ApiKeys.ALTER_REPLICA_LOG_DIRS, 1, 2);
    pin(ApiKeys.DESCRIBE_LOG_DIRS, 1, 5);
    pin(ApiKeys.CREATE_PARTITIONS, 0, 3);
    pin(ApiKeys.DELETE_GROUPS, 0, 2);
    pin(ApiKeys.ELECT_LEADERS, 0, 2);
    pin(ApiKeys.INCREMENTAL_ALTER_CONFIGS, 0, 1);
    pin(ApiKeys.ALTER_PARTITION_REASSIGNMENTS, 0, 1);
    pin(ApiKeys.LIST_PARTITION_REASSIGNMENTS, 0, 0);
    pin(ApiKeys.OFFSET_DELETE, 0, 0);
    pin(ApiKeys.DESCRIBE_CLUSTER, 0, 2);
    pin(ApiKeys.UNREGISTER_BROKER, 0, 0);
    pin(ApiKeys.DESCRIBE_PRODUCERS, 0, 0);
    pin(ApiKeys.DESCRIBE_TRANSACTIONS, 0, 0);
    pin(ApiKeys.LIST_TRANSACTIONS, 0, 2);
    pin(ApiKeys.CONSUMER_GROUP_HEARTBEAT, 0, 1);
    pin(ApiKeys.CONSUMER_GROUP_DESCRIBE, 0, 1);
    pin(ApiKeys.LIST_CONFIG_RESOURCES, 0, 1);
    pin(ApiKeys.DESCRIBE_TOPIC_PARTITIONS, 0, 0);
    pin(ApiKeys.STREAMS_GROUP_HEARTBEAT, 0, 0);
    pin(ApiKeys.STREAMS_GROUP_DESCRIBE, 0, 0);
  }

  private ApiTable() {}

  private static void pin(ApiKeys key, int oldest, int latest) {
    PINNED.put(key, new Versions(oldest, latest));
  }

  static Map<ApiKeys, Versions> pinned() {
    return Map.copyOf(PINNED);
  }

  /** Whether the version of the API is served. */
  static boolean serves(ApiKeys key, short version) {
    Versions versions = PINNED.get(key);
    return versions != null && version >= versions.oldest() && version <= versions.latest();
  }

  /** What ApiVersions tells of the APIs that have a handler. */
  static ApiVersionsResponseData.ApiVersionCollection announced(Collection<ApiKeys> served) {
    var announced = new ApiVersionsResponseData.ApiVersionCollection();
    PINNED.forEach((key, versions) -> {
      if (served.contains(key)) {
        announced.add(
            new ApiVersionsResponseData.ApiVersion()
                .setApiKey(key.id)
                .setMinVersion((short) versions.oldest())
                .setMaxVersion((short) versions.latest()));
      }
    });
    return announced;
  }
}
