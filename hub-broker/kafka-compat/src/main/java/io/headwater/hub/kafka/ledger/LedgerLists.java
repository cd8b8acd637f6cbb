package io.headwater.hub.kafka.ledger;

import io.headwater.hub.kafka.ledger.PartitionState.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** How a log's list of ledgers changes: each a step from one state to the next. */
final class LedgerLists {
  private LedgerLists() {}

  /** With a ledger that is made ready for what comes next. */
  static PartitionState announce(PartitionState state, long ledger) {
    var parts = new ArrayList<>(state.ledgers());
    parts.add(Part.open(ledger, PartitionState.OPEN));
    return state.withLedgers(parts);
  }

  /**
   * The one ledger has ended, and the log goes on in the other. To be noted in the order in which
   * that has happened: of those that are still open, the ones before the other are not in use.
   */
  static PartitionState seal(PartitionState state, StoredLedger full, StoredLedger begun) {
    var parts = new ArrayList<Part>();
    for (Part part : state.ledgers()) {
      if (part.ledger() == full.id()) {
        parts.add(
            new Part(
                full.id(),
                full.baseOffset(),
                full.bytes(),
                full.maxTimestamp(),
                full.stableOffset()));
      } else if (part.ledger() == begun.id() && part.baseOffset() == PartitionState.OPEN) {
        // What was made ready before this one and not used is of no use any more.
        parts.removeIf(one -> one.baseOffset() == PartitionState.OPEN);
        parts.add(Part.open(begun.id(), begun.baseOffset()));
      } else {
        parts.add(part);
      }
    }
    return state.withLedgers(parts);
  }

  /** The log begins at that offset at least; ledgers that end before it are let go. */
  static PartitionState startAt(PartitionState state, long offset) {
    long start = Math.max(state.startOffset(), offset);
    List<Part> all = state.ledgers();
    var kept = new ArrayList<Part>();
    for (int i = 0; i < all.size(); i++) {
      boolean isOver =
          !all.get(i).isOpen()
              && i + 1 < all.size()
              && all.get(i + 1).baseOffset() != PartitionState.OPEN
              && all.get(i + 1).baseOffset() <= start;
      if (!isOver) {
        kept.add(all.get(i));
      }
    }
    return state.withStart(start).withLedgers(kept);
  }

  /**
   * Others stand in the place of the first ledgers.
   *
   * @throws LedgerException these are not the first ones any more
   */
  static PartitionState replace(
      PartitionState state, Set<Long> first, List<Part> others, long compactedTo) {
    var rest = new ArrayList<>(state.ledgers());
    for (int i = 0; i < first.size(); i++) {
      if (rest.isEmpty() || !first.contains(rest.removeFirst().ledger())) {
        throw new LedgerException(
            LedgerException.Reason.UNAVAILABLE, "ledgers were deleted meanwhile", null);
      }
    }
    var parts = new ArrayList<>(others);
    parts.addAll(rest);
    return state.withLedgers(parts).withCompactedTo(compactedTo);
  }
}
