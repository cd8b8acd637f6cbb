package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;
import org.apache.kafka.common.requests.RequestContext;
import org.jspecify.annotations.Nullable;

/** Settings of topics and groups, and the few of the broker that clients ask for. */
public final class DescribeConfigsHandler implements ApiHandler<DescribeConfigsRequest> {
  private final TopicCatalog catalog;
  private final int nodeId;
  private final Map<String, String> brokerSettings;

  /**
   * @param brokerSettings by Kafka's names, read only
   */
  public DescribeConfigsHandler(
      TopicCatalog catalog, int nodeId, Map<String, String> brokerSettings) {
    this.catalog = catalog;
    this.nodeId = nodeId;
    this.brokerSettings = Map.copyOf(brokerSettings);
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DESCRIBE_CONFIGS;
  }

  @Override
  public Class<DescribeConfigsRequest> requestType() {
    return DescribeConfigsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, DescribeConfigsRequest request) {
    var data = new DescribeConfigsResponseData();
    for (DescribeConfigsResource resource : request.data().resources()) {
      var result =
          new DescribeConfigsResult()
              .setResourceType(resource.resourceType())
              .setResourceName(resource.resourceName());
      try {
        settings(resource).stream()
            .filter(setting -> isWanted(resource, setting.name()))
            .forEach(setting -> result.configs().add(describe(request, resource, setting)));
      } catch (ApiException e) {
        Errorful error = Errorful.of(e);
        result.setErrorCode(error.code()).setErrorMessage(error.message());
      }
      data.results().add(result);
    }
    return CompletableFuture.completedFuture(new DescribeConfigsResponse(data));
  }

  private static boolean isWanted(DescribeConfigsResource resource, String name) {
    return resource.configurationKeys() == null
        || resource.configurationKeys().isEmpty()
        || resource.configurationKeys().contains(name);
  }

  private List<TopicSettings.Setting> settings(DescribeConfigsResource resource) {
    return switch (ConfigResource.Type.forId(resource.resourceType())) {
      case TOPIC -> {
        Topic topic =
            catalog
                .current()
                .topic(resource.resourceName())
                .orElseThrow(() ->
                    new UnknownTopicOrPartitionException(
                        "there is no topic " + resource.resourceName()));
        yield TopicSettings.describe(catalog.configs(), topic);
      }
      case BROKER -> {
        if (!resource.resourceName().isEmpty()
            && !resource.resourceName().equals(Integer.toString(nodeId))) {
          throw new InvalidRequestException(
              "this is broker " + nodeId + ", not " + resource.resourceName());
        }
        yield brokerSettings.entrySet().stream()
            .map(entry ->
                new TopicSettings.Setting(
                    entry.getKey(),
                    entry.getValue(),
                    ConfigSource.STATIC_BROKER_CONFIG.id(),
                    ConfigDef.Type.STRING,
                    ""))
            .toList();
      }
      case GROUP -> {
        if (resource.resourceName().isEmpty()) {
          throw new InvalidRequestException("the group has no name");
        }
        yield GroupSettings.describe(
            catalog.groupConfigs(),
            catalog.current().groups().getOrDefault(resource.resourceName(), Map.of()));
      }
      case CLIENT_METRICS ->
          throw new InvalidRequestException("metrics of clients are not collected here");
      case BROKER_LOGGER, UNKNOWN ->
          throw new InvalidRequestException(
              "settings of resource type " + resource.resourceType() + " are not kept here");
    };
  }

  private static DescribeConfigsResourceResult describe(
      DescribeConfigsRequest request,
      DescribeConfigsResource resource,
      TopicSettings.Setting setting) {
    var result =
        new DescribeConfigsResourceResult()
            .setName(setting.name())
            .setValue(setting.value())
            .setConfigSource(setting.source())
            .setReadOnly(resource.resourceType() == ConfigResource.Type.BROKER.id())
            .setConfigType(type(setting.type()).id());
    if (request.data().includeDocumentation()) {
      result.setDocumentation(setting.documentation());
    }
    if (request.data().includeSynonyms()) {
      result
          .synonyms()
          .add(
              new DescribeConfigsSynonym()
                  .setName(setting.name())
                  .setValue(setting.value())
                  .setSource(setting.source()));
    }
    return result;
  }

  private static ConfigType type(ConfigDef.@Nullable Type type) {
    return switch (type) {
      case BOOLEAN -> ConfigType.BOOLEAN;
      case STRING -> ConfigType.STRING;
      case INT -> ConfigType.INT;
      case SHORT -> ConfigType.SHORT;
      case LONG -> ConfigType.LONG;
      case DOUBLE -> ConfigType.DOUBLE;
      case LIST -> ConfigType.LIST;
      case CLASS -> ConfigType.CLASS;
      case PASSWORD -> ConfigType.PASSWORD;
      case null -> ConfigType.UNKNOWN;
    };
  }
}
