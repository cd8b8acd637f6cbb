package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DescribeLogDirsRequest;
import org.apache.kafka.common.requests.DescribeLogDirsResponse;
import org.apache.kafka.common.requests.RequestContext;

/**
 * How large the partitions are, how much room their folder has, and which logs are lost. Where logs
 * lie in ledgers, a broker tells the size of what it leads; what it may lead and does not is there
 * without a size, so that the sum over all brokers is that of the records.
 */
public final class DescribeLogDirsHandler implements ApiHandler<DescribeLogDirsRequest> {
  private final LogEngine engine;
  private final TopicCatalog catalog;
  private final int nodeId;
  private final Path folder;

  public DescribeLogDirsHandler(LogEngine engine, TopicCatalog catalog, int nodeId, Path folder) {
    this.engine = engine;
    this.catalog = catalog;
    this.nodeId = nodeId;
    this.folder = folder;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DESCRIBE_LOG_DIRS;
  }

  @Override
  public Class<DescribeLogDirsRequest> requestType() {
    return DescribeLogDirsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, DescribeLogDirsRequest request) {
    Map<TopicPartition, Long> sizes = new HashMap<>();
    mayLead().forEach(partition -> sizes.put(partition, 0L));
    engine.logs().forEach(log -> sizes.put(log.topicPartition(), log.size()));
    Map<String, DescribeLogDirsTopic> topics = new HashMap<>();
    sizes.forEach((partition, size) -> {
      if (engine.lost(partition).isEmpty()
          && (request.isAllTopicPartitions() || isWanted(request, partition))) {
        topics
            .computeIfAbsent(partition.topic(), name -> new DescribeLogDirsTopic().setName(name))
            .partitions()
            .add(
                new DescribeLogDirsPartition()
                    .setPartitionIndex(partition.partition())
                    .setPartitionSize(size));
      }
    });
    var result =
        new DescribeLogDirsResult()
            .setLogDir(folder.toAbsolutePath().toString())
            .setTopics(topics.values().stream().toList())
            .setTotalBytes(folder.toFile().getTotalSpace())
            .setUsableBytes(folder.toFile().getUsableSpace());
    var data = new DescribeLogDirsResponseData();
    data.results().add(result);
    engine
        .lost()
        .keySet()
        .forEach(partition -> {
          if (request.isAllTopicPartitions() || isWanted(request, partition)) {
            data.results().add(lost(partition));
          }
        });
    return CompletableFuture.completedFuture(new DescribeLogDirsResponse(data));
  }

  /** The partitions of whose replicas this broker is one. */
  private List<TopicPartition> mayLead() {
    return catalog.current().topics().values().stream()
        .flatMap(topic ->
            topic.partitions().stream()
                .filter(partition -> partition.replicas().contains(nodeId))
                .map(partition -> new TopicPartition(topic.name(), partition.index())))
        .toList();
  }

  /** Each log fails alone, so each that is lost is told as a directory that is offline. */
  private DescribeLogDirsResult lost(TopicPartition partition) {
    return new DescribeLogDirsResult()
        .setLogDir(folder.toAbsolutePath().resolve(partition.toString()).toString())
        .setErrorCode(Errors.KAFKA_STORAGE_ERROR.code());
  }

  private static boolean isWanted(DescribeLogDirsRequest request, TopicPartition partition) {
    return request.data().topics().stream()
        .anyMatch(topic ->
            topic.topic().equals(partition.topic())
                && topic.partitions().contains(partition.partition()));
  }
}
