package io.headwater.hub.kafka.txn;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import org.apache.kafka.coordinator.transaction.TransactionMetadata;
import org.apache.kafka.coordinator.transaction.TransactionState;

/**
 * A transactional id and who waits for its running transition. Confined to the coordinator's
 * thread.
 */
final class Entry {
  private final Shard shard;
  private final TransactionMetadata metadata;
  private final Deque<Runnable> waiting = new ArrayDeque<>();

  /** Partitions that wait for a step which writes them. */
  private final Additions additions = new Additions();

  /** Whether {@code additions} will be looked at. */
  private boolean adding;

  Entry(Shard shard, TransactionMetadata metadata) {
    this.shard = shard;
    this.metadata = metadata;
  }

  /** The tenure under which it is kept. */
  Shard shard() {
    return shard;
  }

  String id() {
    return metadata.transactionalId();
  }

  TransactionMetadata metadata() {
    return metadata;
  }

  Additions additions() {
    return additions;
  }

  boolean isAdding() {
    return adding;
  }

  void adding(boolean willBeLookedAt) {
    this.adding = willBeLookedAt;
  }

  /** Whether it is still kept: neither forgotten nor kept by another tenure. */
  boolean isKnown() {
    return shard.entry(id()) == this;
  }

  boolean isBusy() {
    return isKnown() && (metadata.pendingTransitionInProgress() || isEnding());
  }

  boolean isEnding() {
    return metadata.state() == TransactionState.PREPARE_COMMIT
        || metadata.state() == TransactionState.PREPARE_ABORT;
  }

  void await(Runnable step) {
    waiting.add(step);
  }

  /** Lets those go on that wait for the transition. */
  void wake() {
    var woken = new ArrayList<>(waiting);
    waiting.clear();
    woken.forEach(Runnable::run);
  }
}
