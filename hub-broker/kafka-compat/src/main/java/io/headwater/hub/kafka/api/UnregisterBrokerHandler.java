package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.TopicCatalog;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.UnregisterBrokerResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.UnregisterBrokerRequest;
import org.apache.kafka.common.requests.UnregisterBrokerResponse;

/** Forgets brokers that are gone and will not come back. */
public final class UnregisterBrokerHandler implements ApiHandler<UnregisterBrokerRequest> {
  private final TopicCatalog catalog;

  public UnregisterBrokerHandler(TopicCatalog catalog) {
    this.catalog = catalog;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.UNREGISTER_BROKER;
  }

  @Override
  public Class<UnregisterBrokerRequest> requestType() {
    return UnregisterBrokerRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, UnregisterBrokerRequest request) {
    return catalog
        .forget(request.data().brokerId())
        .thenApply(_ -> new UnregisterBrokerResponse(new UnregisterBrokerResponseData()));
  }
}
