package io.headwater.hub.kafka.ledger;

import io.headwater.hub.kafka.ledger.PartitionState.Part;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** A ledger that nobody writes any more; opened and indexed when it is first read. Thread-safe. */
final class SealedLedger implements StoredLedger, AutoCloseable {
  private final Part part;
  private final LongFunction<Ledgers.Reader> opening;
  private final Function<Ledgers.Reader, LedgerIndex> indexing;

  // Guarded by this.
  private Ledgers.@Nullable Reader reader;
  private @Nullable LedgerIndex index;

  /** One that has not been read yet. */
  SealedLedger(
      Part part,
      LongFunction<Ledgers.Reader> opening,
      Function<Ledgers.Reader, LedgerIndex> indexing) {
    this(part, opening, indexing, null, null);
  }

  /** One that is open and known already. */
  SealedLedger(
      Part part,
      LongFunction<Ledgers.Reader> opening,
      Function<Ledgers.Reader, LedgerIndex> indexing,
      Ledgers.@Nullable Reader reader,
      @Nullable LedgerIndex index) {
    this.part = part;
    this.opening = opening;
    this.indexing = indexing;
    this.reader = reader;
    this.index = index;
  }

  Part part() {
    return part;
  }

  @Override
  public long id() {
    return part.ledger();
  }

  @Override
  public long baseOffset() {
    return part.baseOffset();
  }

  @Override
  public long bytes() {
    return part.bytes();
  }

  @Override
  public long maxTimestamp() {
    return part.maxTimestamp();
  }

  @Override
  public long stableOffset() {
    return part.stableOffset();
  }

  @Override
  public synchronized Ledgers.Reader reader() {
    Ledgers.Reader open = reader;
    if (open == null) {
      open = opening.apply(part.ledger());
      reader = open;
    }
    return open;
  }

  @Override
  public synchronized LedgerIndex index() {
    LedgerIndex known = index;
    if (known == null) {
      known = indexing.apply(reader());
      index = known;
    }
    return known;
  }

  @Override
  public synchronized void close() {
    if (reader != null) {
      reader.close();
      reader = null;
    }
  }
}
