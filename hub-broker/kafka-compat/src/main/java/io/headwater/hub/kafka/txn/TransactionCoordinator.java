package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.process.Threads;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.apache.kafka.coordinator.transaction.TxnTransitMetadata;
import org.apache.kafka.server.common.TransactionVersion;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the transactional ids of the state partitions that this broker leads; see the package
 * comment.
 *
 * <p>All state is confined to the thread {@code hub-txn-0}; public methods enqueue to it and return
 * futures that fail with the protocol's exceptions: NOT_COORDINATOR for ids of other partitions,
 * also when a partition is lost in the middle of a step, COORDINATOR_LOAD_IN_PROGRESS while one is
 * being read.
 */
public final class TransactionCoordinator implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(TransactionCoordinator.class);

  /** What the hub itself ends is ended by the newest rules, whatever the client speaks. */
  private static final TransactionVersion OWN_VERSION = TransactionVersion.TV_2;

  /** How long a step waits for the one before it, until its client is told to come back. */
  private static final long WAIT_MS = 100;

  private final Markers markers;
  private final ProducerIds producerIds;
  private final TransactionSettings settings;
  private final TransactionMetrics metrics;
  private final Clock clock;
  private final ScheduledThreadPoolExecutor thread =
      new ScheduledThreadPoolExecutor(1, Threads.factory("hub-txn"));
  private final Shards shards;

  /** Markers on their way. */
  private final Set<MarkerRun> runs = new HashSet<>();

  public TransactionCoordinator(
      LogEngine engine,
      Markers markers,
      ProducerIds producerIds,
      TransactionSettings settings,
      TransactionMetrics metrics,
      Clock clock) {
    this.markers = markers;
    this.producerIds = producerIds;
    this.settings = settings;
    this.metrics = metrics;
    this.clock = clock;
    this.shards = new Shards(engine, settings, clock, thread, this::goOn);
    // A marker that is tried again in a while must not hold up the end.
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    // Partitions may still move here at the end; clients are gone by then.
    thread.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
  }

  /** Begins to look for time-outs. */
  public void start() {
    long check = settings.expiryCheck().toMillis();
    var _ = thread.scheduleWithFixedDelay(this::expire, check, check, TimeUnit.MILLISECONDS);
  }

  /**
   * Takes a partition of {@code __transaction_state} over: reads it, then goes on with what was
   * being ended. Does nothing if it is held under this epoch or a higher one.
   *
   * @throws ApiException its log is not open
   */
  public void onElection(int partition, int leaderEpoch) {
    shards.elect(partition, leaderEpoch);
  }

  /**
   * Gives a partition up: steps that wait for its log fail with NOT_COORDINATOR, and no marker of
   * it is written any more.
   *
   * @param leaderEpoch of whoever holds it now, where that is known; nothing happens unless it is
   *     above this broker's
   */
  public void onResignation(int partition, OptionalInt leaderEpoch) {
    shards.resign(partition, leaderEpoch);
  }

  /** Completes when all that has been taken over until now is read. */
  public CompletableFuture<Void> loaded() {
    return onThread(shards::loaded);
  }

  private void goOn(Entry entry) {
    writeMarkers(entry, entry.metadata().prepareComplete(clock.millis()));
  }

  /**
   * Gives a producer its id and epoch, and fences whoever used the transactional id before.
   *
   * @param transactionalId null for a producer that is idempotent only
   * @param expected what the client has now, if it asks for the next epoch (KIP-360)
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
    Shard shard = shards.of(id);
    Entry known = shard.entry(id);
    Entry entry = known == null ? shard.add(unused(id, timeoutMs, freshProducerId)) : known;
    TransactionMetadata metadata = entry.metadata();
    if (metadata.pendingTransitionInProgress()) {
      return failed(Errors.CONCURRENT_TRANSACTIONS, id + " is ending a transaction");
    }
    if (expected.isPresent() && !isCurrent(metadata, expected.get())) {
      return failed(Errors.PRODUCER_FENCED, "a newer producer uses " + id);
    }
    return switch (metadata.state()) {
      case PREPARE_ABORT, PREPARE_COMMIT ->
          failed(Errors.CONCURRENT_TRANSACTIONS, id + " is ending a transaction");
      case EMPTY, COMPLETE_ABORT, COMPLETE_COMMIT ->
          nextEpoch(entry, timeoutMs, expected, freshProducerId);
      case ONGOING ->
          // The one before is cut off: its transaction is aborted under an epoch that nobody gets.
          abort(entry, OptionalLong.of(freshProducerId), TransactionMetrics.End.FENCED)
              .thenCompose(_ ->
                  failed(
                      Errors.CONCURRENT_TRANSACTIONS,
                      "the open transaction of " + id + " is aborted"));
      case DEAD, PREPARE_EPOCH_FENCE ->
          failed(Errors.UNKNOWN_SERVER_ERROR, id + " is in state " + metadata.state());
    };
  }

  private TransactionMetadata unused(String id, int timeoutMs, long producerId) {
    return new TransactionMetadata(
        id,
        producerId,
        -1,
        -1,
        (short) -1,
        (short) -1,
        timeoutMs,
        TransactionState.EMPTY,
        Set.of(),
        -1,
        clock.millis(),
        TransactionVersion.TV_0);
  }

  private static boolean isCurrent(TransactionMetadata metadata, ProducerEpoch expected) {
    return metadata.producerEpoch() == -1
        || expected.producerId() == metadata.producerId()
        || (expected.producerId() == metadata.prevProducerId()
            && TransactionMetadata.isEpochExhausted(expected.epoch()));
  }

  private CompletableFuture<ProducerEpoch> nextEpoch(
      Entry entry, int timeoutMs, Optional<ProducerEpoch> expected, long freshProducerId) {
    TransactionMetadata metadata = entry.metadata();
    TxnTransitMetadata transit;
    if (!metadata.isProducerEpochExhausted()) {
      transit =
          metadata.prepareIncrementProducerEpoch(
              timeoutMs, expected.map(ProducerEpoch::epoch), clock.millis());
    } else if (expected.map(e -> e.epoch() == metadata.producerEpoch()).orElse(true)) {
      transit =
          metadata.prepareProducerIdRotation(
              freshProducerId, timeoutMs, clock.millis(), expected.isPresent());
    } else if (expected.map(e -> e.epoch() == metadata.lastProducerEpoch()).orElse(false)) {
      // The answer with the last epoch was lost, and the client asks once more.
      return CompletableFuture.completedFuture(
          new ProducerEpoch(metadata.producerId(), metadata.producerEpoch()));
    } else {
      return failed(Errors.PRODUCER_FENCED, "a newer producer uses " + metadata.transactionalId());
    }
    return transition(entry, transit)
        .thenApply(_ -> new ProducerEpoch(transit.producerId(), transit.producerEpoch()));
  }

  /**
   * Adds partitions to the open transaction, beginning it where needed. Waits a moment for a
   * transition that is under way instead of sending the client round. What comes at once, as from
   * the partitions of one request, and what comes meanwhile is written at once: each step is a
   * force of the disk.
   */
  public CompletableFuture<Void> addPartitions(
      String id,
      ProducerEpoch producer,
      Set<TopicPartition> partitions,
      TransactionVersion version) {
    return onThread(() -> {
      Entry entry = existing(id);
      Additions.Addition addition =
          entry.additions().add(new Additions.Adder(producer, version), partitions);
      if (!entry.isAdding()) {
        entry.adding(true);
        thread.execute(() -> addTogether(entry)); // behind those that have come with it
      } else if (entry.isBusy()) {
        giveUpLater(entry, addition);
      }
      return addition.done();
    });
  }

  /** Tells the client to come back when the step before takes too long. */
  private void giveUpLater(Entry entry, Additions.Addition addition) {
    var _ =
        thread.schedule(
            () ->
                entry
                    .additions()
                    .giveUp(
                        addition,
                        Errors.CONCURRENT_TRANSACTIONS.exception(
                            entry.id() + " is ending a transaction")),
            WAIT_MS,
            TimeUnit.MILLISECONDS);
  }

  private void addTogether(Entry entry) {
    // Before the producer is looked at: while a transaction ends, its client may have the next
    // producer id and epoch already, which the metadata gets only at the end (KAFKA-18660).
    while (!entry.additions().isEmpty() && !entry.isBusy()) {
      Additions.Group next = entry.additions().takeNext();
      take(() -> add(entry, next.adder(), next.partitions()), next.done());
    }
    entry.adding(!entry.additions().isEmpty());
    if (entry.isAdding()) {
      entry.additions().all().forEach(addition -> giveUpLater(entry, addition));
      entry.await(() -> addTogether(entry));
    }
  }

  private CompletableFuture<Void> add(
      Entry entry, Additions.Adder adder, Set<TopicPartition> partitions) {
    TransactionMetadata metadata = entry.metadata();
    String id = metadata.transactionalId();
    entry.shard().check();
    if (!entry.isKnown() || metadata.producerId() != adder.producer().producerId()) {
      return failed(Errors.INVALID_PRODUCER_ID_MAPPING, "no such producer of " + id);
    }
    if (metadata.producerEpoch() != adder.producer().epoch()) {
      return failed(Errors.PRODUCER_FENCED, "a newer producer uses " + id);
    }
    if (metadata.state() == TransactionState.ONGOING
        && metadata.topicPartitions().containsAll(partitions)) {
      return CompletableFuture.completedFuture(null);
    }
    return transition(
        entry, metadata.prepareAddPartitions(partitions, clock.millis(), adder.version()));
  }

  /** The entry of an id; throws the protocol's exceptions. */
  private Entry existing(@Nullable String id) {
    if (id == null || id.isEmpty()) {
      throw Errors.INVALID_REQUEST.exception("the transactional id is empty");
    }
    Entry entry = shards.of(id).entry(id);
    if (entry == null) {
      throw Errors.INVALID_PRODUCER_ID_MAPPING.exception("no such producer of " + id);
    }
    return entry;
  }

  /** Checks that the producer has an open transaction with the partition in it. */
  public CompletableFuture<Void> verify(
      String id, ProducerEpoch producer, Set<TopicPartition> partitions) {
    return onThread(() -> {
      Entry entry = existing(id);
      TransactionMetadata metadata = entry.metadata();
      if (metadata.producerId() != producer.producerId()) {
        return failed(Errors.INVALID_PRODUCER_ID_MAPPING, "no such producer of " + id);
      }
      if (metadata.producerEpoch() != producer.epoch()) {
        return failed(Errors.PRODUCER_FENCED, "a newer producer uses " + id);
      }
      if (entry.isEnding()) {
        // A late append behind the marker would leave a transaction that nobody ends.
        return failed(Errors.CONCURRENT_TRANSACTIONS, id + " is ending a transaction");
      }
      return metadata.topicPartitions().containsAll(partitions)
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
    return onThread(() -> end(id, producer, result, version, OptionalLong.empty()));
  }

  private CompletableFuture<ProducerEpoch> end(
      String id,
      ProducerEpoch producer,
      TransactionResult result,
      TransactionVersion version,
      OptionalLong fresh) {
    Entry entry = existing(id);
    TransactionMetadata metadata = entry.metadata();
    return switch (EndDecision.of(metadata, producer, result, version)) {
      case EndDecision.Refuse(var error) -> failed(error, id + ": " + error.message());
      case EndDecision.Repeat _ ->
          CompletableFuture.completedFuture(
              new ProducerEpoch(metadata.producerId(), metadata.producerEpoch()));
      case EndDecision.Wait _ -> {
        // The same end is under way: its client has only lost patience.
        yield failed(Errors.CONCURRENT_TRANSACTIONS, id + " is ending a transaction");
      }
      case EndDecision.Prepare(var state, var noPartitionAdded) -> {
        boolean rotates = version.supportsEpochBump() && metadata.isProducerEpochExhausted();
        if (rotates && fresh.isEmpty()) {
          yield producerIds
              .next()
              .thenCompose(next ->
                  onThread(() -> end(id, producer, result, version, OptionalLong.of(next))));
        }
        boolean commit = state == TransactionState.PREPARE_COMMIT;
        yield prepare(
                entry,
                metadata.prepareAbortOrCommit(
                    state,
                    version,
                    rotates ? fresh.getAsLong() : ProducerEpoch.NONE.producerId(),
                    clock.millis(),
                    noPartitionAdded))
            .thenApply(next -> {
              if (!noPartitionAdded) {
                metrics.ended(
                    commit ? TransactionMetrics.End.COMMIT : TransactionMetrics.End.ABORT);
              }
              return next;
            });
      }
    };
  }

  /** Writes the decision; when it is on disk, writes the markers. */
  private CompletableFuture<ProducerEpoch> prepare(Entry entry, TxnTransitMetadata transit) {
    return transition(entry, transit)
        .thenApply(_ -> {
          TxnTransitMetadata complete = entry.metadata().prepareComplete(clock.millis());
          writeMarkers(entry, complete);
          return new ProducerEpoch(complete.producerId(), complete.producerEpoch());
        });
  }

  private void writeMarkers(Entry entry, TxnTransitMetadata complete) {
    TransactionMetadata metadata = entry.metadata();
    TransactionResult result =
        complete.txnState() == TransactionState.COMPLETE_COMMIT
            ? TransactionResult.COMMIT
            : TransactionResult.ABORT;
    var marker =
        new MarkerWriter.Marker(
            new ProducerEpoch(metadata.producerId(), metadata.producerEpoch()),
            result,
            entry.shard().leaderEpoch(),
            metadata.clientTransactionVersion().featureLevel());
    var run =
        new MarkerRun(
            metadata.transactionalId(),
            markers,
            marker,
            metadata.topicPartitions(),
            thread,
            entry.shard()::isActive,
            finished -> {
              runs.remove(finished);
              var _ = transition(entry, complete);
            });
    runs.add(run);
    run.start();
  }

  /** Markers that were refused may find another leader now. */
  public void onLeaders() {
    thread.execute(() -> {
      runs.removeIf(MarkerRun::isOver);
      runs.forEach(MarkerRun::hurry);
    });
  }

  /**
   * Aborts the open transaction. That raises the epoch once (KAFKA-19367), so its producer is
   * fenced, or gets a new id where the epochs are used up.
   */
  private CompletableFuture<ProducerEpoch> abort(
      Entry entry, OptionalLong fresh, TransactionMetrics.End reason) {
    TransactionMetadata metadata = entry.metadata();
    return prepare(
            entry,
            metadata.prepareAbortOrCommit(
                TransactionState.PREPARE_ABORT,
                OWN_VERSION,
                metadata.isProducerEpochExhausted()
                    ? fresh.orElseThrow()
                    : ProducerEpoch.NONE.producerId(),
                clock.millis(),
                false))
        .thenApply(next -> {
          metrics.ended(reason);
          return next;
        });
  }

  private void expire() {
    for (Entry entry : shards.entries()) {
      try {
        expire(entry, OptionalLong.empty());
      } catch (RuntimeException e) {
        // The next look must come in any case.
        LOGGER
            .atError()
            .addKeyValue("transactionalId", entry.id())
            .setCause(e)
            .log("A time-out could not be handled");
      }
    }
  }

  private void expire(Entry entry, OptionalLong fresh) {
    TransactionMetadata metadata = entry.metadata();
    if (!entry.isKnown() || metadata.pendingTransitionInProgress()) {
      return;
    }
    long now = clock.millis();
    if (metadata.state() == TransactionState.ONGOING
        && metadata.txnStartTimestamp() + metadata.txnTimeoutMs() < now) {
      abortOverdue(entry, fresh);
    } else if (metadata.state().isExpirationAllowed()
        && metadata.txnLastUpdateTimestamp() + settings.idExpiration().toMillis() <= now) {
      forget(entry);
    }
  }

  private void abortOverdue(Entry entry, OptionalLong fresh) {
    TransactionMetadata metadata = entry.metadata();
    CompletableFuture<?> aborted;
    if (metadata.isProducerEpochExhausted() && fresh.isEmpty()) {
      aborted =
          producerIds.next().thenAcceptAsync(next -> expire(entry, OptionalLong.of(next)), thread);
    } else {
      LOGGER
          .atInfo()
          .addKeyValue("transactionalId", metadata.transactionalId())
          .addKeyValue("timeoutMs", metadata.txnTimeoutMs())
          .log("Aborting a transaction whose time is over");
      aborted = abort(entry, fresh, TransactionMetrics.End.TIMEOUT);
    }
    aborted.whenComplete((_, failure) -> {
      if (failure != null) {
        LOGGER
            .atError()
            .addKeyValue("transactionalId", metadata.transactionalId())
            .setCause(failure)
            .log("A transaction could not be aborted");
      }
    });
  }

  private void forget(Entry entry) {
    entry.metadata().prepareDead();
    step(entry, () -> entry.shard().writeRemoval(entry.id()))
        .whenComplete((_, failure) -> {
          if (failure == null) {
            entry.shard().forget(entry.id());
          }
        });
  }

  /** Writes a prepared step and completes it once it is on disk. */
  private CompletableFuture<Void> transition(Entry entry, TxnTransitMetadata transit) {
    return step(entry, () -> entry.shard().write(entry.id(), transit))
        .thenRun(() -> entry.metadata().completeTransitionTo(transit));
  }

  /** Completes on this thread once the write is on disk, if its tenure still lasts then. */
  private CompletableFuture<Void> step(Entry entry, Supplier<CompletableFuture<Void>> write) {
    Shard shard = entry.shard();
    var done = new CompletableFuture<Void>();
    CompletableFuture<Void> written;
    try {
      shard.check();
      written = write.get();
    } catch (RuntimeException e) {
      // Nothing was written: the id is as it was before.
      entry.metadata().pendingState(Optional.empty());
      thread.execute(entry::wake); // behind whoever is told
      done.completeExceptionally(
          e instanceof ApiException && shard.isOver() ? e : notOnDisk(entry, e));
      return done;
    }
    shard.track(done);
    written.whenComplete((_, failure) ->
        thread.execute(() -> {
          if (failure == null) {
            done.complete(null);
            entry.wake();
          } else {
            // Nothing follows in a log that has failed: the next tenure reads what is there.
            shard.fail();
          }
        }));
    return done;
  }

  private static ApiException notOnDisk(Entry entry, RuntimeException cause) {
    LOGGER
        .atWarn()
        .addKeyValue("transactionalId", entry.id())
        .addKeyValue("error", cause)
        .log("A step of a transaction could not be written");
    return Errors.COORDINATOR_NOT_AVAILABLE.exception(
        "the state of " + entry.id() + " is not on disk");
  }

  /**
   * The states of all transactional ids of this broker, copied on the coordinator's thread; {@code
   * CoordinatorLoadInProgressException}.
   */
  public CompletableFuture<List<TransactionView>> list() {
    return onThread(() -> {
      shards.checkLoaded();
      return CompletableFuture.completedFuture(
          shards.entries().stream()
              .filter(entry -> entry.metadata().state() != TransactionState.DEAD)
              .map(entry -> TransactionView.of(entry.metadata()))
              .toList());
    });
  }

  /** The state of one id; {@code TransactionalIdNotFoundException}. */
  public CompletableFuture<TransactionView> describe(String id) {
    return onThread(() -> {
      if (id.isEmpty()) {
        return failed(Errors.INVALID_REQUEST, "the transactional id is empty");
      }
      Entry entry = shards.of(id).entry(id);
      return entry == null
          ? failed(Errors.TRANSACTIONAL_ID_NOT_FOUND, "there is no transactional id " + id)
          : CompletableFuture.completedFuture(TransactionView.of(entry.metadata()));
    });
  }

  private <T> CompletableFuture<T> onThread(Supplier<CompletableFuture<T>> step) {
    var result = new CompletableFuture<T>();
    result.whenComplete((_, failure) -> {
      if (failure != null) {
        metrics.refused(failure);
      }
    });
    thread.execute(() -> take(step, result));
    return result;
  }

  private static <T> void take(Supplier<CompletableFuture<T>> step, CompletableFuture<T> result) {
    try {
      step.get()
          .whenComplete((value, failure) -> {
            if (failure == null) {
              result.complete(value);
            } else {
              result.completeExceptionally(failure);
            }
          });
    } catch (ApiException e) {
      result.completeExceptionally(e);
    } catch (RuntimeException e) {
      LOGGER.atError().setCause(e).log("A step of a transaction failed");
      result.completeExceptionally(e);
    }
  }

  private static <T> CompletableFuture<T> failed(Errors error, String message) {
    return CompletableFuture.failedFuture(error.exception(message));
  }

  @Override
  public void close() {
    shards.close();
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
