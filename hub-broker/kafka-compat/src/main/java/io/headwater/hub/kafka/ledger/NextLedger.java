package io.headwater.hub.kafka.ledger;

import io.headwater.hub.kafka.ledger.PartitionState.Part;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The ledger that a log will go on in: made, and made known in the state of the partition, while
 * the one before is still written; so changing over to it waits for nothing. Thread-safe.
 */
final class NextLedger {
  /** From a ledger to the next. */
  private record Roll(OpenLedger full, OpenLedger begun) {}

  private final LedgerPartitionLog log;
  private final Ownership ownership;
  private final LedgerLogEngine engine;

  // Guarded by this.
  private Ledgers.@Nullable Writer ready;
  private boolean preparing;

  /** What is not noted yet, in order; the first is being noted. */
  private final Deque<Roll> rolls = new ArrayDeque<>();

  /** Whether to change over at the next append, because there are enough stores again. */
  private boolean healing;

  NextLedger(LedgerPartitionLog log, Ownership ownership, LedgerLogEngine engine) {
    this.log = log;
    this.ownership = ownership;
    this.engine = engine;
  }

  /**
   * The ledger to go on in, if it is time and there is one; then it is the caller's. Waits for
   * nothing: the log writes on in the one that it has as long as there is none.
   *
   * @param isDue whether the open one is full or old
   * @param isDueSoon whether it will be
   */
  synchronized Optional<Ledgers.Writer> take(boolean isDue, boolean isDueSoon) {
    Ledgers.Writer next = ready;
    if (next != null && (isDue || healing)) {
      ready = null;
      healing = false;
      return Optional.of(next);
    }
    if (next == null && (isDue || isDueSoon) && !preparing) {
      preparing = true;
      engine.inBackground(() -> prepare(false));
    }
    return Optional.empty();
  }

  /** Makes one with as many copies as there should be, in the place of one that has fewer. */
  void heal() {
    synchronized (this) {
      if (preparing || healing) {
        return;
      }
      preparing = true;
    }
    prepare(true);
  }

  private void prepare(boolean heals) {
    try {
      Ledgers.Writer made = engine.makeLedger();
      if (heals && made.isShort()) {
        made.close();
        engine.deleteLedger(made.id());
        donePreparing(null, false);
        return;
      }
      // If it is not known whether the state has it, it is let go when a later one is noted.
      ownership.change(state -> LedgerLists.announce(state, made.id()));
      donePreparing(made, heals);
    } catch (RuntimeException e) {
      log.giveUpIfFenced(e);
      engine.couldNotRoll(log.topicPartition(), e);
      engine.later(() -> donePreparing(null, false));
    }
  }

  private synchronized void donePreparing(Ledgers.@Nullable Writer made, boolean heals) {
    preparing = false;
    if (made != null) {
      ready = made;
      healing = heals;
    }
  }

  /**
   * The log has gone on in another ledger. The one before is ended and that is noted in the state,
   * in the background, and tried until it can be.
   *
   * <p>A roll is noted once all before it are: who takes the log over finds sealed ledgers first,
   * then open ones, and what was made ready before a ledger that is in use was not used itself.
   */
  synchronized void rolled(OpenLedger full, OpenLedger begun) {
    rolls.addLast(new Roll(full, begun));
    if (rolls.size() == 1) {
      engine.inBackground(this::noteFirst);
    }
  }

  private void noteFirst() {
    try {
      note(firstRoll());
    } catch (RuntimeException e) {
      log.giveUpIfFenced(e);
      if (!log.isEnded()) {
        engine.couldNotRoll(log.topicPartition(), e);
        engine.later(this::noteFirst);
      }
      return;
    }
    if (hasMoreRolls()) {
      engine.inBackground(this::noteFirst);
    }
  }

  private synchronized Roll firstRoll() {
    return rolls.getFirst();
  }

  /** Whether there are others behind the first one, which is noted now. */
  private synchronized boolean hasMoreRolls() {
    rolls.removeFirst();
    return !rolls.isEmpty();
  }

  private void note(Roll roll) {
    end(roll.full());
    var before = new ArrayList<Part>();
    PartitionState written =
        ownership.change(state -> {
          before.clear();
          before.addAll(state.ledgers());
          return LedgerLists.seal(state, roll.full(), roll.begun());
        });
    List<Long> listed = written.ledgers().stream().map(Part::ledger).toList();
    before.stream()
        .map(Part::ledger)
        .filter(ledger -> !listed.contains(ledger))
        .forEach(engine::deleteLedger);
  }

  /**
   * Waits for all that was appended to the log, and seals the ledger that it was written to.
   *
   * @param acknowledged completes soon after all ledgers have stored what was appended to them
   */
  void endLog(OpenLedger last, CompletableFuture<Void> acknowledged) {
    for (Roll roll : outstanding()) {
      awaitStored(roll.full());
    }
    awaitStored(last); // which fails at once if it does not come to that
    await(acknowledged, "acknowledging what was appended");
    seal(last);
  }

  private void awaitStored(OpenLedger ledger) {
    await(ledger.settled(), "ending ledger " + ledger.id());
  }

  private void seal(OpenLedger ledger) {
    await(ledger.writer().seal(), "sealing ledger " + ledger.id());
  }

  private synchronized List<Roll> outstanding() {
    return List.copyOf(rolls);
  }

  /** Waits for all that was appended to a ledger, and seals it. */
  private void end(OpenLedger last) {
    awaitStored(last);
    seal(last);
  }

  private void await(CompletableFuture<Void> step, String what) {
    Waits.await(step, engine.settings().patience(), what);
  }

  /** Gives up what is ready; it stays in the state, for the next owner to let go. */
  synchronized void close() {
    if (ready != null) {
      ready.close();
      ready = null;
    }
  }
}
