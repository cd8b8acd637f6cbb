package io.headwater.hub.kafka.api;

import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.FinalizedFeatureKey;
import org.apache.kafka.common.message.ApiVersionsResponseData.FinalizedFeatureKeyCollection;
import org.apache.kafka.common.message.ApiVersionsResponseData.SupportedFeatureKey;
import org.apache.kafka.common.message.ApiVersionsResponseData.SupportedFeatureKeyCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.RequestContext;

/** Tells the pinned versions, and the features that clients choose their protocol by. */
final class ApiVersionsHandler implements ApiHandler<ApiVersionsRequest> {
  private final Collection<ApiKeys> served;

  ApiVersionsHandler(Collection<ApiKeys> served) {
    this.served = served;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.API_VERSIONS;
  }

  @Override
  public Class<ApiVersionsRequest> requestType() {
    return ApiVersionsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, ApiVersionsRequest request) {
    var data = new ApiVersionsResponseData().setApiKeys(ApiTable.announced(served));
    if (request.hasUnsupportedRequestVersion()) {
      // The client asks again with a version of this list (KIP-511).
      data.setErrorCode(Errors.UNSUPPORTED_VERSION.code());
    } else if (!request.isValid()) {
      data.setApiKeys(new ApiVersionsResponseData.ApiVersionCollection());
      data.setErrorCode(Errors.INVALID_REQUEST.code());
    } else {
      var supported = new SupportedFeatureKeyCollection();
      var finalized = new FinalizedFeatureKeyCollection();
      feature(supported, finalized, "group.version", 1);
      feature(supported, finalized, "streams.version", 1);
      feature(supported, finalized, "transaction.version", 2);
      data.setSupportedFeatures(supported)
          .setFinalizedFeatures(finalized)
          .setFinalizedFeaturesEpoch(1);
    }
    return CompletableFuture.completedFuture(new ApiVersionsResponse(data));
  }

  private static void feature(
      SupportedFeatureKeyCollection supported,
      FinalizedFeatureKeyCollection finalized,
      String name,
      int level) {
    supported.add(
        new SupportedFeatureKey()
            .setName(name)
            .setMinVersion((short) 0)
            .setMaxVersion((short) level));
    finalized.add(
        new FinalizedFeatureKey()
            .setName(name)
            .setMinVersionLevel((short) level)
            .setMaxVersionLevel((short) level));
  }
}
