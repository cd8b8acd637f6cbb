package io.headwater.hub.kafka.txn;

import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.apache.kafka.server.common.TransactionVersion;

/** What an EndTxn means in the state in which it finds its transactional id (KIP-98, KIP-890). */
sealed interface EndDecision {
  /** Write this decision. */
  record Prepare(TransactionState state, boolean noPartitionAdded) implements EndDecision {}

  /** It was done before: answer as then. */
  record Repeat() implements EndDecision {}

  /** It is being done. */
  record Wait() implements EndDecision {}

  /** It must not be done. */
  record Refuse(Errors error) implements EndDecision {}

  static EndDecision of(
      TransactionMetadata metadata,
      ProducerEpoch producer,
      TransactionResult result,
      TransactionVersion version) {
    boolean bumps = version.supportsEpochBump();
    // A client of version 2 that asks again still has the epoch from before the end.
    boolean retryAfterOverflow =
        bumps
            && metadata.prevProducerId() == producer.producerId()
            && producer.epoch() == Short.MAX_VALUE - 1
            && metadata.producerEpoch() == 0;
    boolean retryAfterBump = bumps && metadata.producerEpoch() == producer.epoch() + 1;
    boolean retry = retryAfterBump || retryAfterOverflow;

    if (metadata.producerId() != producer.producerId() && !retryAfterOverflow) {
      return new Refuse(Errors.INVALID_PRODUCER_ID_MAPPING);
    }
    if (!isEpochValid(metadata, producer, bumps, retry, retryAfterBump)) {
      return new Refuse(Errors.PRODUCER_FENCED);
    }
    if (metadata.pendingTransitionInProgress()) {
      return new Wait();
    }
    boolean commit = result == TransactionResult.COMMIT;
    if (bumps && !retry && isEnding(metadata)) {
      // The end of the next transaction, of which nothing could be added yet: markers are written.
      return new Wait();
    }
    return switch (metadata.state()) {
      case ONGOING ->
          new Prepare(
              commit ? TransactionState.PREPARE_COMMIT : TransactionState.PREPARE_ABORT, false);
      case COMPLETE_COMMIT -> commit ? repeatOr(retry || !bumps) : abortOfNothing(bumps && !retry);
      case COMPLETE_ABORT -> {
        if (commit) {
          yield new Refuse(Errors.INVALID_TXN_STATE);
        }
        yield retry || !bumps ? new Repeat() : abortOfNothing(true);
      }
      case PREPARE_COMMIT -> commit ? new Wait() : new Refuse(Errors.INVALID_TXN_STATE);
      case PREPARE_ABORT -> commit ? new Refuse(Errors.INVALID_TXN_STATE) : new Wait();
      case EMPTY -> commit ? new Refuse(Errors.INVALID_TXN_STATE) : abortOfNothing(bumps);
      case DEAD, PREPARE_EPOCH_FENCE -> new Refuse(Errors.INVALID_TXN_STATE);
    };
  }

  private static boolean isEpochValid(
      TransactionMetadata metadata,
      ProducerEpoch producer,
      boolean bumps,
      boolean retry,
      boolean retryAfterBump) {
    boolean same = producer.epoch() == metadata.producerEpoch();
    if (!bumps) {
      return same;
    }
    return switch (metadata.state()) {
      case ONGOING, EMPTY, DEAD, PREPARE_EPOCH_FENCE -> same;
      case PREPARE_COMMIT, PREPARE_ABORT -> retryAfterBump || same;
      case COMPLETE_COMMIT, COMPLETE_ABORT -> retry || same;
    };
  }

  private static boolean isEnding(TransactionMetadata metadata) {
    return metadata.state() == TransactionState.PREPARE_COMMIT
        || metadata.state() == TransactionState.PREPARE_ABORT;
  }

  private static EndDecision repeatOr(boolean repeat) {
    return repeat ? new Repeat() : new Refuse(Errors.INVALID_TXN_STATE);
  }

  /** Version 2 aborts a transaction that never got a partition, to raise the epoch. */
  private static EndDecision abortOfNothing(boolean allowed) {
    return allowed
        ? new Prepare(TransactionState.PREPARE_ABORT, true)
        : new Refuse(Errors.INVALID_TXN_STATE);
  }
}
