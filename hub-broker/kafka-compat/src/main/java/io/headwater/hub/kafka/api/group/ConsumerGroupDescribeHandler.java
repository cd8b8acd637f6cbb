package io.headwater.hub.kafka.api.group;

import io.headwater.hub.kafka.api.ApiHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ConsumerGroupDescribeRequest;
import org.apache.kafka.common.requests.ConsumerGroupDescribeResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Describes consumer groups (KIP-848). */
public final class ConsumerGroupDescribeHandler
    implements ApiHandler<ConsumerGroupDescribeRequest> {
  private final GroupCoordinator groups;

  public ConsumerGroupDescribeHandler(GroupCoordinator groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.CONSUMER_GROUP_DESCRIBE;
  }

  @Override
  public Class<ConsumerGroupDescribeRequest> requestType() {
    return ConsumerGroupDescribeRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, ConsumerGroupDescribeRequest request) {
    return groups
        .consumerGroupDescribe(context, request.data().groupIds())
        .thenApply(described ->
            new ConsumerGroupDescribeResponse(
                new ConsumerGroupDescribeResponseData().setGroups(described)));
  }
}
