package io.headwater.hub.kafka.ledger;

import io.headwater.hub.kafka.ledger.PartitionStates.Versioned;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The state of one partition as its owner has written it last. Whoever finds that somebody else has
 * written is no owner any more. Thread-safe; changes wait for the store.
 */
final class Ownership {
  private final PartitionStates states;
  private final PartitionStates.Key key;

  private volatile Versioned current;

  /** What was being written when the store did not answer. Guarded by this. */
  private @Nullable PartitionState unanswered;

  Ownership(PartitionStates states, PartitionStates.Key key, Versioned written) {
    this.states = states;
    this.key = key;
    this.current = written;
  }

  PartitionStates.Key key() {
    return key;
  }

  PartitionState state() {
    return current.state();
  }

  /**
   * Changes the state; one that stays as it is costs nothing.
   *
   * @throws LedgerException with {@code FENCED} if somebody else has changed it
   * @throws TimeoutException the store does not answer: the change may be done or not, and the next
   *     one finds that out
   */
  PartitionState change(UnaryOperator<PartitionState> change) {
    return change(change, _ -> {});
  }

  /**
   * Changes the state, and then what this process makes of it, before anybody else changes it: what
   * is made of an older state never undoes what was made of a newer one.
   *
   * @param applied is given the state as it is now, changed or not; it does not wait
   * @throws LedgerException as without
   * @throws TimeoutException as without; nothing is applied
   */
  synchronized PartitionState change(
      UnaryOperator<PartitionState> change, Consumer<PartitionState> applied) {
    settle();
    PartitionState wanted = change.apply(current.state());
    if (!wanted.equals(current.state())) {
      write(wanted);
    }
    applied.accept(wanted);
    return wanted;
  }

  private void write(PartitionState wanted) {
    unanswered = wanted;
    Optional<Versioned> written = states.write(key, wanted, current.version());
    unanswered = null;
    current = written.orElseThrow(this::fenced);
  }

  private void settle() {
    PartitionState wanted = unanswered;
    if (wanted == null) {
      return;
    }
    Versioned now = states.read(key).orElseThrow(this::fenced);
    if (now.version() != current.version() && !now.state().equals(wanted)) {
      throw fenced();
    }
    current = now;
    unanswered = null;
  }

  /** Removes the state; false if somebody else has changed it. */
  synchronized boolean delete() {
    settle();
    return states.delete(key, current.version());
  }

  private LedgerException fenced() {
    return new LedgerException(
        LedgerException.Reason.FENCED,
        "another broker has taken partition %d of topic %s over"
            .formatted(key.partition(), key.topicId()),
        null);
  }
}
