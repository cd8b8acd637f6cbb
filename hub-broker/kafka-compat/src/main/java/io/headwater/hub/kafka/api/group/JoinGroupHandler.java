package io.headwater.hub.kafka.api.group;

import io.headwater.hub.kafka.api.ApiHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.JoinGroupRequest;
import org.apache.kafka.common.requests.JoinGroupResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Lets a member into a classic group. */
public final class JoinGroupHandler implements ApiHandler<JoinGroupRequest> {
  private final GroupCoordinator groups;

  public JoinGroupHandler(GroupCoordinator groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.JOIN_GROUP;
  }

  @Override
  public Class<JoinGroupRequest> requestType() {
    return JoinGroupRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, JoinGroupRequest request) {
    return groups
        .joinGroup(context, request.data(), BufferSupplier.NO_CACHING)
        .thenApply(data -> new JoinGroupResponse(data, request.version()));
  }
}
