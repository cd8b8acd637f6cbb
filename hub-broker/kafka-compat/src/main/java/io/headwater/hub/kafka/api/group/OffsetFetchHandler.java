package io.headwater.hub.kafka.api.group;

import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/** Tells committed offsets. One that was never committed is -1 without an error. */
public final class OffsetFetchHandler implements ApiHandler<OffsetFetchRequest> {
  private final GroupCoordinator groups;
  private final TopicCatalog catalog;

  public OffsetFetchHandler(GroupCoordinator groups, TopicCatalog catalog) {
    this.groups = groups;
    this.catalog = catalog;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.OFFSET_FETCH;
  }

  @Override
  public Class<OffsetFetchRequest> requestType() {
    return OffsetFetchRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, OffsetFetchRequest request) {
    boolean byId = OffsetFetchRequest.useTopicIds(request.version());
    var answers = new ArrayList<CompletableFuture<OffsetFetchResponseGroup>>();
    for (OffsetFetchRequestGroup group : request.groups()) {
      answers.add(fetch(context, request, group, byId));
    }
    return CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0]))
        .thenApply(_ ->
            new OffsetFetchResponse.Builder(answers.stream().map(CompletableFuture::join).toList())
                .build(request.version()));
  }

  private CompletableFuture<OffsetFetchResponseGroup> fetch(
      RequestContext context,
      OffsetFetchRequest request,
      OffsetFetchRequestGroup group,
      boolean byId) {
    TopicsSnapshot snapshot = catalog.current();
    boolean stable = request.requireStable();
    if (group.topics() == null) {
      return groups
          .fetchOffsets(context, group, stable)
          .exceptionally(failure -> error(request, group, failure))
          .thenApply(answer -> byId ? withIds(answer, snapshot) : answer);
    }
    var unknown = new ArrayList<OffsetFetchResponseTopics>();
    OffsetFetchRequestGroup known = group;
    if (byId) {
      known = group.duplicate().setTopics(new ArrayList<>());
      for (OffsetFetchRequestTopics topic : group.topics()) {
        Optional<Topic> found = snapshot.topic(topic.topicId());
        if (found.isPresent()) {
          known.topics().add(topic.duplicate().setName(found.get().name()));
        } else {
          unknown.add(unknownId(topic));
        }
      }
    }
    return groups
        .fetchOffsets(context, known, stable)
        .exceptionally(failure -> error(request, group, failure))
        .thenApply(answer -> {
          if (!byId || answer.errorCode() != Errors.NONE.code()) {
            return answer;
          }
          var topics = new ArrayList<>(withIds(answer, snapshot).topics());
          topics.addAll(unknown);
          return answer.setTopics(topics);
        });
  }

  private static OffsetFetchResponseGroup error(
      OffsetFetchRequest request, OffsetFetchRequestGroup group, Throwable failure) {
    return OffsetFetchResponse.groupError(group, Errors.forException(failure), request.version());
  }

  /** Topics by id; one that was deleted meanwhile has none and is left out. */
  private static OffsetFetchResponseGroup withIds(
      OffsetFetchResponseGroup answer, TopicsSnapshot snapshot) {
    List<OffsetFetchResponseTopics> topics = new ArrayList<>();
    for (OffsetFetchResponseTopics topic : answer.topics()) {
      snapshot.topic(topic.name()).ifPresent(found -> topics.add(topic.setTopicId(found.id())));
    }
    return answer.setTopics(topics);
  }

  private static OffsetFetchResponseTopics unknownId(OffsetFetchRequestTopics topic) {
    return new OffsetFetchResponseTopics()
        .setTopicId(topic.topicId())
        .setPartitions(
            topic.partitionIndexes().stream()
                .map(index ->
                    new OffsetFetchResponsePartitions()
                        .setPartitionIndex(index)
                        .setErrorCode(Errors.UNKNOWN_TOPIC_ID.code())
                        .setCommittedOffset(OffsetFetchResponse.INVALID_OFFSET))
                .toList());
  }
}
