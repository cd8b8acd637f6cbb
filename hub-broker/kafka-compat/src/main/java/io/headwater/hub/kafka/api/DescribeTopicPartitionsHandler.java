package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DescribeTopicPartitionsRequest;
import org.apache.kafka.common.requests.DescribeTopicPartitionsResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.jspecify.annotations.Nullable;

/**
 * Topics and their partitions page by page, in the order of the topics' names (KIP-966).
 *
 * <p>A page begins at the request's cursor and ends with a cursor, unless it is the last.
 */
public final class DescribeTopicPartitionsHandler
    implements ApiHandler<DescribeTopicPartitionsRequest> {
  /** Partitions of the largest page, whatever the request asks for; as in Kafka. */
  static final int LARGEST_PAGE = 2_000;

  private final TopicCatalog catalog;
  private final Partitions partitions;

  public DescribeTopicPartitionsHandler(TopicCatalog catalog, Partitions partitions) {
    this.catalog = catalog;
    this.partitions = partitions;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DESCRIBE_TOPIC_PARTITIONS;
  }

  @Override
  public Class<DescribeTopicPartitionsRequest> requestType() {
    return DescribeTopicPartitionsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, DescribeTopicPartitionsRequest request) {
    DescribeTopicPartitionsRequestData wanted = request.data();
    DescribeTopicPartitionsRequestData.@Nullable Cursor cursor = wanted.cursor();
    if (cursor != null && cursor.partitionIndex() < 0) {
      throw new InvalidRequestException(
          "the cursor's partition " + cursor.partitionIndex() + " is negative");
    }
    TopicsSnapshot snapshot = catalog.current();
    boolean all = wanted.topics().isEmpty();
    SortedSet<String> names = all ? new TreeSet<>(snapshot.topics().keySet()) : named(wanted);
    if (cursor != null) {
      names = names.tailSet(cursor.topicName());
    }
    int left = Math.max(1, Math.min(LARGEST_PAGE, wanted.responsePartitionLimit()));
    var data = new DescribeTopicPartitionsResponseData();
    for (String name : names) {
      if (left == 0) {
        data.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(0));
        break;
      }
      var topic = snapshot.topic(name);
      if (topic.isEmpty()) {
        data.topics().add(unknown(name));
        continue;
      }
      int from = cursor != null && cursor.topicName().equals(name) ? cursor.partitionIndex() : 0;
      int total = topic.get().partitions().size();
      int to = Math.min(total, from + left);
      data.topics().add(describe(topic.get(), from, to));
      left -= Math.max(0, to - from);
      if (to < total) {
        data.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(to));
        break;
      }
    }
    return CompletableFuture.completedFuture(new DescribeTopicPartitionsResponse(data));
  }

  private static SortedSet<String> named(DescribeTopicPartitionsRequestData wanted) {
    var names = new TreeSet<String>();
    wanted.topics().forEach(topic -> names.add(topic.name()));
    return names;
  }

  private static DescribeTopicPartitionsResponseTopic unknown(String name) {
    Errors error = Errors.UNKNOWN_TOPIC_OR_PARTITION;
    try {
      org.apache.kafka.common.internals.Topic.validate(name);
    } catch (InvalidTopicException _) {
      error = Errors.INVALID_TOPIC_EXCEPTION;
    }
    return new DescribeTopicPartitionsResponseTopic().setName(name).setErrorCode(error.code());
  }

  private DescribeTopicPartitionsResponseTopic describe(Topic topic, int from, int to) {
    var described = new ArrayList<DescribeTopicPartitionsResponsePartition>();
    for (int index = from; index < to; index++) {
      described.add(describe(topic.name(), topic.partitions().get(index)));
    }
    return new DescribeTopicPartitionsResponseTopic()
        .setName(topic.name())
        .setTopicId(topic.id())
        .setIsInternal(topic.isInternal())
        .setPartitions(described);
  }

  private DescribeTopicPartitionsResponsePartition describe(String topic, Partition partition) {
    Partitions.Seen seen = partitions.see(topic, partition);
    return new DescribeTopicPartitionsResponsePartition()
        .setErrorCode(seen.error().code())
        .setPartitionIndex(partition.index())
        .setLeaderId(seen.leader())
        .setLeaderEpoch(partition.leaderEpoch())
        .setReplicaNodes(partition.replicas())
        .setIsrNodes(seen.inSync())
        .setEligibleLeaderReplicas(List.of())
        .setLastKnownElr(List.of())
        .setOfflineReplicas(seen.offline());
  }
}
