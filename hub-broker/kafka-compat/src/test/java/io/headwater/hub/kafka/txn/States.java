package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.LogRecords;
import java.util.Collection;
import java.util.HashMap;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.transaction.TransactionLog;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.apache.kafka.coordinator.transaction.TxnTransitMetadata;
import org.apache.kafka.server.common.TransactionVersion;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/** Reads and writes, with Kafka's own classes, what the coordinator keeps on disk. */
final class States {
  private States() {}

  static TransactionMetadata metadata(
      String id,
      ProducerEpoch producer,
      int lastEpoch,
      TransactionState state,
      Set<TopicPartition> partitions,
      long startedMs) {
    return new TransactionMetadata(
        id,
        producer.producerId(),
        -1,
        -1,
        producer.epoch(),
        (short) lastEpoch,
        60_000,
        state,
        partitions,
        startedMs,
        startedMs,
        TransactionVersion.TV_2);
  }

  static TopicPartition partitionOf(String id) {
    return new TopicPartition(Topic.TRANSACTION_STATE_TOPIC_NAME, Utils.abs(id.hashCode()) % 2);
  }

  static void write(LogEngine engine, TransactionMetadata metadata) {
    write(engine, metadata.transactionalId(), metadata.prepareNoTransit());
  }

  static void write(LogEngine engine, String id, TxnTransitMetadata state) {
    var _ =
        engine
            .require(partitionOf(id))
            .append(
                MemoryRecords.withRecords(
                    Compression.NONE,
                    new SimpleRecord(
                        state.txnLastUpdateTimestamp(),
                        TransactionLog.keyToBytes(id),
                        TransactionLog.valueToBytes(state, TransactionVersion.TV_2))),
                0,
                AppendOrigin.COORDINATOR,
                VerificationGuard.SENTINEL,
                TransactionVersion.TV_UNKNOWN);
  }

  /** The newest state of an id; empty if there is none or it was forgotten. */
  static Optional<TransactionMetadata> read(LogEngine engine, String id) {
    var found = new HashMap<String, TransactionMetadata>();
    LogRecords.forEachBatch(
        engine.require(partitionOf(id)),
        batch ->
            batch.forEach(record -> {
              switch (TransactionLog.read(record.key(), record.value())) {
                case TransactionLog.TxnRecord(var name, var metadata) -> found.put(name, metadata);
                case TransactionLog.TxnTombstone(var name) -> found.remove(name);
                case TransactionLog.UnknownKeyVersion _, TransactionLog.UnknownValueVersion _ ->
                    throw new IllegalStateException("not in Kafka's format");
              }
            }));
    return Optional.ofNullable(found.get(id));
  }

  /**
   * Writes what the coordinator would: the decision, and markers to some of the partitions.
   *
   * @return what the producer goes on with
   */
  static ProducerEpoch decide(
      LogEngine engine, String id, boolean commit, Collection<TopicPartition> marked) {
    TransactionMetadata metadata = read(engine, id).orElseThrow();
    TxnTransitMetadata decided =
        metadata.prepareAbortOrCommit(
            commit ? TransactionState.PREPARE_COMMIT : TransactionState.PREPARE_ABORT,
            TransactionVersion.TV_2,
            -1,
            metadata.txnStartTimestamp() + 1,
            false);
    write(engine, id, decided);
    for (TopicPartition partition : marked) {
      var _ =
          engine
              .require(partition)
              .append(
                  MemoryRecords.withEndTransactionMarker(
                      decided.producerId(),
                      decided.producerEpoch(),
                      new EndTransactionMarker(
                          commit ? ControlRecordType.COMMIT : ControlRecordType.ABORT, 0)),
                  0,
                  AppendOrigin.COORDINATOR,
                  VerificationGuard.SENTINEL,
                  (short) 2);
    }
    return new ProducerEpoch(decided.producerId(), decided.producerEpoch());
  }
}
