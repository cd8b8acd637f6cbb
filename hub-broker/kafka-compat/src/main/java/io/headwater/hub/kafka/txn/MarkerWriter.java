package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.PartitionLog;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/** Writes the markers that end a transaction in each of its partitions. Thread-safe. */
final class MarkerWriter {
  /** The end of one transaction. */
  record Marker(
      ProducerEpoch producer,
      TransactionResult result,
      int coordinatorEpoch,
      short transactionVersion) {}

  private final LogEngine engine;
  private final GroupCoordinator groups;

  MarkerWriter(LogEngine engine, GroupCoordinator groups) {
    this.engine = engine;
    this.groups = groups;
  }

  /** Completes when all markers are on disk. Partitions that are gone need none. */
  CompletableFuture<Void> write(Marker marker, Collection<TopicPartition> partitions) {
    var written = new ArrayList<CompletableFuture<Void>>();
    for (TopicPartition partition : partitions) {
      try {
        written.add(write(marker, partition));
      } catch (RuntimeException e) {
        written.add(CompletableFuture.failedFuture(e));
      }
    }
    return CompletableFuture.allOf(written.toArray(new CompletableFuture<?>[0]));
  }

  private CompletableFuture<Void> write(Marker marker, TopicPartition partition) {
    if (partition.topic().equals(Topic.GROUP_METADATA_TOPIC_NAME)) {
      // The group coordinator must see the end of its own records' transaction.
      return groups.completeTransaction(
          partition,
          marker.producer().producerId(),
          marker.producer().epoch(),
          marker.coordinatorEpoch(),
          marker.result(),
          marker.transactionVersion());
    }
    Optional<PartitionLog> log = engine.find(partition);
    if (log.isEmpty()) {
      return CompletableFuture.completedFuture(null); // the topic was deleted
    }
    ControlRecordType type =
        marker.result() == TransactionResult.COMMIT
            ? ControlRecordType.COMMIT
            : ControlRecordType.ABORT;
    return log.get()
        .append(
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
