package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.log.PartitionLog;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.apache.kafka.common.requests.RequestContext;

/** Offsets by time, and the ends of partitions. */
public final class ListOffsetsHandler implements ApiHandler<ListOffsetsRequest> {
  /** From this version a response may name the leader epoch. */
  private static final int FIRST_WITH_EPOCH = 4;

  private final Partitions partitions;

  public ListOffsetsHandler(Partitions partitions) {
    this.partitions = partitions;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.LIST_OFFSETS;
  }

  @Override
  public Class<ListOffsetsRequest> requestType() {
    return ListOffsetsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, ListOffsetsRequest request) {
    var data = new ListOffsetsResponseData();
    for (ListOffsetsTopic topic : request.topics()) {
      var response = new ListOffsetsTopicResponse().setName(topic.name());
      for (ListOffsetsPartition partition : topic.partitions()) {
        response
            .partitions()
            .add(
                find(
                    new TopicPartition(topic.name(), partition.partitionIndex()),
                    partition,
                    request.isolationLevel(),
                    context.apiVersion()));
      }
      data.topics().add(response);
    }
    return CompletableFuture.completedFuture(new ListOffsetsResponse(data));
  }

  private ListOffsetsPartitionResponse find(
      TopicPartition partition,
      ListOffsetsPartition wanted,
      IsolationLevel isolation,
      int version) {
    var response =
        new ListOffsetsPartitionResponse()
            .setPartitionIndex(wanted.partitionIndex())
            .setTimestamp(ListOffsetsResponse.UNKNOWN_TIMESTAMP)
            .setOffset(ListOffsetsResponse.UNKNOWN_OFFSET);
    try {
      PartitionLog log = partitions.serving(partition, wanted.currentLeaderEpoch());
      log.offsetForTimestamp(wanted.timestamp(), isolation)
          .ifPresent(found -> {
            response.setTimestamp(found.timestampMs()).setOffset(found.offset());
            if (version >= FIRST_WITH_EPOCH) {
              response.setLeaderEpoch(found.leaderEpoch());
            }
          });
    } catch (ApiException e) {
      response.setErrorCode(Errors.forException(e).code());
    }
    return response;
  }
}
