package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.LogRecords;
import io.headwater.hub.kafka.log.PartitionLog;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.coordinator.transaction.TransactionLog;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;

/** Reads the newest state of each transactional id back from {@code __transaction_state}. */
final class TransactionLogReader {
  private TransactionLogReader() {}

  static Map<String, TransactionMetadata> read(LogEngine engine, int partitions) {
    var states = new HashMap<String, TransactionMetadata>();
    for (int i = 0; i < partitions; i++) {
      PartitionLog log =
          engine
              .find(new TopicPartition(Topic.TRANSACTION_STATE_TOPIC_NAME, i))
              .orElseThrow(() -> new IllegalStateException("no log of transaction states"));
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
    }
    return states;
  }
}
