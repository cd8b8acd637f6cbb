package io.headwater.hub.kafka.api.group;

import io.headwater.hub.kafka.api.ApiHandler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.OffsetDeleteRequest;
import org.apache.kafka.common.requests.OffsetDeleteResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Deletes committed offsets of single topics. */
public final class OffsetDeleteHandler implements ApiHandler<OffsetDeleteRequest> {
  private final GroupCoordinator groups;

  public OffsetDeleteHandler(GroupCoordinator groups) {
    this.groups = groups;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.OFFSET_DELETE;
  }

  @Override
  public Class<OffsetDeleteRequest> requestType() {
    return OffsetDeleteRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, OffsetDeleteRequest request) {
    return groups
        .deleteOffsets(context, request.data(), BufferSupplier.NO_CACHING)
        .thenApply(OffsetDeleteResponse::new);
  }
}
