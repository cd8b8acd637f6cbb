package io.headwater.hub.kafka.txn;

import io.headwater.hub.kafka.log.PartitionLog;
import java.time.Clock;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TxnTransitMetadata;
import org.jspecify.annotations.Nullable;

/**
 * The transactional ids of one state partition during one tenure of this broker: loading, for which
 * its log may have to be read again and again, then active until it is over. When nobody knows any
 * more what its log has, it has failed, and serves nothing until the next tenure reads it. Confined
 * to the coordinator's thread, but for {@link #read}.
 */
final class Shard {
  /** Where a tenure stands. */
  private enum Stage {
    LOADING,
    /** Its log could not be read, and is to be read again. */
    UNREADABLE,
    ACTIVE,
    FAILED,
    OVER;

    boolean mayBecome(Stage next) {
      return switch (this) {
        case LOADING -> next != LOADING;
        case UNREADABLE -> next != LOADING && next != UNREADABLE;
        case ACTIVE -> next == FAILED || next == OVER;
        case FAILED -> next == OVER;
        case OVER -> false;
      };
    }
  }

  private final TopicPartition partition;
  private final int leaderEpoch;
  private final TransactionStateLog log;
  private final CompletableFuture<Void> loaded = new CompletableFuture<>();
  private final Map<String, Entry> entries = new HashMap<>();

  /** Steps whose clients wait for the disk. */
  private final Map<Long, CompletableFuture<Void>> steps = new HashMap<>();

  private long tracked;

  private Stage stage = Stage.LOADING;

  Shard(TopicPartition partition, int leaderEpoch, PartitionLog log, Clock clock) {
    this.partition = partition;
    this.leaderEpoch = leaderEpoch;
    this.log = new TransactionStateLog(log, leaderEpoch, clock);
  }

  TopicPartition partition() {
    return partition;
  }

  int leaderEpoch() {
    return leaderEpoch;
  }

  /** Reads the log; waits for the disk. By any thread. */
  Map<String, TransactionMetadata> read() {
    return log.read();
  }

  /** Completes when it is not loading any more. */
  CompletableFuture<Void> loaded() {
    return loaded;
  }

  boolean isLoading() {
    return stage == Stage.LOADING;
  }

  /** Whether its tenure lasts and it has not been read. */
  boolean isUnread() {
    return stage == Stage.LOADING || stage == Stage.UNREADABLE;
  }

  boolean isActive() {
    return stage == Stage.ACTIVE;
  }

  boolean isOver() {
    return stage == Stage.OVER;
  }

  private boolean become(Stage next) {
    if (!stage.mayBecome(next)) {
      return false;
    }
    stage = next;
    return true;
  }

  /** Takes what was read; false if the tenure was over before. */
  boolean activate(Map<String, TransactionMetadata> states) {
    if (!become(Stage.ACTIVE)) {
      return false;
    }
    states.forEach((id, metadata) -> entries.put(id, new Entry(this, metadata)));
    loaded.complete(null);
    return true;
  }

  /** It will be read again. Nobody waits for that: it may take as long as the tenure. */
  void unreadable() {
    if (become(Stage.UNREADABLE)) {
      loaded.complete(null);
    }
  }

  /** Serves nothing more until the next tenure reads the log again. */
  void fail() {
    if (become(Stage.FAILED)) {
      end(Errors.COORDINATOR_NOT_AVAILABLE);
    }
  }

  /** Ends the tenure: whoever waits is sent to the next one. */
  void resign() {
    if (become(Stage.OVER)) {
      end(Errors.NOT_COORDINATOR);
    }
  }

  private void end(Errors why) {
    List<Entry> forgotten = List.copyOf(entries.values());
    List<CompletableFuture<Void>> interrupted = List.copyOf(steps.values());
    entries.clear();
    steps.clear();
    interrupted.forEach(step -> step.completeExceptionally(error(why)));
    for (Entry entry : forgotten) {
      entry.additions().all().forEach(addition -> entry.additions().giveUp(addition, error(why)));
      entry.wake();
    }
    loaded.complete(null);
  }

  /**
   * Refuses while it cannot say what there is.
   *
   * @throws ApiException NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE
   */
  void check() {
    switch (stage) {
      case ACTIVE -> {}
      case LOADING -> throw error(Errors.COORDINATOR_LOAD_IN_PROGRESS);
      case UNREADABLE, FAILED -> throw error(Errors.COORDINATOR_NOT_AVAILABLE);
      case OVER -> throw error(Errors.NOT_COORDINATOR);
    }
  }

  private ApiException error(Errors error) {
    return error.exception(
        switch (error) {
          case COORDINATOR_LOAD_IN_PROGRESS -> partition + " is being read";
          case NOT_COORDINATOR -> partition + " is led by another broker now";
          default -> partition + " cannot be read or written now";
        });
  }

  @Nullable Entry entry(String transactionalId) {
    return entries.get(transactionalId);
  }

  Collection<Entry> entries() {
    return entries.values();
  }

  /** Adds an id that nobody has used yet. */
  Entry add(TransactionMetadata metadata) {
    var entry = new Entry(this, metadata);
    entries.put(metadata.transactionalId(), entry);
    return entry;
  }

  void forget(String transactionalId) {
    entries.remove(transactionalId);
  }

  /** See {@link TransactionStateLog#write}. */
  CompletableFuture<Void> write(String transactionalId, TxnTransitMetadata step) {
    return log.write(transactionalId, step);
  }

  /** See {@link TransactionStateLog#remove}. */
  CompletableFuture<Void> writeRemoval(String transactionalId) {
    return log.remove(transactionalId);
  }

  /** Has the end of the tenure end a step whose client waits. */
  void track(CompletableFuture<Void> step) {
    long number = ++tracked;
    steps.put(number, step);
    step.whenComplete((_, _) -> steps.remove(number));
  }
}
