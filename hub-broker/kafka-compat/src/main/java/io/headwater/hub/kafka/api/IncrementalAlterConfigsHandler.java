package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.ConfigChange;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import java.util.ArrayList;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;
import org.apache.kafka.common.requests.RequestContext;

/**
 * Changes single settings of topics and groups. The broker's own are changed in its configuration
 * file.
 */
public final class IncrementalAlterConfigsHandler
    implements ApiHandler<IncrementalAlterConfigsRequest> {
  private static final Set<String> THROTTLES =
      Set.of(
          "leader.replication.throttled.rate",
          "follower.replication.throttled.rate",
          "replica.alter.log.dirs.io.max.bytes.per.second");

  private final TopicCatalog catalog;

  public IncrementalAlterConfigsHandler(TopicCatalog catalog) {
    this.catalog = catalog;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.INCREMENTAL_ALTER_CONFIGS;
  }

  @Override
  public Class<IncrementalAlterConfigsRequest> requestType() {
    return IncrementalAlterConfigsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, IncrementalAlterConfigsRequest request) {
    var data = new IncrementalAlterConfigsResponseData();
    var pending = new ArrayList<CompletableFuture<?>>();
    for (AlterConfigsResource resource : request.data().resources()) {
      var result =
          new AlterConfigsResourceResponse()
              .setResourceType(resource.resourceType())
              .setResourceName(resource.resourceName());
      data.responses().add(result);
      pending.add(
          change(resource, request.data().validateOnly())
              .handle((_, failure) ->
                  failure == null
                      ? result
                      : result
                          .setErrorCode(Errorful.of(failure).code())
                          .setErrorMessage(Errorful.of(failure).message())));
    }
    return CompletableFuture.allOf(pending.toArray(new CompletableFuture<?>[0]))
        .thenApply(_ -> new IncrementalAlterConfigsResponse(data));
  }

  private CompletableFuture<?> change(AlterConfigsResource resource, boolean validateOnly) {
    ConfigResource.Type type = ConfigResource.Type.forId(resource.resourceType());
    if (type != ConfigResource.Type.TOPIC && type != ConfigResource.Type.GROUP) {
      if (resource.configs().stream().allMatch(config -> isRemoval(config) || isThrottle(config))) {
        // None is ever set; tools set throttles before moves, and clear them in passing.
        return CompletableFuture.completedFuture(resource);
      }
      return CompletableFuture.failedFuture(
          new InvalidRequestException(
              "only settings of topics and groups can be changed here, not of %s; the hub's own are in"
                      .formatted(type)
                  + " its configuration file"));
    }
    var changes = new ArrayList<ConfigChange>();
    for (AlterableConfig config : resource.configs()) {
      changes.add(
          new ConfigChange(
              config.name(), AlterConfigOp.OpType.forId(config.configOperation()), config.value()));
    }
    return type == ConfigResource.Type.GROUP
        ? catalog.changeGroupConfigs(resource.resourceName(), changes, validateOnly)
        : catalog.changeConfigs(resource.resourceName(), changes, validateOnly);
  }

  private static boolean isRemoval(AlterableConfig config) {
    return config.configOperation() == AlterConfigOp.OpType.DELETE.id();
  }

  /** Whether it slows down what moves copy: they copy nothing here. */
  private static boolean isThrottle(AlterableConfig config) {
    return THROTTLES.contains(config.name());
  }
}
