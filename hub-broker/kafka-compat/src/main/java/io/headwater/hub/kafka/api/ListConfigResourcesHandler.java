package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ListConfigResourcesRequest;
import org.apache.kafka.common.requests.ListConfigResourcesResponse;
import org.apache.kafka.common.requests.RequestContext;

/** What settings can be asked of: topics, groups on which some are set, and the broker. */
public final class ListConfigResourcesHandler implements ApiHandler<ListConfigResourcesRequest> {
  private final TopicCatalog catalog;

  public ListConfigResourcesHandler(TopicCatalog catalog) {
    this.catalog = catalog;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.LIST_CONFIG_RESOURCES;
  }

  @Override
  public Class<ListConfigResourcesRequest> requestType() {
    return ListConfigResourcesRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, ListConfigResourcesRequest request) {
    TopicsSnapshot snapshot = catalog.current();
    List<ListConfigResourcesResponseData.ConfigResource> found =
        Stream.of(
                snapshot.topics().keySet().stream()
                    .map(name -> resource(ConfigResource.Type.TOPIC, name)),
                snapshot.groups().keySet().stream()
                    .map(name -> resource(ConfigResource.Type.GROUP, name)),
                snapshot.brokers().keySet().stream()
                    .map(id -> resource(ConfigResource.Type.BROKER, Integer.toString(id))))
            .flatMap(Function.identity())
            .filter(wanted(request))
            .toList();
    return CompletableFuture.completedFuture(
        new ListConfigResourcesResponse(
            new ListConfigResourcesResponseData().setConfigResources(found)));
  }

  /** Version 0 knows subscriptions to client metrics only, and there are none. */
  private static Predicate<ListConfigResourcesResponseData.ConfigResource> wanted(
      ListConfigResourcesRequest request) {
    Set<Byte> types = Set.copyOf(request.data().resourceTypes());
    return resource ->
        request.version() > 0 && (types.isEmpty() || types.contains(resource.resourceType()));
  }

  private static ListConfigResourcesResponseData.ConfigResource resource(
      ConfigResource.Type type, String name) {
    return new ListConfigResourcesResponseData.ConfigResource()
        .setResourceType(type.id())
        .setResourceName(name);
  }
}
