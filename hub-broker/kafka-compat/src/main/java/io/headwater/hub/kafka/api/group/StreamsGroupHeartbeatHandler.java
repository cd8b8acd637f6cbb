package io.headwater.hub.kafka.api.group;

import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.metadata.NewTopic;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.StreamsGroupHeartbeatRequest;
import org.apache.kafka.common.requests.StreamsGroupHeartbeatResponse;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one API of streams groups (KIP-1071); makes the internal topics that they ask for. */
public final class StreamsGroupHeartbeatHandler
    implements ApiHandler<StreamsGroupHeartbeatRequest> {
  private static final Logger LOGGER = LoggerFactory.getLogger(StreamsGroupHeartbeatHandler.class);

  private final GroupCoordinator groups;
  private final TopicCatalog catalog;

  public StreamsGroupHeartbeatHandler(GroupCoordinator groups, TopicCatalog catalog) {
    this.groups = groups;
    this.catalog = catalog;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.STREAMS_GROUP_HEARTBEAT;
  }

  @Override
  public Class<StreamsGroupHeartbeatRequest> requestType() {
    return StreamsGroupHeartbeatRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, StreamsGroupHeartbeatRequest request) {
    return groups
        .streamsGroupHeartbeat(context, request.data())
        .thenCompose(result -> {
          var created = new ArrayList<CompletableFuture<?>>();
          result.creatableTopics().values().forEach(topic -> created.add(create(topic)));
          return CompletableFuture.allOf(created.toArray(new CompletableFuture<?>[0]))
              .thenApply(_ -> new StreamsGroupHeartbeatResponse(result.data()));
        });
  }

  /** A topic that cannot be made is asked for again by the next heartbeat. */
  private CompletableFuture<?> create(CreatableTopic topic) {
    var configs = new HashMap<String, String>();
    topic.configs().forEach(config -> configs.put(config.name(), config.value()));
    return catalog
        .create(
            new NewTopic(topic.name(), topic.numPartitions(), topic.replicationFactor(), configs),
            false)
        .handle((_, failure) -> {
          if (failure != null) {
            LOGGER
                .atWarn()
                .addKeyValue("topicName", topic.name())
                .addKeyValue("error", failure)
                .log("An internal topic of a streams group was not made");
          }
          return null;
        });
  }
}
