package io.headwater.hub.kafka.ledger;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * The ledger that a log writes to. Puts checkpoints where they belong. Appends are made under the
 * log's lock; what is read of it here may be read by any thread.
 */
final class OpenLedger implements StoredLedger {
  /** So many times its size a full checkpoint is apart from the next. */
  private static final long SPARSENESS = 8;

  private final Ledgers.Writer writer;
  private final long baseOffset;
  private final long openedMs;
  private final LedgerIndex index = new LedgerIndex();

  // Guarded by the log's lock.
  private long nextEntry;
  private long fullAt;
  private long fullBytes;
  private long bytesSinceFull;
  private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);

  /** Set once, under the log's lock, when nothing is appended any more. */
  private volatile long stableOffset = PartitionState.OPEN;

  OpenLedger(Ledgers.Writer writer, long baseOffset, long openedMs) {
    this.writer = writer;
    this.baseOffset = baseOffset;
    this.openedMs = openedMs;
  }

  /** Whether a checkpoint has to be appended before the next batch. */
  boolean needsCheckpoint() {
    return Checkpoint.isAt(nextEntry);
  }

  /**
   * @param full what a full checkpoint holds, asked for only if it is to be one
   */
  CompletableFuture<Void> appendCheckpoint(long offset, Supplier<Checkpoint.Full> full) {
    boolean isFull = nextEntry == 0 || bytesSinceFull >= SPARSENESS * fullBytes;
    Checkpoint checkpoint =
        isFull ? Checkpoint.full(offset, full.get()) : Checkpoint.referring(offset, fullAt);
    ByteBuffer entry = checkpoint.encode();
    if (isFull) {
      fullAt = nextEntry;
      fullBytes = entry.remaining();
      bytesSinceFull = 0;
    }
    return append(entry);
  }

  /** Ends the ledger with all that a reader wants to know of it; nothing is appended after that. */
  CompletableFuture<Void> appendLast(long offset, long stable, Checkpoint.Full full) {
    stableOffset = stable;
    return append(Checkpoint.full(offset, full).encode());
  }

  CompletableFuture<Void> append(ByteBuffer entry, RecordBatch batch) {
    index.add(nextEntry, batch);
    bytesSinceFull += entry.remaining();
    return append(entry);
  }

  private CompletableFuture<Void> append(ByteBuffer entry) {
    nextEntry++;
    last = writer.append(entry);
    return last;
  }

  /** Completes when all that was appended is durable. */
  CompletableFuture<Void> settled() {
    return last;
  }

  Ledgers.Writer writer() {
    return writer;
  }

  long openedMs() {
    return openedMs;
  }

  @Override
  public long id() {
    return writer.id();
  }

  @Override
  public long baseOffset() {
    return baseOffset;
  }

  @Override
  public long bytes() {
    return index.bytes();
  }

  @Override
  public long maxTimestamp() {
    return index.maxTimestamp();
  }

  @Override
  public long stableOffset() {
    long stable = stableOffset;
    return stable == PartitionState.OPEN ? Long.MAX_VALUE : stable;
  }

  @Override
  public Ledgers.Reader reader() {
    return writer;
  }

  @Override
  public LedgerIndex index() {
    return index;
  }
}
