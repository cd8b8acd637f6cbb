package io.headwater.hub.kafka.api.group;

import io.headwater.hub.kafka.api.ApiHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DescribeGroupsRequest;
import org.apache.kafka.common.requests.DescribeGroupsResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Describes classic groups. */
public final class DescribeGroupsHandler implements ApiHandler<DescribeGroupsRequest> {
  private final GroupCoordinator groups;

  public DescribeGroupsHandler(GroupCoordinator groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DESCRIBE_GROUPS;
  }

  @Override
  public Class<DescribeGroupsRequest> requestType() {
    return DescribeGroupsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, DescribeGroupsRequest request) {
    return groups
        .describeGroups(context, request.data().groups())
        .thenApply(described ->
            new DescribeGroupsResponse(new DescribeGroupsResponseData().setGroups(described)));
  }
}
