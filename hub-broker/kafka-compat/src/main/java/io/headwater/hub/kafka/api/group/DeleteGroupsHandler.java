package io.headwater.hub.kafka.api.group;

import io.headwater.hub.kafka.api.ApiHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DeleteGroupsRequest;
import org.apache.kafka.common.requests.DeleteGroupsResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Deletes empty groups. */
public final class DeleteGroupsHandler implements ApiHandler<DeleteGroupsRequest> {
  private final GroupCoordinator groups;

  public DeleteGroupsHandler(GroupCoordinator groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DELETE_GROUPS;
  }

  @Override
  public Class<DeleteGroupsRequest> requestType() {
    return DeleteGroupsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, DeleteGroupsRequest request) {
    return groups
        .deleteGroups(context, request.data().groupsNames(), BufferSupplier.NO_CACHING)
        .thenApply(results ->
            new DeleteGroupsResponse(new DeleteGroupsResponseData().setResults(results)));
  }
}
