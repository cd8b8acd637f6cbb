package io.headwater.hub.kafka.api.group;

import io.headwater.hub.kafka.api.ApiHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.HeartbeatRequest;
import org.apache.kafka.common.requests.HeartbeatResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Keeps a member of a classic group alive. */
public final class HeartbeatHandler implements ApiHandler<HeartbeatRequest> {
  private final GroupCoordinator groups;

  public HeartbeatHandler(GroupCoordinator groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.HEARTBEAT;
  }

  @Override
  public Class<HeartbeatRequest> requestType() {
    return HeartbeatRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, HeartbeatRequest request) {
    return groups.heartbeat(context, request.data()).thenApply(HeartbeatResponse::new);
  }
}
