package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.api.TransactionVerifier;
import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.PartitionLog;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.server.common.TransactionVersion;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.jspecify.annotations.Nullable;

/**
 * Asks this node's transaction coordinator.
 *
 * <p>Built before the coordinator, because the group coordinator needs it and is needed by the
 * coordinator in turn; {@link #connect} closes the circle before anything is served.
 */
public final class LogTransactionVerifier implements TransactionVerifier {
  private final LogEngine engine;
  private volatile @Nullable TransactionCoordinator coordinator;

  public LogTransactionVerifier(LogEngine engine) {
    this.engine = engine;
  }

  public void connect(TransactionCoordinator newCoordinator) {
    this.coordinator = newCoordinator;
  }

  @Override
  public CompletableFuture<VerificationGuard> verify(
      TopicPartition partition,
      String transactionalId,
      long producerId,
      short producerEpoch,
      int firstSequence,
      boolean addPartition) {
    TransactionCoordinator transactions = coordinator;
    PartitionLog log = engine.find(partition).orElse(null);
    if (transactions == null || log == null) {
      return CompletableFuture.failedFuture(
          new NotLeaderOrFollowerException(partition + " is not open on this broker yet"));
    }
    VerificationGuard guard =
        log.maybeStartTransactionVerification(
            producerId, firstSequence, producerEpoch, addPartition);
    if (guard.equals(VerificationGuard.SENTINEL)) {
      return CompletableFuture.completedFuture(guard);
    }
    var producer = new ProducerEpoch(producerId, producerEpoch);
    CompletableFuture<Void> verified =
        addPartition
            ? transactions.addPartitions(
                transactionalId, producer, Set.of(partition), TransactionVersion.TV_2)
            : transactions.verify(transactionalId, producer, Set.of(partition));
    return verified
        .thenApply(_ -> guard)
        .exceptionallyCompose(failure -> CompletableFuture.failedFuture(translate(failure)));
  }

  /** Clients do not retry a produce on a coordinator's passing errors; on this one they do. */
  private static Throwable translate(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return switch (Errors.forException(cause)) {
      case CONCURRENT_TRANSACTIONS,
          COORDINATOR_NOT_AVAILABLE,
          COORDINATOR_LOAD_IN_PROGRESS,
          NOT_COORDINATOR ->
          new NotEnoughReplicasException(
              "the transaction cannot take it yet: " + cause.getMessage());
      default -> cause;
    };
  }
}
