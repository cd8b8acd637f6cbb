package io.headwater.hub.kafka.ledger;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * Reads as much of a ledger as tells how things stood at its end: its last full checkpoint and the
 * batches behind it.
 *
 * @param baseOffset of the ledger, by its first checkpoint
 * @param endOffset the offset behind its last record
 * @param producers as they stood at its end
 * @param epochs of the log up to its end
 * @param index of the whole ledger
 */
record LedgerScan(
    long baseOffset, long endOffset, Producers producers, EpochStarts epochs, LedgerIndex index) {
  private static final int MOST_ENTRIES = 256;
  private static final int MOST_BYTES = 4 << 20;

  /**
   * @param reader of a ledger that has entries and gets no more
   * @param fresh makes a place for producers
   */
  static LedgerScan of(Ledgers.Reader reader, Supplier<Producers> fresh, Duration patience) {
    long last = reader.lastEntry();
    long at = last;
    ByteBuffer end = entry(reader, last, patience);
    if (!Checkpoint.is(end)) { // its writer was stopped
      at = Checkpoint.lastUpTo(last);
      end = entry(reader, at, patience);
    }
    Checkpoint newest = Checkpoint.decode(end);
    if (newest.full().isEmpty()) {
      at = newest.fullAt();
      newest = checkpoint(reader, at, patience);
    }
    Checkpoint.Full full = newest.full().orElseThrow();
    Producers producers = fresh.get();
    producers.load(full.producers());
    var epochs = new EpochStarts();
    full.epochs().forEach(epochs::assign);
    LedgerIndex index = full.index();
    long endOffset = newest.offset();
    long entry = at + 1;
    while (entry <= last) {
      List<ByteBuffer> chunk =
          Waits.await(
              reader.read(entry, MOST_ENTRIES, MOST_BYTES),
              patience,
              "reading ledger " + reader.id());
      for (ByteBuffer one : chunk) {
        if (!Checkpoint.is(one)) {
          RecordBatch batch = batchOf(one);
          index.add(entry, batch);
          producers.replay(batch).forEach(index::addAborted);
          epochs.assign(batch.partitionLeaderEpoch(), batch.baseOffset());
          endOffset = batch.nextOffset();
        }
        entry++;
      }
    }
    producers.onHighWatermark(endOffset);
    long base = at == 0 ? newest.offset() : checkpoint(reader, 0, patience).offset();
    return new LedgerScan(base, endOffset, producers, epochs, index);
  }

  /** How things stood where a ledger begins. */
  record Begun(Producers producers, EpochStarts epochs) {}

  static Begun begun(Ledgers.Reader reader, Supplier<Producers> fresh, Duration patience) {
    Checkpoint.Full first = checkpoint(reader, 0, patience).full().orElseThrow();
    Producers producers = fresh.get();
    producers.load(first.producers());
    var epochs = new EpochStarts();
    first.epochs().forEach(epochs::assign);
    return new Begun(producers, epochs);
  }

  /** The offset at which a ledger begins, by its first entry. */
  static long baseOffset(Ledgers.Reader reader, Duration patience) {
    return checkpoint(reader, 0, patience).offset();
  }

  private static Checkpoint checkpoint(Ledgers.Reader reader, long entry, Duration patience) {
    return Checkpoint.decode(entry(reader, entry, patience));
  }

  private static ByteBuffer entry(Ledgers.Reader reader, long entry, Duration patience) {
    return Waits.await(reader.read(entry, 1, 1), patience, "reading ledger " + reader.id())
        .getFirst();
  }

  /** The batch that an entry is. */
  static RecordBatch batchOf(ByteBuffer entry) {
    return MemoryRecords.readableRecords(entry.duplicate()).batches().iterator().next();
  }
}
