package io.headwater.hub.kafka.api;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/**
 * Asks the transaction coordinator before the first append of a transaction to a partition.
 *
 * <p>Clients of transaction version 2 do not announce their partitions: the broker adds them here.
 * Older clients did, and here it is checked that they did.
 */
@FunctionalInterface
public interface TransactionVerifier {
  /**
   * @param addPartition whether the partition is to be added (version 2) or only verified
   * @return the guard for the append; fails with the protocol's exception if the append must not be
   */
  CompletableFuture<VerificationGuard> verify(
      TopicPartition partition,
      String transactionalId,
      long producerId,
      short producerEpoch,
      int firstSequence,
      boolean addPartition);
}
