package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.api.TransactionVerifier;
import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.peer.Peers;
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
 * Asks the coordinator of the transactional id: this broker's, or another's by a request.
 *
 * <p>Built before the coordinator, because the group coordinator needs it and is needed by the
 * coordinator in turn; {@link #connect} closes the circle before anything is served.
 */
public final class LogTransactionVerifier implements TransactionVerifier {
  private final LogEngine engine;
  private final TopicCatalog catalog;
  private final int nodeId;
  private final TransactionSettings settings;
  private final RemoteVerification elsewhere;
  private volatile @Nullable TransactionCoordinator coordinator;

  public LogTransactionVerifier(
      LogEngine engine,
      TopicCatalog catalog,
      int nodeId,
      TransactionSettings settings,
      Peers peers) {
    this.engine = engine;
    this.catalog = catalog;
    this.nodeId = nodeId;
    this.settings = settings;
    this.elsewhere = new RemoteVerification(peers);
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
      Dialect dialect) {
    TransactionCoordinator transactions = coordinator;
    if (transactions == null) {
      return CompletableFuture.failedFuture(
          new NotLeaderOrFollowerException(partition + " is not open on this broker yet"));
    }
    var producer = new ProducerEpoch(producerId, producerEpoch);
    var wish = new RemoteVerification.Wish(transactionalId, producer, dialect == Dialect.ADDS);
    return verify(transactions, wish, partition, firstSequence)
        .exceptionallyCompose(
            failure -> CompletableFuture.failedFuture(translate(failure, dialect)));
  }

  /**
   * Asks again if the guard was spent meanwhile: the marker that ended the transaction before came
   * between the question and the answer, and takes the guard of any with it.
   */
  private CompletableFuture<VerificationGuard> verify(
      TransactionCoordinator transactions,
      RemoteVerification.Wish wish,
      TopicPartition partition,
      int firstSequence) {
    VerificationGuard guard;
    try {
      guard = guard(wish, partition, firstSequence);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    if (guard.equals(VerificationGuard.SENTINEL)) {
      return CompletableFuture.completedFuture(guard);
    }
    return ask(transactions, wish, partition)
        .thenCompose(_ ->
            guard.verify(guard(wish, partition, firstSequence))
                ? CompletableFuture.completedFuture(guard)
                : verify(transactions, wish, partition, firstSequence));
  }

  /** The one that is valid now; the sentinel if the transaction has begun in the log. */
  private VerificationGuard guard(
      RemoteVerification.Wish wish, TopicPartition partition, int firstSequence) {
    return engine
        .require(partition)
        .maybeStartTransactionVerification(
            wish.producer().producerId(), firstSequence, wish.producer().epoch(), wish.adds());
  }

  private CompletableFuture<Void> ask(
      TransactionCoordinator transactions, RemoteVerification.Wish wish, TopicPartition partition) {
    String id = wish.transactionalId();
    int leader =
        catalog.current().partition(settings.partitionFor(id)).map(Partition::leader).orElse(-1);
    if (leader != nodeId) {
      return elsewhere.ask(leader, wish, partition);
    }
    return wish.adds()
        ? transactions.addPartitions(
            id, wish.producer(), Set.of(partition), TransactionVersion.TV_2)
        : transactions.verify(id, wish.producer(), Set.of(partition));
  }

  /** The coordinator's errors in words that the client of an append knows. */
  private static Throwable translate(Throwable failure, Dialect dialect) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return switch (Errors.forException(cause)) {
      case PRODUCER_FENCED -> Errors.INVALID_PRODUCER_EPOCH.exception(cause.getMessage());
      case TRANSACTION_ABORTABLE ->
          dialect == Dialect.ANNOUNCES
              ? Errors.INVALID_TXN_STATE.exception(cause.getMessage())
              : cause;
      case CONCURRENT_TRANSACTIONS -> dialect == Dialect.ADDS ? cause : tryAgain(cause);
      // Clients do not repeat an append after these; after not enough replicas they do.
      case COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR ->
          tryAgain(cause);
      // The other broker does not answer, or does not know the topic yet.
      case BROKER_NOT_AVAILABLE,
          NETWORK_EXCEPTION,
          REQUEST_TIMED_OUT,
          UNKNOWN_TOPIC_OR_PARTITION,
          OPERATION_NOT_ATTEMPTED ->
          tryAgain(cause);
      default -> cause;
    };
  }

  private static Throwable tryAgain(Throwable cause) {
    return new NotEnoughReplicasException(
        "the transaction cannot take it yet: " + cause.getMessage());
  }
}
