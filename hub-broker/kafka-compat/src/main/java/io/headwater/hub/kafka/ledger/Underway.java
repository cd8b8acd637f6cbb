package io.headwater.hub.kafka.ledger;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;

/**
 * The entries of a log that are on their way to the stores, those of all its ledgers, in their
 * order. A ledger answers in the order of its entries, but nothing orders the answers of different
 * ledgers: what the next one has stored does not count before all of the one before is stored.
 * Guarded by the log's lock.
 */
final class Underway {
  /** One of them, and the offset that is durable with it and all before it. */
  static final class Entry {
    private final long ledger;
    private final long endOffset;
    private boolean isStored;

    private Entry(long ledger, long endOffset) {
      this.ledger = ledger;
      this.endOffset = endOffset;
    }
  }

  private final Deque<Entry> entries = new ArrayDeque<>();

  /** Adds one behind all others. */
  Entry add(long ledger, long endOffset) {
    var entry = new Entry(ledger, endOffset);
    entries.addLast(entry);
    return entry;
  }

  /** The offset that is durable by this, if the oldest of all is stored; otherwise none. */
  OptionalLong stored(Entry entry) {
    entry.isStored = true;
    OptionalLong durable = OptionalLong.empty();
    while (!entries.isEmpty() && entries.getFirst().isStored) {
      durable = OptionalLong.of(entries.removeFirst().endOffset);
    }
    return durable;
  }

  /** The ledger of the oldest that is not stored. */
  OptionalLong oldestLedger() {
    return entries.isEmpty() ? OptionalLong.empty() : OptionalLong.of(entries.getFirst().ledger);
  }

  /** Nothing is waited for any more. */
  void clear() {
    entries.clear();
  }
}
