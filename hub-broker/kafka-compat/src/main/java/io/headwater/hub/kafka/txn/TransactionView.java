package io.headwater.hub.kafka.txn;

import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TransactionState;

/** A transactional id as administrators see it. */
public record TransactionView(
    String transactionalId,
    ProducerEpoch producer,
    TransactionState state,
    int timeoutMs,
    long startTimestampMs,
    Set<TopicPartition> partitions) {
  static TransactionView of(TransactionMetadata metadata) {
    return new TransactionView(
        metadata.transactionalId(),
        new ProducerEpoch(metadata.producerId(), metadata.producerEpoch()),
        metadata.state(),
        metadata.txnTimeoutMs(),
        metadata.txnStartTimestamp(),
        Set.copyOf(metadata.topicPartitions()));
  }
}
