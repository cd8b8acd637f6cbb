package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.TopicCatalog;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
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
    var wanted = new HashMap<TopicPartition, Optional<List<Integer>>>();
    for (ReassignableTopic topic : request.data().topics()) {
      for (ReassignablePartition one : topic.partitions()) {
        wanted.put(
            new TopicPartition(topic.name(), one.partitionIndex()),
            Optional.ofNullable(one.replicas()));
      }
    }
    return catalog
        .place(wanted, request.data().allowReplicationFactorChange())
        .thenApply(refused -> answer(request, refused));
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
