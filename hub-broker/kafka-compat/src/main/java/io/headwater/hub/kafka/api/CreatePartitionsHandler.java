package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.TopicCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.CreatePartitionsRequest;
import org.apache.kafka.common.requests.CreatePartitionsResponse;
import org.apache.kafka.common.requests.RequestContext;

/** Adds partitions to topics, on brokers that the request names or that the hub chooses. */
public final class CreatePartitionsHandler implements ApiHandler<CreatePartitionsRequest> {
  private final TopicCatalog catalog;

  public CreatePartitionsHandler(TopicCatalog catalog) {
    this.catalog = catalog;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.CREATE_PARTITIONS;
  }

  @Override
  public Class<CreatePartitionsRequest> requestType() {
    return CreatePartitionsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, CreatePartitionsRequest request) {
    var data = new CreatePartitionsResponseData();
    var pending = new ArrayList<CompletableFuture<?>>();
    for (CreatePartitionsTopic topic : request.data().topics()) {
      var result = new CreatePartitionsTopicResult().setName(topic.name());
      data.results().add(result);
      pending.add(
          catalog
              .createPartitions(
                  topic.name(), topic.count(), replicas(topic), request.data().validateOnly())
              .handle((_, failure) ->
                  failure == null
                      ? result
                      : result
                          .setErrorCode(Errorful.of(failure).code())
                          .setErrorMessage(Errorful.of(failure).message())));
    }
    return CompletableFuture.allOf(pending.toArray(new CompletableFuture<?>[0]))
        .thenApply(_ -> new CreatePartitionsResponse(data));
  }

  /** What the request chooses for each partition; nothing if it leaves that to the hub. */
  private static List<List<Integer>> replicas(CreatePartitionsTopic topic) {
    return topic.assignments() == null
        ? List.of()
        : topic.assignments().stream().map(CreatePartitionsAssignment::brokerIds).toList();
  }
}
