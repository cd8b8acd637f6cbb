package io.headwater.hub.kafka.api;

import io.headwater.hub.kafka.metadata.TopicCatalog;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData.AlterReplicaLogDir;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData.AlterReplicaLogDirTopic;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData.AlterReplicaLogDirPartitionResult;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData.AlterReplicaLogDirTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.AlterReplicaLogDirsRequest;
import org.apache.kafka.common.requests.AlterReplicaLogDirsResponse;
import org.apache.kafka.common.requests.RequestContext;

/**
 * Moves of logs between folders of one broker, which has one: nothing is to be done, or refused.
 */
public final class AlterReplicaLogDirsHandler implements ApiHandler<AlterReplicaLogDirsRequest> {
  private final TopicCatalog catalog;
  private final Path folder;

  /**
   * @param folder that DescribeLogDirs tells
   */
  public AlterReplicaLogDirsHandler(TopicCatalog catalog, Path folder) {
    this.catalog = catalog;
    this.folder = folder;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.ALTER_REPLICA_LOG_DIRS;
  }

  @Override
  public Class<AlterReplicaLogDirsRequest> requestType() {
    return AlterReplicaLogDirsRequest.class;
  }

  @Override
  public CompletableFuture<AbstractResponse> handle(
      RequestContext context, AlterReplicaLogDirsRequest request) {
    var data = new AlterReplicaLogDirsResponseData();
    for (AlterReplicaLogDir wanted : request.data().dirs()) {
      for (AlterReplicaLogDirTopic topic : wanted.topics()) {
        var result = new AlterReplicaLogDirTopicResult().setTopicName(topic.name());
        for (int partition : topic.partitions()) {
          Errors error = judge(new TopicPartition(topic.name(), partition), wanted.path());
          result
              .partitions()
              .add(
                  new AlterReplicaLogDirPartitionResult()
                      .setPartitionIndex(partition)
                      .setErrorCode(error.code()));
        }
        data.results().add(result);
      }
    }
    return CompletableFuture.completedFuture(new AlterReplicaLogDirsResponse(data));
  }

  private Errors judge(TopicPartition partition, String path) {
    if (!folder.toAbsolutePath().toString().equals(path)) {
      return Errors.LOG_DIR_NOT_FOUND;
    }
    return catalog.current().partition(partition).isPresent()
        ? Errors.NONE
        : Errors.UNKNOWN_TOPIC_OR_PARTITION;
  }
}
