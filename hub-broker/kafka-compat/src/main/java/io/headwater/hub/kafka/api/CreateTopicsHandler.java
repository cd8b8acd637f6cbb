package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.NewTopic;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicConfigs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.apache.kafka.common.requests.RequestContext;

/** Makes topics, on brokers that the request names or that the hub chooses. */
public final class CreateTopicsHandler implements ApiHandler<CreateTopicsRequest> {
  private final TopicCatalog catalog;

  public CreateTopicsHandler(TopicCatalog catalog) {
    this.catalog = catalog;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.CREATE_TOPICS;
  }

  @Override
  public Class<CreateTopicsRequest> requestType() {
    return CreateTopicsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, CreateTopicsRequest request) {
    var data = new CreateTopicsResponseData();
    var pending = new ArrayList<CompletableFuture<?>>();
    for (CreatableTopic topic : request.data().topics()) {
      var result = new CreatableTopicResult().setName(topic.name());
      boolean twice = request.data().topics().findAll(topic.name()).size() > 1;
      if (data.topics().find(topic.name()) != null) {
        continue; // named twice: answered once, with the error below
      }
      data.topics().add(result);
      pending.add(
          create(topic, request.data().validateOnly(), twice)
              .handle((created, failure) ->
                  failure == null ? fill(result, created) : fill(result, failure)));
    }
    return CompletableFuture.allOf(pending.toArray(new CompletableFuture<?>[0]))
        .thenApply(_ -> new CreateTopicsResponse(data));
  }

  private CompletableFuture<Topic> create(
      CreatableTopic topic, boolean validateOnly, boolean twice) {
    if (twice) {
      return CompletableFuture.failedFuture(
          new InvalidRequestException("topic " + topic.name() + " is named twice in one request"));
    }
    if (isInternal(topic.name()) && catalog.current().topic(topic.name()).isEmpty()) {
      return CompletableFuture.failedFuture(
          new InvalidTopicException(
              topic.name() + " is made by the hub when the first group or transaction needs it"));
    }
    Map<String, String> configs = new HashMap<>();
    for (CreatableTopicConfig config : topic.configs()) {
      if (config.value() != null) {
        configs.put(config.name(), config.value());
      }
    }
    try {
      var wanted =
          new NewTopic(
              topic.name(),
              topic.numPartitions(),
              topic.replicationFactor(),
              replicas(topic),
              configs);
      return catalog.create(wanted, validateOnly);
    } catch (ApiException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * What the request chooses for each partition, in order; nothing if it leaves that to the hub.
   *
   * @throws ApiException it also gives numbers, or not each partition from 0 once
   */
  private static List<List<Integer>> replicas(CreatableTopic topic) {
    if (topic.assignments().isEmpty()) {
      return List.of();
    }
    if (topic.replicationFactor() != -1) {
      throw new InvalidRequestException(
          "A manual partition assignment was specified, but replication factor was not set to"
              + " -1.");
    }
    if (topic.numPartitions() != -1) {
      throw new InvalidRequestException(
          "A manual partition assignment was specified, but numPartitions was not set to -1.");
    }
    var replicas = new TreeMap<Integer, List<Integer>>();
    for (CreatableReplicaAssignment one : topic.assignments()) {
      if (replicas.put(one.partitionIndex(), one.brokerIds()) != null) {
        throw new InvalidReplicaAssignmentException(
            "Found multiple manual partition assignments for partition " + one.partitionIndex());
      }
    }
    if (replicas.firstKey() != 0 || replicas.lastKey() != replicas.size() - 1) {
      throw new InvalidReplicaAssignmentException(
          "partitions should be a consecutive 0-based integer sequence");
    }
    return List.copyOf(replicas.values());
  }

  private static boolean isInternal(String topic) {
    return org.apache.kafka.common.internals.Topic.isInternal(topic);
  }

  private CreatableTopicResult fill(CreatableTopicResult result, Topic topic) {
    TopicConfigs configs = catalog.configs();
    var described = new ArrayList<CreatableTopicConfigs>();
    TopicSettings.describe(configs, topic)
        .forEach(setting ->
            described.add(
                new CreatableTopicConfigs()
                    .setName(setting.name())
                    .setValue(setting.value())
                    .setConfigSource(setting.source())));
    return result
        .setTopicId(topic.id())
        .setNumPartitions(topic.partitions().size())
        .setReplicationFactor((short) topic.partitions().getFirst().replicas().size())
        .setConfigs(described);
  }

  private static CreatableTopicResult fill(CreatableTopicResult result, Throwable failure) {
    Errorful error = Errorful.of(failure);
    return result.setErrorCode(error.code()).setErrorMessage(error.message());
  }
}
