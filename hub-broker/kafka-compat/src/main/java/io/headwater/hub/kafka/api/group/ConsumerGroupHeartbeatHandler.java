package io.headwater.hub.kafka.api.group;

import io.headwater.hub.kafka.api.ApiHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatRequest;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** The one API of consumer groups whose assignment the broker makes (KIP-848). */
public final class ConsumerGroupHeartbeatHandler
    implements ApiHandler<ConsumerGroupHeartbeatRequest> {
  private final GroupCoordinator groups;

  public ConsumerGroupHeartbeatHandler(GroupCoordinator groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.CONSUMER_GROUP_HEARTBEAT;
  }

  @Override
  public Class<ConsumerGroupHeartbeatRequest> requestType() {
    return ConsumerGroupHeartbeatRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, ConsumerGroupHeartbeatRequest request) {
    return groups
        .consumerGroupHeartbeat(context, request.data())
        .thenApply(ConsumerGroupHeartbeatResponse::new);
  }
}
