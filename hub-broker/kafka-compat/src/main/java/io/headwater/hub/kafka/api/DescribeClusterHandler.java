package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeClusterResponse;
import org.apache.kafka.common.requests.RequestContext;

/** Which brokers there are. */
public final class DescribeClusterHandler implements ApiHandler<DescribeClusterRequest> {
  private static final byte BROKERS = 1;

  private final TopicCatalog catalog;
  private final int nodeId;

  public DescribeClusterHandler(TopicCatalog catalog, int nodeId) {
    this.catalog = catalog;
    this.nodeId = nodeId;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DESCRIBE_CLUSTER;
  }

  @Override
  public Class<DescribeClusterRequest> requestType() {
    return DescribeClusterRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, DescribeClusterRequest request) {
    var data = new DescribeClusterResponseData();
    if (request.data().endpointType() != BROKERS) {
      data.setErrorCode(Errors.MISMATCHED_ENDPOINT_TYPE.code())
          .setErrorMessage("this is a broker; there are no controllers to ask");
      return CompletableFuture.completedFuture(new DescribeClusterResponse(data));
    }
    TopicsSnapshot snapshot = catalog.current();
    data.setClusterId(snapshot.clusterId()).setControllerId(catalog.controller().orElse(nodeId));
    for (Broker broker : snapshot.brokers().values()) {
      data.brokers()
          .add(
              new DescribeClusterBroker()
                  .setBrokerId(broker.id())
                  .setHost(broker.host())
                  .setPort(broker.port())
                  .setRack(broker.rack()));
    }
    return CompletableFuture.completedFuture(new DescribeClusterResponse(data));
  }
}
