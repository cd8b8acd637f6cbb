package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.PartitionLog;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/** Writes the marker that ends a transaction in one of its partitions. Thread-safe. */
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
   * Completes when the marker is on disk. Fails with {@code UnknownTopicOrPartitionException} where
   * there is no such partition (any more), with {@code KafkaStorageException} where its log cannot
   * take it now, with {@code InvalidProducerEpochException} where a newer epoch has written.
   */
  public CompletableFuture<Void> write(Marker marker, TopicPartition partition) {
    try {
      return partition.topic().equals(Topic.GROUP_METADATA_TOPIC_NAME)
          ? writeToGroups(marker, partition)
          : append(marker, partition);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** The group coordinator must see the end of its own records' transaction. */
  private CompletableFuture<Void> writeToGroups(Marker marker, TopicPartition partition) {
    return groups.completeTransaction(
        partition,
        marker.producer().producerId(),
        marker.producer().epoch(),
        marker.coordinatorEpoch(),
        marker.result(),
        marker.transactionVersion());
  }

  private CompletableFuture<Void> append(Marker marker, TopicPartition partition) {
    Optional<String> lost = engine.lost(partition);
    if (lost.isPresent()) {
      // Taken for deleted, it would come back with a transaction that nobody ends.
      throw new KafkaStorageException("the log of " + partition + " is lost: " + lost.get());
    }
    PartitionLog log =
        engine
            .find(partition)
            .orElseThrow(
                () -> new UnknownTopicOrPartitionException("there is no partition " + partition));
    ControlRecordType type =
        marker.result() == TransactionResult.COMMIT
            ? ControlRecordType.COMMIT
            : ControlRecordType.ABORT;
    return log.append(
            MemoryRecords.withEndTransactionMarker(
                marker.producer().producerId(),
                marker.producer().epoch(),
                new EndTransactionMarker(type, marker.coordinatorEpoch())),
            0,
            AppendOrigin.COORDINATOR,
            VerificationGuard.SENTINEL,
            marker.transactionVersion())
        .durable();
  }
}
