package io.headwater.hub.kafka.ledger;

/** A ledger of a log that can be read: one that is sealed, or the one that is written to. */
interface StoredLedger {
  long id();

  /** Of the first record that it may hold. */
  long baseOffset();

  /** Bytes of its records. */
  long bytes();

  /** The newest timestamp of its records, -1 if it has none. */
  long maxTimestamp();

  /** Where the oldest transaction began that was still open at its end, otherwise its end. */
  long stableOffset();

  /** Opened if need be, which waits. */
  Ledgers.Reader reader();

  /** Read from the ledger if need be, which waits. */
  LedgerIndex index();
}
