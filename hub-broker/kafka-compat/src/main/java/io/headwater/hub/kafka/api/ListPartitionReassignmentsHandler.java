package io.headwater.hub.kafka.api;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ListPartitionReassignmentsRequest;
import org.apache.kafka.common.requests.ListPartitionReassignmentsResponse;
import org.apache.kafka.common.requests.RequestContext;

/** Partitions on the way to other brokers: none, as a move takes no longer than its request. */
public final class ListPartitionReassignmentsHandler
    implements ApiHandler<ListPartitionReassignmentsRequest> {
  @Override
  public ApiKeys key() {
    return ApiKeys.LIST_PARTITION_REASSIGNMENTS;
  }

  @Override
  public Class<ListPartitionReassignmentsRequest> requestType() {
    return ListPartitionReassignmentsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, ListPartitionReassignmentsRequest request) {
    return CompletableFuture.completedFuture(
        new ListPartitionReassignmentsResponse(new ListPartitionReassignmentsResponseData()));
  }
}
