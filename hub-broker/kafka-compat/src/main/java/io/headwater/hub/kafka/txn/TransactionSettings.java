package io.headwater.hub.kafka.txn;

import java.time.Duration;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.utils.Utils;

/**
 * How transactions are kept.
 *
 * @param stateTopicPartitions of {@code __transaction_state}; fixed once the topic exists
 * @param maxTimeout the longest {@code transaction.timeout.ms} that a client may ask for
 * @param idExpiration after which an unused transactional id is forgotten
 * @param expiryCheck between two looks for transactions whose time is over
 */
public record TransactionSettings(
    int stateTopicPartitions, Duration maxTimeout, Duration idExpiration, Duration expiryCheck) {
  public static final TransactionSettings DEFAULTS =
      new TransactionSettings(
          50, Duration.ofMinutes(15), Duration.ofDays(7), Duration.ofSeconds(1));

  /** The partition of {@code __transaction_state} that keeps a transactional id. */
  public TopicPartition partitionFor(String transactionalId) {
    // As clients and Kafka's tools compute it.
    return statePartition(Utils.abs(transactionalId.hashCode()) % stateTopicPartitions);
  }

  static TopicPartition statePartition(int index) {
    return new TopicPartition(Topic.TRANSACTION_STATE_TOPIC_NAME, index);
  }
}
