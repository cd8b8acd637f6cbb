package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.TopicCatalog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.AlterConfigsRequest;
import org.apache.kafka.common.requests.AlterConfigsResponse;
import org.apache.kafka.common.requests.RequestContext;

/** Replaces all settings of topics and groups: what older tools send. */
public final class AlterConfigsHandler implements ApiHandler<AlterConfigsRequest> {
  private final TopicCatalog catalog;

  public AlterConfigsHandler(TopicCatalog catalog) {
    this.catalog = catalog;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.ALTER_CONFIGS;
  }

  @Override
  public Class<AlterConfigsRequest> requestType() {
    return AlterConfigsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, AlterConfigsRequest request) {
    var data = new AlterConfigsResponseData();
    var pending = new ArrayList<CompletableFuture<?>>();
    request
        .configs()
        .forEach((resource, config) -> {
          var result =
              new AlterConfigsResourceResponse()
                  .setResourceType(resource.type().id())
                  .setResourceName(resource.name());
          data.responses().add(result);
          pending.add(
              replace(resource, config, request.validateOnly())
                  .handle((_, failure) ->
                      failure == null
                          ? result
                          : result
                              .setErrorCode(Errorful.of(failure).code())
                              .setErrorMessage(Errorful.of(failure).message())));
        });
    return CompletableFuture.allOf(pending.toArray(new CompletableFuture<?>[0]))
        .thenApply(_ -> new AlterConfigsResponse(data));
  }

  private CompletableFuture<?> replace(
      ConfigResource resource, AlterConfigsRequest.Config config, boolean validateOnly) {
    if (resource.type() != ConfigResource.Type.TOPIC
        && resource.type() != ConfigResource.Type.GROUP) {
      return CompletableFuture.failedFuture(
          new InvalidRequestException(
              "only settings of topics and groups can be changed here, not of %s; the hub's own are in"
                      .formatted(resource.type())
                  + " its configuration file"));
    }
    var configs = new HashMap<String, String>();
    config.entries().forEach(entry -> configs.put(entry.name(), entry.value()));
    return resource.type() == ConfigResource.Type.GROUP
        ? catalog.replaceGroupConfigs(resource.name(), configs, validateOnly)
        : catalog.replaceConfigs(resource.name(), configs, validateOnly);
  }
}
