package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.log.PartitionLog;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochRequest;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochResponse;
import org.apache.kafka.common.requests.RequestContext;

/** Where leader epochs ended: consumers ask it to notice a truncated log. */
public final class OffsetForLeaderEpochHandler implements ApiHandler<OffsetsForLeaderEpochRequest> {
  private final Partitions partitions;

  public OffsetForLeaderEpochHandler(Partitions partitions) {
    this.partitions = partitions;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.OFFSET_FOR_LEADER_EPOCH;
  }

  @Override
  public Class<OffsetsForLeaderEpochRequest> requestType() {
    return OffsetsForLeaderEpochRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, OffsetsForLeaderEpochRequest request) {
    var data = new OffsetForLeaderEpochResponseData();
    for (OffsetForLeaderTopic topic : request.data().topics()) {
      var result = new OffsetForLeaderTopicResult().setTopic(topic.topic());
      for (OffsetForLeaderPartition partition : topic.partitions()) {
        result.partitions().add(find(topic.topic(), partition));
      }
      data.topics().add(result);
    }
    return CompletableFuture.completedFuture(new OffsetsForLeaderEpochResponse(data));
  }

  private EpochEndOffset find(String topic, OffsetForLeaderPartition wanted) {
    var end = new EpochEndOffset().setPartition(wanted.partition());
    try {
      PartitionLog log =
          partitions.serving(
              new TopicPartition(topic, wanted.partition()), wanted.currentLeaderEpoch());
      log.endOffsetForEpoch(wanted.leaderEpoch())
          .ifPresent(
              found -> end.setLeaderEpoch(found.leaderEpoch()).setEndOffset(found.endOffset()));
    } catch (ApiException e) {
      end.setErrorCode(Errors.forException(e).code());
    }
    return end;
  }
}
