package io.headwater.hub.kafka.api;

import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.apache.kafka.common.requests.DeleteRecordsResponse;
import org.apache.kafka.common.requests.RequestContext;

/** Deletes the head of partitions. */
public final class DeleteRecordsHandler implements ApiHandler<DeleteRecordsRequest> {
  private final Partitions partitions;

  public DeleteRecordsHandler(Partitions partitions) {
    this.partitions = partitions;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DELETE_RECORDS;
  }

  @Override
  public Class<DeleteRecordsRequest> requestType() {
    return DeleteRecordsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, DeleteRecordsRequest request) {
    var data = new DeleteRecordsResponseData();
    var pending = new ArrayList<CompletableFuture<?>>();
    for (DeleteRecordsTopic topic : request.data().topics()) {
      var result = new DeleteRecordsTopicResult().setName(topic.name());
      for (DeleteRecordsPartition partition : topic.partitions()) {
        var outcome =
            new DeleteRecordsPartitionResult().setPartitionIndex(partition.partitionIndex());
        result.partitions().add(outcome);
        pending.add(
            delete(topic.name(), partition)
                .handle((lowWatermark, failure) ->
                    failure == null
                        ? outcome.setLowWatermark(lowWatermark)
                        : outcome
                            .setLowWatermark(DeleteRecordsResponse.INVALID_LOW_WATERMARK)
                            .setErrorCode(Errorful.of(failure).code())));
      }
      data.topics().add(result);
    }
    return CompletableFuture.allOf(pending.toArray(new CompletableFuture<?>[0]))
        .thenApply(_ -> new DeleteRecordsResponse(data));
  }

  private CompletableFuture<Long> delete(String topic, DeleteRecordsPartition partition) {
    try {
      return partitions
          .serving(new TopicPartition(topic, partition.partitionIndex()))
          .deleteBefore(partition.offset());
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
