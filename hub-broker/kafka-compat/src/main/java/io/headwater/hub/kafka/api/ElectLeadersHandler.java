package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
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
import org.jspecify.annotations.Nullable;

/**
 * Elections of leaders: the first of the replicas is to lead, or (unclean) anybody where nobody
 * does. The second loses nothing, as no broker lags behind.
 */
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
    ElectionType type;
    try {
      type = ElectionType.valueOf(request.data().electionType());
    } catch (IllegalArgumentException _) {
      throw new InvalidRequestException("Unknown election type " + request.data().electionType());
    }
    Set<TopicPartition> named = named(request);
    Collection<TopicPartition> wanted = named == null ? all(catalog.current()) : named;
    return catalog
        .elect(type, wanted)
        .handle((refused, failure) -> answer(request, wanted, named == null, refused, failure));
  }

  /** Null for all that there are. */
  private static @Nullable Set<TopicPartition> named(ElectLeadersRequest request) {
    if (request.data().topicPartitions() == null) {
      return null;
    }
    var named = new LinkedHashSet<TopicPartition>();
    for (TopicPartitions topic : request.data().topicPartitions()) {
      topic.partitions().forEach(index -> named.add(new TopicPartition(topic.topic(), index)));
    }
    return named;
  }

  private static List<TopicPartition> all(TopicsSnapshot snapshot) {
    return snapshot.topics().values().stream()
        .flatMap(topic ->
            topic.partitions().stream()
                .map(partition -> new TopicPartition(topic.name(), partition.index())))
        .toList();
  }

  /** Who asks for all hears only of those that took part in an election. */
  private static AbstractResponse answer(
      ElectLeadersRequest request,
      Collection<TopicPartition> wanted,
      boolean all,
      @Nullable Map<TopicPartition, ApiException> refused,
      @Nullable Throwable failure) {
    var results = new LinkedHashMap<String, ReplicaElectionResult>();
    for (TopicPartition partition : wanted) {
      @Nullable Throwable reason = refused == null ? failure : refused.get(partition);
      ApiError error = reason == null ? ApiError.NONE : ApiError.fromThrowable(reason);
      if (all && error.is(Errors.ELECTION_NOT_NEEDED)) {
        continue;
      }
      results
          .computeIfAbsent(partition.topic(), topic -> new ReplicaElectionResult().setTopic(topic))
          .partitionResult()
          .add(
              new PartitionResult()
                  .setPartitionId(partition.partition())
                  .setErrorCode(error.error().code())
                  .setErrorMessage(error.messageWithFallback()));
    }
    return new ElectLeadersResponse(
        0, Errors.NONE.code(), List.copyOf(results.values()), request.version());
  }
}
