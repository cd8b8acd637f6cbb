package io.headwater.hub.kafka.api.group;

import io.headwater.hub.kafka.api.ApiHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.SyncGroupRequest;
import org.apache.kafka.common.requests.SyncGroupResponse;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Hands out the assignment of a classic group. */
public final class SyncGroupHandler implements ApiHandler<SyncGroupRequest> {
  private final GroupCoordinator groups;

  public SyncGroupHandler(GroupCoordinator groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.SYNC_GROUP;
  }

  @Override
  public Class<SyncGroupRequest> requestType() {
    return SyncGroupRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, SyncGroupRequest request) {
    return groups
        .syncGroup(context, request.data(), BufferSupplier.NO_CACHING)
        .thenApply(SyncGroupResponse::new);
  }
}
