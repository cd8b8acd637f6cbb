package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.log.LogEngine;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/**
 * Writes the marker that ends a transaction in one of the partitions that this broker leads.
 * Thread-safe.
 */
public final class MarkerWriter {
  /**
   * The end of one transaction.
   *
   * @param producer under version 2 its epoch is above that of the transaction's records
   * @param transactionVersion of the end: 0 to 2
   */
  public record Marker(
      ProducerEpoch producer,
      TransactionResult result,
      int coordinatorEpoch,
      short transactionVersion) {}

  private final LogEngine engine;
  private final GroupCoordinator groups;

  public MarkerWriter(LogEngine engine, GroupCoordinator groups) {
    this.engine = engine;
    this.groups = groups;
  }

  /**
   * Completes when the marker is on disk. Fails with {@code NotLeaderOrFollowerException} where the
   * partition is not open here (yet, or any more), with {@code KafkaStorageException} where its log
   * cannot take it now, with {@code InvalidProducerEpochException} where a newer epoch has written,
   * with {@code TransactionCoordinatorFencedException} where a newer coordinator has.
   *
   * @param leaderEpoch of the partition
   */
  public CompletableFuture<Void> write(Marker marker, TopicPartition partition, int leaderEpoch) {
    try {
      return partition.topic().equals(Topic.GROUP_METADATA_TOPIC_NAME)
          ? writeToGroups(marker, partition)
          : append(marker, partition, leaderEpoch);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** The group coordinator must see the end of its own records' transaction. */
  private CompletableFuture<Void> writeToGroups(Marker marker, TopicPartition partition) {
    return groups
        .completeTransaction(
            partition,
            marker.producer().producerId(),
            marker.producer().epoch(),
            marker.coordinatorEpoch(),
            marker.result(),
            marker.transactionVersion())
        .exceptionallyCompose(
            failure -> CompletableFuture.failedFuture(inWordsOfLogs(failure, partition)));
  }

  /** Who sends a marker asks for the leader of a partition, not for a coordinator. */
  private static Throwable inWordsOfLogs(Throwable failure, TopicPartition partition) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return switch (Errors.forException(cause)) {
      case COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR ->
          new NotLeaderOrFollowerException(
              "the groups of " + partition + " are not served here: " + cause.getMessage());
      default -> cause;
    };
  }

  private CompletableFuture<Void> append(Marker marker, TopicPartition partition, int leaderEpoch) {
    ControlRecordType type =
        marker.result() == TransactionResult.COMMIT
            ? ControlRecordType.COMMIT
            : ControlRecordType.ABORT;
    return engine
        .require(partition)
        .append(
            MemoryRecords.withEndTransactionMarker(
                marker.producer().producerId(),
                marker.producer().epoch(),
                new EndTransactionMarker(type, marker.coordinatorEpoch())),
            leaderEpoch,
            AppendOrigin.COORDINATOR,
            VerificationGuard.SENTINEL,
            marker.transactionVersion())
        .durable();
  }
}
