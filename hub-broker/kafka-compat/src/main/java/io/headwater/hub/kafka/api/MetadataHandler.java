package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.NewTopic;
import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.RequestContext;

/** Brokers, topics and leaders, by name or id; makes missing topics where that is allowed. */
public final class MetadataHandler implements ApiHandler<MetadataRequest> {
  private final TopicCatalog catalog;
  private final Partitions partitions;
  private final IntSupplier controller;
  private final boolean autoCreate;

  /**
   * @param controller who gives partitions to brokers; -1 if that is not known
   */
  public MetadataHandler(
      TopicCatalog catalog, Partitions partitions, IntSupplier controller, boolean autoCreate) {
    this.catalog = catalog;
    this.partitions = partitions;
    this.controller = controller;
    this.autoCreate = autoCreate;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.METADATA;
  }

  @Override
  public Class<MetadataRequest> requestType() {
    return MetadataRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, MetadataRequest request) {
    if (request.isAllTopics()) {
      TopicsSnapshot snapshot = catalog.current();
      List<MetadataResponseTopic> topics =
          snapshot.topics().values().stream().map(this::describe).toList();
      return CompletableFuture.completedFuture(respond(context, snapshot, topics));
    }
    boolean create = autoCreate && request.allowAutoTopicCreation();
    var answers = new ArrayList<CompletableFuture<MetadataResponseTopic>>();
    for (MetadataRequestTopic topic : request.data().topics()) {
      answers.add(
          find(topic, create).exceptionally(failure -> error(topic, Errorful.of(failure).error())));
    }
    return CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0]))
        .thenApply(_ ->
            respond(
                context,
                catalog.current(),
                answers.stream().map(CompletableFuture::join).toList()));
  }

  private CompletableFuture<MetadataResponseTopic> find(
      MetadataRequestTopic wanted, boolean create) {
    TopicsSnapshot snapshot = catalog.current();
    if (!Uuid.ZERO_UUID.equals(wanted.topicId())) {
      return CompletableFuture.completedFuture(
          snapshot
              .topic(wanted.topicId())
              .map(this::describe)
              .orElseGet(() -> error(wanted, Errors.UNKNOWN_TOPIC_ID)));
    }
    String name = wanted.name();
    var known = snapshot.topic(name);
    if (known.isPresent()) {
      return CompletableFuture.completedFuture(describe(known.get()));
    }
    if (!create || org.apache.kafka.common.internals.Topic.isInternal(name)) {
      return CompletableFuture.completedFuture(error(wanted, Errors.UNKNOWN_TOPIC_OR_PARTITION));
    }
    return catalog
        .create(NewTopic.withDefaults(name), false)
        .thenApply(this::describe)
        .exceptionally(failure ->
            // Somebody else was quicker: the topic is there.
            Errorful.of(failure).error() == Errors.forException(new TopicExistsException(""))
                ? describe(catalog.current().topic(name).orElseThrow())
                : error(wanted, Errorful.of(failure).error()));
  }

  private static MetadataResponseTopic error(MetadataRequestTopic wanted, Errors error) {
    return new MetadataResponseTopic()
        .setErrorCode(error.code())
        .setName(wanted.name())
        .setTopicId(wanted.topicId());
  }

  private MetadataResponseTopic describe(Topic topic) {
    var response =
        new MetadataResponseTopic()
            .setName(topic.name())
            .setTopicId(topic.id())
            .setIsInternal(topic.isInternal());
    for (Partition partition : topic.partitions()) {
      Partitions.Seen seen = partitions.see(topic.name(), partition);
      response
          .partitions()
          .add(
              new MetadataResponsePartition()
                  .setPartitionIndex(partition.index())
                  .setLeaderId(seen.leader())
                  .setLeaderEpoch(partition.leaderEpoch())
                  .setReplicaNodes(partition.replicas())
                  .setIsrNodes(seen.inSync())
                  .setOfflineReplicas(seen.offline())
                  .setErrorCode(seen.error().code()));
    }
    return response;
  }

  private MetadataResponse respond(
      RequestContext context, TopicsSnapshot snapshot, List<MetadataResponseTopic> topics) {
    var data =
        new MetadataResponseData()
            .setClusterId(snapshot.clusterId())
            .setControllerId(controller.getAsInt());
    for (Broker broker : snapshot.brokers().values()) {
      data.brokers()
          .add(
              new MetadataResponseBroker()
                  .setNodeId(broker.id())
                  .setHost(broker.host())
                  .setPort(broker.port())
                  .setRack(broker.rack()));
    }
    topics.forEach(topic -> data.topics().add(topic));
    return new MetadataResponse(data, context.apiVersion());
  }
}
