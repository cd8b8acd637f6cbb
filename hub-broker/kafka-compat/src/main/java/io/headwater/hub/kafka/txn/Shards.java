package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.log.ReadAgain;
import io.headwater.process.Threads;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state partitions that this broker leads, one tenure each. Confined to the coordinator's
 * thread, but for what says otherwise; reads logs on a thread of its own, {@code hub-txn-loader-0}.
 */
final class Shards implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Shards.class);

  private final LogEngine engine;
  private final TransactionSettings settings;
  private final Clock clock;
  private final Executor thread;
  private final Consumer<Entry> ending;
  private final ExecutorService loader =
      Executors.newSingleThreadExecutor(Threads.factory("hub-txn-loader"));
  private final Map<TopicPartition, Shard> held = new HashMap<>();

  /**
   * @param thread the coordinator's
   * @param ending is given each id that is found with a decision that was not carried out
   */
  Shards(
      LogEngine engine,
      TransactionSettings settings,
      Clock clock,
      Executor thread,
      Consumer<Entry> ending) {
    this.engine = engine;
    this.settings = settings;
    this.clock = clock;
    this.thread = thread;
    this.ending = ending;
  }

  /**
   * Takes a partition over, unless it is held under this epoch or a higher one. By any thread.
   *
   * @throws ApiException its log is not open
   */
  void elect(int partition, int leaderEpoch) {
    TopicPartition elected = TransactionSettings.statePartition(partition);
    // Looked for now: later there may be the log of another tenure.
    PartitionLog log = engine.require(elected);
    thread.execute(() -> begin(new Shard(elected, leaderEpoch, log, clock)));
  }

  private void begin(Shard shard) {
    Shard before = held.get(shard.partition());
    if (before != null && before.leaderEpoch() >= shard.leaderEpoch()) {
      return;
    }
    held.put(shard.partition(), shard);
    if (before != null) {
      before.resign();
    }
    read(shard, new ReadAgain());
  }

  private void read(Shard shard, ReadAgain again) {
    if (!shard.isUnread() || loader.isShutdown()) {
      return;
    }
    CompletableFuture.supplyAsync(shard::read, loader)
        .whenComplete((states, failure) ->
            thread.execute(() -> {
              if (failure != null) {
                unreadable(shard, failure, again);
              } else if (shard.activate(states)) {
                List.copyOf(shard.entries()).stream().filter(Entry::isEnding).forEach(ending);
              }
            }));
  }

  private void unreadable(Shard shard, Throwable failure, ReadAgain again) {
    if (!shard.isUnread()) {
      return; // the tenure is over, and its log was closed
    }
    boolean lost = engine.lost(shard.partition()).isPresent();
    LOGGER
        .atError()
        .addKeyValue("topicName", shard.partition().topic())
        .addKeyValue("partition", shard.partition().partition())
        .setCause(failure)
        .addKeyValue("readAgain", !lost)
        .log("Transactional ids of a partition cannot be read and are not served");
    if (lost) {
      shard.fail();
      return;
    }
    // Nobody else would: the tenure lasts, and where this broker is the only one no other begins.
    shard.unreadable();
    CompletableFuture.delayedExecutor(again.pause(), TimeUnit.MILLISECONDS, thread)
        .execute(() -> read(shard, again));
  }

  /** Gives a partition up, unless {@code leaderEpoch} is known and not above its own. By any. */
  void resign(int partition, OptionalInt leaderEpoch) {
    thread.execute(() -> {
      TopicPartition lost = TransactionSettings.statePartition(partition);
      Shard shard = held.get(lost);
      if (shard != null
          && (leaderEpoch.isEmpty() || leaderEpoch.getAsInt() > shard.leaderEpoch())) {
        held.remove(lost);
        shard.resign();
      }
    });
  }

  /** Completes when nothing is being read of what is held now. */
  CompletableFuture<Void> loaded() {
    return CompletableFuture.allOf(
        held.values().stream().map(Shard::loaded).toArray(CompletableFuture<?>[]::new));
  }

  /**
   * The tenure that keeps an id.
   *
   * @throws ApiException the id is kept elsewhere, or its state is not known now
   */
  Shard of(String transactionalId) {
    TopicPartition partition = settings.partitionFor(transactionalId);
    if (engine.lost(partition).isPresent()) {
      throw Errors.COORDINATOR_NOT_AVAILABLE.exception(
          partition + ", which keeps " + transactionalId + ", cannot be used until the next start");
    }
    Shard shard = held.get(partition);
    if (shard == null) {
      throw Errors.NOT_COORDINATOR.exception(
          partition + ", which keeps " + transactionalId + ", is not led by this broker");
    }
    shard.check();
    return shard;
  }

  /** All ids that are served. */
  List<Entry> entries() {
    return held.values().stream().flatMap(shard -> shard.entries().stream()).toList();
  }

  /**
   * Refuses while anything is being read.
   *
   * @throws ApiException COORDINATOR_LOAD_IN_PROGRESS
   */
  void checkLoaded() {
    held.values().stream().filter(Shard::isLoading).forEach(Shard::check);
  }

  /** By any thread. What is being read is read to its end, or for 10 s. */
  @Override
  public void close() {
    // Never interrupted: an interrupt within a file's channel would close the log's segment.
    loader.shutdown();
    try {
      if (!loader.awaitTermination(10, TimeUnit.SECONDS)) {
        LOGGER.atWarn().log("Transactional ids were not read within 10 s");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
