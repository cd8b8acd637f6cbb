package io.headwater.hub.kafka.api.group;

import io.headwater.hub.kafka.api.ApiHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.LeaveGroupRequest;
import org.apache.kafka.common.requests.LeaveGroupResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Lets members of a classic group go. */
public final class LeaveGroupHandler implements ApiHandler<LeaveGroupRequest> {
  private final GroupCoordinator groups;

  public LeaveGroupHandler(GroupCoordinator groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.LEAVE_GROUP;
  }

  @Override
  public Class<LeaveGroupRequest> requestType() {
    return LeaveGroupRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, LeaveGroupRequest request) {
    // Old versions name one member, new ones a list: the coordinator knows lists.
    return groups
        .leaveGroup(context, request.normalizedData())
        .thenApply(data -> new LeaveGroupResponse(data, request.version()));
  }
}
