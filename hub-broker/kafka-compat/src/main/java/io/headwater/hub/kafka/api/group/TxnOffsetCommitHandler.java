package io.headwater.hub.kafka.api.group;

import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.TxnOffsetCommitRequest;
import org.apache.kafka.common.requests.TxnOffsetCommitResponse;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Commits offsets as part of a transaction. */
public final class TxnOffsetCommitHandler implements ApiHandler<TxnOffsetCommitRequest> {
  private final GroupCoordinator groups;
  private final TopicCatalog catalog;

  public TxnOffsetCommitHandler(GroupCoordinator groups, TopicCatalog catalog) {
    this.groups = groups;
    this.catalog = catalog;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.TXN_OFFSET_COMMIT;
  }

  @Override
  public Class<TxnOffsetCommitRequest> requestType() {
    return TxnOffsetCommitRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, TxnOffsetCommitRequest request) {
    TopicsSnapshot snapshot = catalog.current();
    var refused = new TxnOffsetCommitResponse.Builder();
    var known = new ArrayList<TxnOffsetCommitRequestTopic>();
    for (TxnOffsetCommitRequestTopic topic : request.data().topics()) {
      var partitions = new ArrayList<TxnOffsetCommitRequestPartition>();
      for (TxnOffsetCommitRequestPartition partition : topic.partitions()) {
        if (snapshot
            .partition(new TopicPartition(topic.name(), partition.partitionIndex()))
            .isPresent()) {
          partitions.add(partition);
        } else {
          refused.addPartition(
              topic.name(), partition.partitionIndex(), Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
      }
      if (!partitions.isEmpty()) {
        known.add(
            new TxnOffsetCommitRequestTopic().setName(topic.name()).setPartitions(partitions));
      }
    }
    if (known.isEmpty()) {
      return CompletableFuture.completedFuture(refused.build());
    }
    TxnOffsetCommitRequestData data = request.data().duplicate().setTopics(known);
    return groups
        .commitTransactionalOffsets(context, data, BufferSupplier.NO_CACHING)
        .thenApply(committed -> refused.merge(committed).build());
  }
}
