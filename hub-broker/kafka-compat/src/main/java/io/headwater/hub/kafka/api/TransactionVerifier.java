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
   * What a client of transactions does and understands, by the version of its request (KIP-890).
   */
  enum Dialect {
    /** Announces its partitions; knows no error that an abort mends. */
    ANNOUNCES,
    /** Announces its partitions; knows TRANSACTION_ABORTABLE. */
    ABORTS,
    /** Has the broker add its partitions: transaction version 2. */
    ADDS;

    public static Dialect ofProduce(int version) {
      return of(version, 11);
    }

    public static Dialect ofTxnOffsetCommit(int version) {
      return of(version, 4);
    }

    private static Dialect of(int version, int firstAborting) {
      if (version < firstAborting) {
        return ANNOUNCES;
      }
      return version == firstAborting ? ABORTS : ADDS;
    }
  }

  /**
   * @param dialect whether the partition is to be added or only verified, and which errors to tell
   * @return the guard for the append; fails with the protocol's exception if the append must not be
   */
  CompletableFuture<VerificationGuard> verify(
      TopicPartition partition,
      String transactionalId,
      long producerId,
      short producerEpoch,
      int firstSequence,
      Dialect dialect);
}
