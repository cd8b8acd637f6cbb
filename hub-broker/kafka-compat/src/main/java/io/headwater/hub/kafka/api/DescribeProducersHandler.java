package io.headwater.hub.kafka.api;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeProducersResponseData.PartitionResponse;
import org.apache.kafka.common.message.DescribeProducersResponseData.TopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DescribeProducersRequest;
import org.apache.kafka.common.requests.DescribeProducersResponse;
import org.apache.kafka.common.requests.RequestContext;

/** Who writes to a partition, and since when a transaction is open there. */
public final class DescribeProducersHandler implements ApiHandler<DescribeProducersRequest> {
  private final Partitions partitions;

  public DescribeProducersHandler(Partitions partitions) {
    this.partitions = partitions;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DESCRIBE_PRODUCERS;
  }

  @Override
  public Class<DescribeProducersRequest> requestType() {
    return DescribeProducersRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, DescribeProducersRequest request) {
    var data = new DescribeProducersResponseData();
    for (TopicRequest topic : request.data().topics()) {
      var response = new TopicResponse().setName(topic.name());
      for (int index : topic.partitionIndexes()) {
        var partition = new PartitionResponse().setPartitionIndex(index);
        try {
          partition.setActiveProducers(
              partitions.serving(new TopicPartition(topic.name(), index)).activeProducers());
        } catch (ApiException e) {
          Errorful error = Errorful.of(e);
          partition.setErrorCode(error.code()).setErrorMessage(error.message());
        }
        response.partitions().add(partition);
      }
      data.topics().add(response);
    }
    return CompletableFuture.completedFuture(new DescribeProducersResponse(data));
  }
}
