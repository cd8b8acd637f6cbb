package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeClusterResponse;
import org.apache.kafka.common.requests.RequestContext;

/** Which brokers there are, and on demand those that are gone and expected back. */
public final class DescribeClusterHandler implements ApiHandler<DescribeClusterRequest> {
  private static final byte BROKERS = 1;

  private final TopicCatalog catalog;
  private final IntSupplier controller;

  /**
   * @param controller who gives partitions to brokers; -1 if that is not known
   */
  public DescribeClusterHandler(TopicCatalog catalog, IntSupplier controller) {
    this.catalog = catalog;
    this.controller = controller;
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
    data.setClusterId(snapshot.clusterId()).setControllerId(controller.getAsInt());
    snapshot.brokers().values().forEach(broker -> data.brokers().add(describe(broker, false)));
    if (request.data().includeFencedBrokers()) {
      snapshot.gone().values().forEach(broker -> data.brokers().add(describe(broker, true)));
    }
    return CompletableFuture.completedFuture(new DescribeClusterResponse(data));
  }

  private static DescribeClusterBroker describe(Broker broker, boolean isGone) {
    return new DescribeClusterBroker()
        .setBrokerId(broker.id())
        .setHost(broker.host())
        .setPort(broker.port())
        .setRack(broker.rack())
        .setIsFenced(isGone);
  }
}
