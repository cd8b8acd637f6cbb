package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitions;
import org.apache.kafka.common.message.ElectLeadersResponseData.PartitionResult;
import org.apache.kafka.common.message.ElectLeadersResponseData.ReplicaElectionResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.ElectLeadersRequest;
import org.apache.kafka.common.requests.ElectLeadersResponse;
import org.apache.kafka.common.requests.RequestContext;

/** Elections of leaders: where each partition has one replica, it leads already. */
public final class ElectLeadersHandler implements ApiHandler<ElectLeadersRequest> {
  private final TopicCatalog catalog;

  public ElectLeadersHandler(TopicCatalog catalog) {
    this.catalog = catalog;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.ELECT_LEADERS;
  }

  @Override
  public Class<ElectLeadersRequest> requestType() {
    return ElectLeadersRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, ElectLeadersRequest request) {
    TopicsSnapshot topics = catalog.current();
    // None named means all, and answers only for those that took part in an election.
    List<ReplicaElectionResult> results =
        request.data().topicPartitions() == null
            ? List.of()
            : request.data().topicPartitions().stream()
                .map(topic -> decline(topics, topic))
                .toList();
    return CompletableFuture.completedFuture(
        new ElectLeadersResponse(0, Errors.NONE.code(), results, request.version()));
  }

  private static ReplicaElectionResult decline(TopicsSnapshot topics, TopicPartitions topic) {
    var result = new ReplicaElectionResult().setTopic(topic.topic());
    for (int index : topic.partitions()) {
      boolean known = topics.partition(new TopicPartition(topic.topic(), index)).isPresent();
      var error =
          new ApiError(known ? Errors.ELECTION_NOT_NEEDED : Errors.UNKNOWN_TOPIC_OR_PARTITION);
      result
          .partitionResult()
          .add(
              new PartitionResult()
                  .setPartitionId(index)
                  .setErrorCode(error.error().code())
                  .setErrorMessage(error.messageWithFallback()));
    }
    return result;
  }
}
