package io.headwater.hub.kafka.api.group;

import io.headwater.hub.kafka.api.ApiHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.StreamsGroupDescribeRequest;
import org.apache.kafka.common.requests.StreamsGroupDescribeResponse;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Describes streams groups (KIP-1071). */
public final class StreamsGroupDescribeHandler implements ApiHandler<StreamsGroupDescribeRequest> {
  private final GroupCoordinator groups;

  public StreamsGroupDescribeHandler(GroupCoordinator groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.STREAMS_GROUP_DESCRIBE;
  }

  @Override
  public Class<StreamsGroupDescribeRequest> requestType() {
    return StreamsGroupDescribeRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, StreamsGroupDescribeRequest request) {
    return groups
        .streamsGroupDescribe(context, request.data().groupIds())
        .thenApply(described ->
            new StreamsGroupDescribeResponse(
                new StreamsGroupDescribeResponseData().setGroups(described)));
  }
}
