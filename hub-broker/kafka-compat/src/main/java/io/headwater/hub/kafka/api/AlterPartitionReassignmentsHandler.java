package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignableTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsRequest;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsResponse;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.RequestContext;

/**
 * Moves of partitions: to where they are is granted, elsewhere there is nothing to move them to.
 */
public final class AlterPartitionReassignmentsHandler
    implements ApiHandler<AlterPartitionReassignmentsRequest> {
  private final TopicCatalog catalog;

  public AlterPartitionReassignmentsHandler(TopicCatalog catalog) {
    this.catalog = catalog;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.ALTER_PARTITION_REASSIGNMENTS;
  }

  @Override
  public Class<AlterPartitionReassignmentsRequest> requestType() {
    return AlterPartitionReassignmentsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, AlterPartitionReassignmentsRequest request) {
    TopicsSnapshot topics = catalog.current();
    var data = new AlterPartitionReassignmentsResponseData();
    for (ReassignableTopic topic : request.data().topics()) {
      var response = new ReassignableTopicResponse().setName(topic.name());
      for (ReassignablePartition wanted : topic.partitions()) {
        ApiError error =
            judge(
                topics.partition(new TopicPartition(topic.name(), wanted.partitionIndex())),
                wanted);
        response
            .partitions()
            .add(
                new ReassignablePartitionResponse()
                    .setPartitionIndex(wanted.partitionIndex())
                    .setErrorCode(error.error().code())
                    .setErrorMessage(error.message()));
      }
      data.responses().add(response);
    }
    return CompletableFuture.completedFuture(new AlterPartitionReassignmentsResponse(data));
  }

  private static ApiError judge(Optional<Partition> partition, ReassignablePartition wanted) {
    if (partition.isEmpty()) {
      return new ApiError(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    }
    if (wanted.replicas() == null) { // the end of a move
      return new ApiError(Errors.NO_REASSIGNMENT_IN_PROGRESS);
    }
    return wanted.replicas().equals(partition.get().replicas())
        ? ApiError.NONE
        : new ApiError(
            Errors.INVALID_REPLICA_ASSIGNMENT,
            "replicas "
                + wanted.replicas()
                + " cannot be had: the partition stays on "
                + partition.get().replicas());
  }
}
