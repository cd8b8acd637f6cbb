package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.TopicCatalog;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DeleteTopicsResponse;
import org.apache.kafka.common.requests.RequestContext;

/** Deletes topics, by name or id. */
public final class DeleteTopicsHandler implements ApiHandler<DeleteTopicsRequest> {
  private final TopicCatalog catalog;
  private final Partitions partitions;

  public DeleteTopicsHandler(TopicCatalog catalog, Partitions partitions) {
    this.catalog = catalog;
    this.partitions = partitions;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DELETE_TOPICS;
  }

  @Override
  public Class<DeleteTopicsRequest> requestType() {
    return DeleteTopicsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, DeleteTopicsRequest request) {
    var data = new DeleteTopicsResponseData();
    var pending = new ArrayList<CompletableFuture<?>>();
    for (DeleteTopicState topic : request.topics()) {
      var result = new DeletableTopicResult().setName(topic.name()).setTopicId(topic.topicId());
      data.responses().add(result);
      pending.add(
          delete(topic, result)
              .handle((_, failure) ->
                  failure == null
                      ? result
                      : result
                          .setErrorCode(Errorful.of(failure).code())
                          .setErrorMessage(Errorful.of(failure).message())));
    }
    return CompletableFuture.allOf(pending.toArray(new CompletableFuture<?>[0]))
        .thenApply(_ -> new DeleteTopicsResponse(data));
  }

  private CompletableFuture<?> delete(DeleteTopicState topic, DeletableTopicResult result) {
    try {
      String name = partitions.name(topic.topicId(), topic.name());
      if (Topic.isInternal(name)) {
        throw new InvalidTopicException(name + " belongs to the hub and cannot be deleted");
      }
      result.setName(name);
      if (Uuid.ZERO_UUID.equals(topic.topicId())) {
        partitions.topic(name).ifPresent(known -> result.setTopicId(known.id()));
      }
      return catalog.delete(name);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
