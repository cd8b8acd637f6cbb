package io.headwater.hub.kafka.log;

import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.storage.internals.log.LogConfig;

/** All partition logs of a node. Thread-safe. */
public interface LogEngine extends AutoCloseable {
  Optional<PartitionLog> log(TopicPartition partition);

  Collection<PartitionLog> logs();

  /** Opens the partition's log, making it where needed; durable when it returns. */
  PartitionLog open(TopicPartition partition, Uuid topicId, LogConfig config);

  /** Forgets the log at once; its storage is freed later, when no reader can need it. */
  void delete(TopicPartition partition);

  /** Completes, exceptionally, when storage has failed for good and the process must end. */
  CompletableFuture<Void> failed();

  /** Whether storage works, as of now. */
  boolean isHealthy();

  /** Makes everything durable, then closes. */
  @Override
  void close();
}
