package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.log.Appended;
import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.process.Threads;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.coordinator.transaction.TransactionLog;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.apache.kafka.coordinator.transaction.TxnTransitMetadata;
import org.apache.kafka.server.common.TransactionVersion;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the transactional ids of this node; see the package comment.
 *
 * <p>All state is confined to the thread {@code hub-txn-0}; public methods enqueue to it and return
 * futures that fail with the protocol's exceptions.
 */
public final class TransactionCoordinator implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(TransactionCoordinator.class);

  /** One owner per node, so far: the epoch of the state partitions never changes. */
  private static final int COORDINATOR_EPOCH = 0;

  private static final long MARKER_RETRY_MS = 100;

  /** A transactional id and who waits for its running transition. */
  private static final class Entry {
    private final TransactionMetadata metadata;
    private final Deque<Runnable> waiting = new ArrayDeque<>();

    Entry(TransactionMetadata metadata) {
      this.metadata = metadata;
    }
  }

  private final LogEngine engine;
  private final MarkerWriter markers;
  private final ProducerIds producerIds;
  private final TransactionSettings settings;
  private final TransactionMetrics metrics;
  private final Clock clock;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Threads.factory("hub-txn"));
  private final Map<String, Entry> entries = new HashMap<>();

  public TransactionCoordinator(
      LogEngine engine,
      GroupCoordinator groups,
      ProducerIds producerIds,
      TransactionSettings settings,
      TransactionMetrics metrics,
      Clock clock) {
    this.engine = engine;
    this.markers = new MarkerWriter(engine, groups);
    this.producerIds = producerIds;
    this.settings = settings;
    this.metrics = metrics;
    this.clock = clock;
  }

  /** Reads the state back, goes on with what was being ended, and begins to look for time-outs. */
  public CompletableFuture<Void> start() {
    return onThread(() -> {
      TransactionLogReader.read(engine, settings.stateTopicPartitions())
          .forEach((id, metadata) -> entries.put(id, new Entry(metadata)));
      for (Entry entry : entries.values()) {
        TransactionState state = entry.metadata.state();
        if (state == TransactionState.PREPARE_COMMIT || state == TransactionState.PREPARE_ABORT) {
          writeMarkers(entry, entry.metadata.prepareComplete(clock.millis()));
        }
      }
      long check = settings.expiryCheck().toMillis();
      thread.scheduleWithFixedDelay(this::expire, check, check, TimeUnit.MILLISECONDS);
      return CompletableFuture.completedFuture(null);
    });
  }

  /** The partition of {@code __transaction_state} that keeps a transactional id. */
  public int partitionFor(String transactionalId) {
    return Utils.abs(transactionalId.hashCode()) % settings.stateTopicPartitions();
  }

  /**
   * Gives a producer its id and epoch, and fences whoever used the transactional id before.
   *
   * @param transactionalId null for a producer that is idempotent only
   * @param expected what the client has now, if it asks for the next epoch
   */
  public CompletableFuture<ProducerEpoch> initProducerId(
      @Nullable String transactionalId, int timeoutMs, Optional<ProducerEpoch> expected) {
    if (transactionalId == null) {
      return producerIds.next().thenApply(id -> new ProducerEpoch(id, (short) 0));
    }
    if (transactionalId.isEmpty()) {
      return failed(Errors.INVALID_REQUEST, "the transactional id is empty");
    }
    if (timeoutMs <= 0 || timeoutMs > settings.maxTimeout().toMillis()) {
      return failed(
          Errors.INVALID_TRANSACTION_TIMEOUT,
          "transaction.timeout.ms=" + timeoutMs + " > max " + settings.maxTimeout().toMillis());
    }
    // An id may be needed for a new entry or a rotation; taking it first keeps the step atomic.
    return producerIds
        .next()
        .thenCompose(fresh -> onThread(() -> init(transactionalId, timeoutMs, expected, fresh)));
  }

  private CompletableFuture<ProducerEpoch> init(
      String id, int timeoutMs, Optional<ProducerEpoch> expected, long freshProducerId) {
    Entry entry =
        entries.computeIfAbsent(
            id,
            _ ->
                new Entry(
                    new TransactionMetadata(
                        id,
                        freshProducerId,
                        -1,
                        -1,
                        (short) -1,
                        (short) -1,
                        timeoutMs,
                        TransactionState.EMPTY,
                        Set.of(),
                        -1,
                        clock.millis(),
                        TransactionVersion.TV_0)));
    TransactionMetadata metadata = entry.metadata;
    if (metadata.pendingTransitionInProgress()) {
      return failed(Errors.CONCURRENT_TRANSACTIONS, id + " is ending a transaction");
    }
    if (expected.isPresent() && !isCurrent(metadata, expected.get())) {
      return failed(Errors.PRODUCER_FENCED, "a newer producer uses " + id);
    }
    return switch (metadata.state()) {
      case PREPARE_ABORT, PREPARE_COMMIT ->
          failed(Errors.CONCURRENT_TRANSACTIONS, id + " is ending a transaction");
      case EMPTY, COMPLETE_ABORT, COMPLETE_COMMIT -> {
        boolean rotate =
            metadata.isProducerEpochExhausted()
                && expected.map(e -> e.epoch() == metadata.producerEpoch()).orElse(true);
        TxnTransitMetadata transit =
            rotate
                ? metadata.prepareProducerIdRotation(
                    freshProducerId, timeoutMs, clock.millis(), expected.isPresent())
                : metadata.prepareIncrementProducerEpoch(
                    timeoutMs, expected.map(ProducerEpoch::epoch), clock.millis());
        yield transition(entry, transit)
            .thenApply(_ -> new ProducerEpoch(transit.producerId(), transit.producerEpoch()));
      }
      case ONGOING -> {
        // The one before is cut off: its transaction is aborted under an epoch that nobody gets.
        abortFenced(entry, TransactionMetrics.End.FENCED);
        yield failed(
            Errors.CONCURRENT_TRANSACTIONS, "the open transaction of " + id + " is aborted");
      }
      case DEAD, PREPARE_EPOCH_FENCE ->
          failed(Errors.UNKNOWN_SERVER_ERROR, id + " is in state " + metadata.state());
    };
  }

  private static boolean isCurrent(TransactionMetadata metadata, ProducerEpoch expected) {
    return metadata.producerEpoch() == -1
        || expected.producerId() == metadata.producerId()
        || (expected.producerId() == metadata.prevProducerId()
            && TransactionMetadata.isEpochExhausted(expected.epoch()));
  }

  /**
   * Adds partitions to the open transaction, beginning it where needed. Waits for a transition that
   * is under way instead of sending the client round.
   */
  public CompletableFuture<Void> addPartitions(
      String id,
      ProducerEpoch producer,
      Set<TopicPartition> partitions,
      TransactionVersion version) {
    return onThread(() -> add(id, producer, partitions, version));
  }

  private CompletableFuture<Void> add(
      String id,
      ProducerEpoch producer,
      Set<TopicPartition> partitions,
      TransactionVersion version) {
    Entry entry = entries.get(id);
    if (entry == null) {
      return failed(Errors.INVALID_PRODUCER_ID_MAPPING, "no such producer of " + id);
    }
    TransactionMetadata metadata = entry.metadata;
    // Before the producer is looked at: while a transaction ends, its client may have the next
    // producer id and epoch already, which the metadata gets only at the end (KAFKA-18660).
    if (metadata.pendingTransitionInProgress() || isEnding(metadata)) {
      var later = new CompletableFuture<Void>();
      entry.waiting.add(() -> forward(add(id, producer, partitions, version), later));
      return later;
    }
    if (metadata.producerId() != producer.producerId()) {
      return failed(Errors.INVALID_PRODUCER_ID_MAPPING, "no such producer of " + id);
    }
    if (metadata.producerEpoch() != producer.epoch()) {
      return failed(Errors.PRODUCER_FENCED, "a newer producer uses " + id);
    }
    if (metadata.state() == TransactionState.ONGOING
        && metadata.topicPartitions().containsAll(partitions)) {
      return CompletableFuture.completedFuture(null);
    }
    return transition(entry, metadata.prepareAddPartitions(partitions, clock.millis(), version))
        .thenApply(_ -> null);
  }

  private static boolean isEnding(TransactionMetadata metadata) {
    return metadata.state() == TransactionState.PREPARE_COMMIT
        || metadata.state() == TransactionState.PREPARE_ABORT;
  }

  /** Checks that the producer has an open transaction with the partition in it. */
  public CompletableFuture<Void> verify(
      String id, ProducerEpoch producer, Set<TopicPartition> partitions) {
    return onThread(() -> {
      Entry entry = entries.get(id);
      if (entry == null || entry.metadata.producerId() != producer.producerId()) {
        return failed(Errors.INVALID_PRODUCER_ID_MAPPING, "no such producer of " + id);
      }
      if (entry.metadata.producerEpoch() != producer.epoch()) {
        return failed(Errors.PRODUCER_FENCED, "a newer producer uses " + id);
      }
      if (isEnding(entry.metadata)) {
        // A late append behind the marker would leave a transaction that nobody ends.
        return failed(Errors.CONCURRENT_TRANSACTIONS, id + " is ending a transaction");
      }
      return entry.metadata.topicPartitions().containsAll(partitions)
          ? CompletableFuture.completedFuture(null)
          : failed(Errors.TRANSACTION_ABORTABLE, partitions + " are not in the transaction");
    });
  }

  /**
   * Ends the open transaction. Completes when the decision is on disk; the markers follow.
   *
   * @return what the producer goes on with; the same as before under transaction version 0 and 1
   */
  public CompletableFuture<ProducerEpoch> end(
      String id, ProducerEpoch producer, TransactionResult result, TransactionVersion version) {
    return producerIds
        .next() // needed when the epoch is used up
        .thenCompose(fresh -> onThread(() -> end(id, producer, result, version, fresh)));
  }

  private CompletableFuture<ProducerEpoch> end(
      String id,
      ProducerEpoch producer,
      TransactionResult result,
      TransactionVersion version,
      long freshProducerId) {
    Entry entry = entries.get(id);
    if (entry == null) {
      return failed(Errors.INVALID_PRODUCER_ID_MAPPING, "no such producer of " + id);
    }
    EndDecision decision = EndDecision.of(entry.metadata, producer, result, version);
    return switch (decision) {
      case EndDecision.Refuse(var error) -> failed(error, id + ": " + error.message());
      case EndDecision.Repeat _ ->
          CompletableFuture.completedFuture(
              new ProducerEpoch(entry.metadata.producerId(), entry.metadata.producerEpoch()));
      case EndDecision.Wait _ -> {
        // The same end is under way: its client has only lost patience.
        yield failed(Errors.CONCURRENT_TRANSACTIONS, id + " is ending a transaction");
      }
      case EndDecision.Prepare(var state, var noPartitionAdded) -> {
        long next =
            version.supportsEpochBump() && entry.metadata.isProducerEpochExhausted()
                ? freshProducerId
                : -1;
        boolean commit = state == TransactionState.PREPARE_COMMIT;
        yield prepare(
                entry,
                entry.metadata.prepareAbortOrCommit(
                    state, version, next, clock.millis(), noPartitionAdded))
            .whenComplete((_, failure) -> {
              if (failure == null && !noPartitionAdded) {
                metrics.ended(
                    commit ? TransactionMetrics.End.COMMIT : TransactionMetrics.End.ABORT);
              }
            });
      }
    };
  }

  /** Writes the decision; when it is on disk, writes the markers. */
  private CompletableFuture<ProducerEpoch> prepare(Entry entry, TxnTransitMetadata transit) {
    return transition(entry, transit)
        .thenApply(_ -> {
          TxnTransitMetadata complete = entry.metadata.prepareComplete(clock.millis());
          writeMarkers(entry, complete);
          return new ProducerEpoch(complete.producerId(), complete.producerEpoch());
        });
  }

  private void writeMarkers(Entry entry, TxnTransitMetadata complete) {
    TransactionMetadata metadata = entry.metadata;
    TransactionResult result =
        complete.txnState() == TransactionState.COMPLETE_COMMIT
            ? TransactionResult.COMMIT
            : TransactionResult.ABORT;
    var marker =
        new MarkerWriter.Marker(
            new ProducerEpoch(metadata.producerId(), metadata.producerEpoch()),
            result,
            COORDINATOR_EPOCH,
            metadata.clientTransactionVersion().featureLevel());
    markers
        .write(marker, List.copyOf(metadata.topicPartitions()))
        .whenComplete((_, failure) ->
            thread.execute(() -> {
              if (failure == null) {
                transition(entry, complete);
              } else {
                LOGGER
                    .atWarn()
                    .addKeyValue("transactionalId", metadata.transactionalId())
                    .addKeyValue("error", failure)
                    .log("Markers could not be written; trying again");
                thread.schedule(
                    () -> writeMarkers(entry, complete), MARKER_RETRY_MS, TimeUnit.MILLISECONDS);
              }
            }));
  }

  /** Aborts the open transaction under the next epoch, so that its producer is fenced. */
  private void abortFenced(Entry entry, TransactionMetrics.End reason) {
    TransactionMetadata metadata = entry.metadata;
    TxnTransitMetadata fence = metadata.prepareFenceProducerEpoch();
    // Straight on to the abort, which carries the raised epoch.
    metadata.pendingState(Optional.empty());
    metadata.setProducerEpoch(fence.producerEpoch());
    metadata.setLastProducerEpoch((short) -1);
    var _ =
        prepare(
                entry,
                metadata.prepareAbortOrCommit(
                    TransactionState.PREPARE_ABORT,
                    metadata.clientTransactionVersion(),
                    -1,
                    clock.millis(),
                    false))
            .thenApply(producer -> {
              metrics.ended(reason);
              return producer;
            })
            .exceptionally(failure -> {
              LOGGER
                  .atError()
                  .addKeyValue("transactionalId", metadata.transactionalId())
                  .setCause(failure)
                  .log("A transaction could not be aborted");
              return ProducerEpoch.NONE;
            });
  }

  private void expire() {
    long now = clock.millis();
    for (Entry entry : List.copyOf(entries.values())) {
      try {
        expire(entry, now);
      } catch (RuntimeException e) {
        // The next look must come in any case.
        LOGGER
            .atError()
            .addKeyValue("transactionalId", entry.metadata.transactionalId())
            .setCause(e)
            .log("A time-out could not be handled");
      }
    }
  }

  private void expire(Entry entry, long now) {
    TransactionMetadata metadata = entry.metadata;
    if (metadata.pendingTransitionInProgress()) {
      return;
    }
    if (metadata.state() == TransactionState.ONGOING
        && metadata.txnStartTimestamp() + metadata.txnTimeoutMs() < now) {
      LOGGER
          .atInfo()
          .addKeyValue("transactionalId", metadata.transactionalId())
          .addKeyValue("timeoutMs", metadata.txnTimeoutMs())
          .log("Aborting a transaction whose time is over");
      abortFenced(entry, TransactionMetrics.End.TIMEOUT);
    } else if (metadata.state().isExpirationAllowed()
        && metadata.txnLastUpdateTimestamp() + settings.idExpiration().toMillis() < now) {
      forget(entry);
    }
  }

  private void forget(Entry entry) {
    String id = entry.metadata.transactionalId();
    CompletableFuture<Void> durable = append(id, null).durable(); // may be refused
    entry.metadata.prepareDead();
    durable.whenComplete((_, failure) -> thread.execute(() -> endWait(entry, failure == null)));
  }

  private void endWait(Entry entry, boolean forgotten) {
    if (forgotten) {
      entries.remove(entry.metadata.transactionalId());
    } else {
      entry.metadata.pendingState(Optional.empty());
    }
    wake(entry);
  }

  /** Writes a prepared step and completes it once it is on disk. */
  private CompletableFuture<Void> transition(Entry entry, TxnTransitMetadata transit) {
    TransactionMetadata metadata = entry.metadata;
    var done = new CompletableFuture<Void>();
    CompletableFuture<Void> durable;
    try {
      durable =
          append(
                  metadata.transactionalId(),
                  TransactionLog.valueToBytes(transit, transit.clientTransactionVersion()))
              .durable();
    } catch (RuntimeException e) {
      durable = CompletableFuture.failedFuture(e);
    }
    durable.whenComplete((_, failure) ->
        thread.execute(() -> {
          if (failure == null) {
            metadata.completeTransitionTo(transit);
            done.complete(null);
          } else {
            // Nothing follows in a log that has failed: the next start reads what is there.
            metadata.pendingState(Optional.empty());
            done.completeExceptionally(
                Errors.COORDINATOR_NOT_AVAILABLE.exception(
                    "the state of " + metadata.transactionalId() + " is not on disk"));
          }
          wake(entry);
        }));
    return done;
  }

  private static void wake(Entry entry) {
    var waiting = new ArrayList<>(entry.waiting);
    entry.waiting.clear();
    for (Runnable waiter : waiting) {
      try {
        waiter.run();
      } catch (RuntimeException e) {
        LOGGER.atError().setCause(e).log("A step that waited failed");
      }
    }
  }

  private Appended append(String id, byte @Nullable [] value) {
    var partition = new TopicPartition(Topic.TRANSACTION_STATE_TOPIC_NAME, partitionFor(id));
    return engine
        .find(partition)
        .orElseThrow(() -> Errors.COORDINATOR_NOT_AVAILABLE.exception("no log " + partition))
        .append(
            MemoryRecords.withRecords(
                Compression.NONE,
                new SimpleRecord(clock.millis(), TransactionLog.keyToBytes(id), value)),
            COORDINATOR_EPOCH,
            AppendOrigin.COORDINATOR,
            VerificationGuard.SENTINEL,
            TransactionVersion.TV_UNKNOWN);
  }

  /** The states of all transactional ids, copied on the coordinator's thread. */
  public CompletableFuture<List<TransactionView>> list() {
    return onThread(() ->
        CompletableFuture.completedFuture(
            entries.values().stream()
                .filter(entry -> entry.metadata.state() != TransactionState.DEAD)
                .map(entry -> TransactionView.of(entry.metadata))
                .toList()));
  }

  private <T> CompletableFuture<T> onThread(Supplier<CompletableFuture<T>> step) {
    var result = new CompletableFuture<T>();
    result.whenComplete((_, failure) -> {
      if (failure != null) {
        metrics.refused(failure);
      }
    });
    thread.execute(() -> {
      try {
        forward(step.get(), result);
      } catch (ApiException e) {
        result.completeExceptionally(e);
      } catch (RuntimeException e) {
        LOGGER.atError().setCause(e).log("A step of a transaction failed");
        result.completeExceptionally(e);
      }
    });
    return result;
  }

  private static <T> void forward(CompletableFuture<T> from, CompletableFuture<T> to) {
    from.whenComplete((value, failure) -> {
      if (failure == null) {
        to.complete(value);
      } else {
        to.completeExceptionally(failure);
      }
    });
  }

  private static <T> CompletableFuture<T> failed(Errors error, String message) {
    return CompletableFuture.failedFuture(error.exception(message));
  }

  @Override
  public void close() {
    // Never interrupted: an interrupt within a file's channel would close the log's segment.
    thread.shutdown();
    try {
      if (!thread.awaitTermination(10, TimeUnit.SECONDS)) {
        LOGGER.atWarn().log("Transactions did not come to rest within 10 s");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
