package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.LogRecords;
import io.headwater.hub.kafka.log.PartitionLog;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.transaction.TransactionLog;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TxnTransitMetadata;
import org.apache.kafka.server.common.TransactionVersion;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code __transaction_state}: keeps the newest state of each transactional id, in Kafka's format.
 *
 * <p>A partition that is lost, or that cannot be read, keeps its ids from being served until the
 * next start: to take them for new would forget a decision. Thread-safe.
 */
final class TransactionStateLog {
  private static final Logger LOGGER = LoggerFactory.getLogger(TransactionStateLog.class);

  private final LogEngine engine;
  private final int partitions;
  private final Clock clock;
  private final Set<TopicPartition> unreadable = ConcurrentHashMap.newKeySet();

  TransactionStateLog(LogEngine engine, int partitions, Clock clock) {
    this.engine = engine;
    this.partitions = partitions;
    this.clock = clock;
  }

  private TopicPartition partitionOf(String transactionalId) {
    // As clients and Kafka's tools compute it.
    return partition(Utils.abs(transactionalId.hashCode()) % partitions);
  }

  private static TopicPartition partition(int index) {
    return new TopicPartition(Topic.TRANSACTION_STATE_TOPIC_NAME, index);
  }

  /**
   * Refuses ids whose state is not known.
   *
   * @throws org.apache.kafka.common.errors.CoordinatorNotAvailableException their partition is lost
   */
  void check(String transactionalId) {
    TopicPartition partition = partitionOf(transactionalId);
    if (unreadable.contains(partition) || engine.lost(partition).isPresent()) {
      throw Errors.COORDINATOR_NOT_AVAILABLE.exception(
          partition + ", which keeps " + transactionalId + ", cannot be used until the next start");
    }
  }

  /** Reads everything back. */
  Map<String, TransactionMetadata> read() {
    var states = new HashMap<String, TransactionMetadata>();
    for (int i = 0; i < partitions; i++) {
      TopicPartition partition = partition(i);
      try {
        states.putAll(read(partition));
      } catch (RuntimeException e) {
        unreadable.add(partition);
        LOGGER
            .atError()
            .addKeyValue("topicName", partition.topic())
            .addKeyValue("partition", partition.partition())
            .setCause(e)
            .log("Transactional ids of a partition cannot be read and are not served");
      }
    }
    return states;
  }

  private Map<String, TransactionMetadata> read(TopicPartition partition) {
    var states = new HashMap<String, TransactionMetadata>();
    LogRecords.forEachBatch(
        find(partition),
        batch ->
            batch.forEach(record -> {
              switch (TransactionLog.read(record.key(), record.value())) {
                case TransactionLog.TxnRecord(var id, var metadata) -> states.put(id, metadata);
                case TransactionLog.TxnTombstone(var id) -> states.remove(id);
                case TransactionLog.UnknownKeyVersion _, TransactionLog.UnknownValueVersion _ -> {
                  // Written by a newer version; nothing that this one could act on.
                }
              }
            }));
    return states;
  }

  /** Writes a step. Completes once it is on disk; fails if that cannot be. */
  CompletableFuture<Void> write(String transactionalId, TxnTransitMetadata step) {
    return append(
        transactionalId, TransactionLog.valueToBytes(step, step.clientTransactionVersion()));
  }

  /** Writes that an id is forgotten. Completes once that is on disk; fails if that cannot be. */
  CompletableFuture<Void> remove(String transactionalId) {
    return append(transactionalId, null);
  }

  private CompletableFuture<Void> append(String transactionalId, byte @Nullable [] value) {
    try {
      return find(partitionOf(transactionalId))
          .append(
              MemoryRecords.withRecords(
                  Compression.NONE,
                  new SimpleRecord(
                      clock.millis(), TransactionLog.keyToBytes(transactionalId), value)),
              TransactionCoordinator.EPOCH,
              AppendOrigin.COORDINATOR,
              VerificationGuard.SENTINEL,
              TransactionVersion.TV_UNKNOWN)
          .durable();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private PartitionLog find(TopicPartition partition) {
    return engine
        .find(partition)
        .orElseThrow(() -> Errors.COORDINATOR_NOT_AVAILABLE.exception("no log " + partition));
  }
}
