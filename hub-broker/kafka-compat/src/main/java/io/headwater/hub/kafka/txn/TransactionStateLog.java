package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.log.LogRecords;
import io.headwater.hub.kafka.log.PartitionLog;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.coordinator.transaction.TransactionLog;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TxnTransitMetadata;
import org.apache.kafka.server.common.TransactionVersion;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.jspecify.annotations.Nullable;

/**
 * One partition of {@code __transaction_state} for one tenure: keeps the newest state of each of
 * its transactional ids, in Kafka's format. Thread-safe.
 */
final class TransactionStateLog {
  private final PartitionLog log;
  private final int leaderEpoch;
  private final Clock clock;

  /**
   * @param log as it was opened for this tenure: when another has begun it takes nothing more
   */
  TransactionStateLog(PartitionLog log, int leaderEpoch, Clock clock) {
    this.log = log;
    this.leaderEpoch = leaderEpoch;
    this.clock = clock;
  }

  /** Reads everything back. Waits for the disk. */
  Map<String, TransactionMetadata> read() {
    var states = new HashMap<String, TransactionMetadata>();
    LogRecords.forEachBatch(
        log,
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

  /**
   * Writes a step. Completes once it is on disk; fails if nobody knows whether it is, which ends
   * the tenure.
   *
   * @throws RuntimeException nothing was written
   */
  CompletableFuture<Void> write(String transactionalId, TxnTransitMetadata step) {
    return append(
        transactionalId, TransactionLog.valueToBytes(step, step.clientTransactionVersion()));
  }

  /** Writes that an id is forgotten; as {@link #write}. */
  CompletableFuture<Void> remove(String transactionalId) {
    return append(transactionalId, null);
  }

  private CompletableFuture<Void> append(String transactionalId, byte @Nullable [] value) {
    return log.append(
            MemoryRecords.withRecords(
                Compression.NONE,
                new SimpleRecord(
                    clock.millis(), TransactionLog.keyToBytes(transactionalId), value)),
            leaderEpoch,
            AppendOrigin.COORDINATOR,
            VerificationGuard.SENTINEL,
            TransactionVersion.TV_UNKNOWN)
        .durable();
  }
}
