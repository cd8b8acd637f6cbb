package io.headwater.hub.kafka.api.group;

import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Commits offsets. Unknown topics and partitions are refused one by one, the rest is committed. */
public final class OffsetCommitHandler implements ApiHandler<OffsetCommitRequest> {
  private final GroupCoordinator groups;
  private final TopicCatalog catalog;

  public OffsetCommitHandler(GroupCoordinator groups, TopicCatalog catalog) {
    this.groups = groups;
    this.catalog = catalog;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.OFFSET_COMMIT;
  }

  @Override
  public Class<OffsetCommitRequest> requestType() {
    return OffsetCommitRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, OffsetCommitRequest request) {
    boolean byId = OffsetCommitResponse.useTopicIds(request.version());
    TopicsSnapshot snapshot = catalog.current();
    OffsetCommitResponse.Builder refused = OffsetCommitResponse.newBuilder(byId);
    var known = new ArrayList<OffsetCommitRequestTopic>();
    for (OffsetCommitRequestTopic topic : request.data().topics()) {
      Optional<Topic> found = byId ? snapshot.topic(topic.topicId()) : snapshot.topic(topic.name());
      if (found.isEmpty()) {
        refused.addPartitions(
            topic.topicId(),
            topic.name(),
            topic.partitions(),
            OffsetCommitRequestPartition::partitionIndex,
            byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION);
        continue;
      }
      String name = found.get().name();
      var partitions = new ArrayList<OffsetCommitRequestPartition>();
      for (OffsetCommitRequestPartition partition : topic.partitions()) {
        if (snapshot.partition(new TopicPartition(name, partition.partitionIndex())).isPresent()) {
          partitions.add(partition);
        } else {
          refused.addPartition(
              topic.topicId(), name, partition.partitionIndex(), Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
      }
      if (!partitions.isEmpty()) {
        known.add(
            new OffsetCommitRequestTopic()
                .setTopicId(topic.topicId())
                .setName(name)
                .setPartitions(partitions));
      }
    }
    if (known.isEmpty()) {
      return CompletableFuture.completedFuture(refused.build());
    }
    OffsetCommitRequestData data =
        new OffsetCommitRequestData()
            .setGroupId(request.data().groupId())
            .setMemberId(request.data().memberId())
            .setGroupInstanceId(request.data().groupInstanceId())
            .setGenerationIdOrMemberEpoch(request.data().generationIdOrMemberEpoch())
            .setRetentionTimeMs(request.data().retentionTimeMs())
            .setTopics(known);
    return groups
        .commitOffsets(context, data, BufferSupplier.NO_CACHING)
        .thenApply(committed -> refused.merge(committed).build());
  }
}
