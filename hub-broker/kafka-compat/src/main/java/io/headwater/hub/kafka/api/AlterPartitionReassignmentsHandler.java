package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.NoReassignmentInProgressException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignableTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsRequest;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsResponse;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.RequestContext;

/**
 * Moves of partitions to other brokers: done at once, as all brokers reach all records. A hub of
 * one node has none to move them to.
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
    boolean mayDiffer = request.data().allowReplicationFactorChange();
    var refused = new HashMap<TopicPartition, ApiException>();
    var wanted = new HashMap<TopicPartition, List<Integer>>();
    for (ReassignableTopic topic : request.data().topics()) {
      for (ReassignablePartition one : topic.partitions()) {
        var name = new TopicPartition(topic.name(), one.partitionIndex());
        Optional<ApiException> reason = judge(topics.partition(name), one, mayDiffer);
        if (reason.isPresent()) {
          refused.put(name, reason.get());
        } else {
          wanted.put(name, List.copyOf(one.replicas()));
        }
      }
    }
    return catalog
        .place(wanted)
        .thenApply(more -> {
          refused.putAll(more);
          return answer(request, refused);
        });
  }

  /** What the catalog does not look at. */
  private static Optional<ApiException> judge(
      Optional<Partition> partition, ReassignablePartition wanted, boolean mayDiffer) {
    if (partition.isPresent() && wanted.replicas() == null) { // the end of a move
      return Optional.of(
          new NoReassignmentInProgressException("No move takes longer than its request."));
    }
    if (partition.isPresent()
        && !mayDiffer
        && wanted.replicas().size() != partition.get().replicas().size()) {
      return Optional.of(
          new InvalidReplicationFactorException(
              "replicas %s are not as many as before, %s"
                  .formatted(wanted.replicas(), partition.get().replicas())));
    }
    return partition.isEmpty()
        ? Optional.of(new UnknownTopicOrPartitionException("There is no such partition."))
        : Optional.empty();
  }

  private static AbstractResponse answer(
      AlterPartitionReassignmentsRequest request, Map<TopicPartition, ApiException> refused) {
    var data = new AlterPartitionReassignmentsResponseData();
    for (ReassignableTopic topic : request.data().topics()) {
      var response = new ReassignableTopicResponse().setName(topic.name());
      for (ReassignablePartition one : topic.partitions()) {
        ApiException reason = refused.get(new TopicPartition(topic.name(), one.partitionIndex()));
        ApiError error = reason == null ? ApiError.NONE : ApiError.fromThrowable(reason);
        response
            .partitions()
            .add(
                new ReassignablePartitionResponse()
                    .setPartitionIndex(one.partitionIndex())
                    .setErrorCode(error.error().code())
                    .setErrorMessage(error.message()));
      }
      data.responses().add(response);
    }
    return new AlterPartitionReassignmentsResponse(data);
  }
}
