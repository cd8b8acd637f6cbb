package io.headwater.hub.kafka.ledger;

import java.nio.ByteBuffer;
import java.security.DigestException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter.BatchRetention;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter.BatchRetentionResult;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.storage.internals.log.AbortedTxn;
import org.apache.kafka.storage.internals.log.CleanedTransactionMetadata;
import org.apache.kafka.storage.internals.log.LastRecord;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.OffsetMap;
import org.jspecify.annotations.Nullable;

/**
 * One compaction of a log: copies sealed ledgers into new ones without the records that newer ones
 * replace. Kafka's rules: of each key the newest record stays, a tombstone for {@code
 * delete.retention.ms} after it was first seen by a compaction, a transaction's marker until its
 * records are gone and as long again, records of aborted transactions not at all, and the last
 * batch of each live producer, if need be without records.
 */
final class Compaction {
  private static final int CHUNK_ENTRIES = 256;
  private static final int CHUNK_BYTES = 1 << 20;
  private static final long MOST_UNDERWAY = 8 << 20;
  private static final double FULL = 0.9;

  /**
   * What was done.
   *
   * @param replaced how many of the ledgers were copied
   * @param parts what stands in their place
   * @param compactedTo offset below which each key is there once only
   */
  record Result(int replaced, List<PartitionState.Part> parts, long compactedTo) {}

  private final List<StoredLedger> ledgers;
  private final List<AbortedTxn> aborted;
  private final Map<Long, LastRecord> lastRecords;
  private final LogConfig config;
  private final OffsetMap keys;
  private final Supplier<Ledgers.Writer> fresh;
  private final Supplier<Producers> place;
  private final Duration patience;
  private final long nowMs;
  private final List<PartitionState.Part> written = new ArrayList<>();
  private final List<Ledgers.Writer> writers = new ArrayList<>();

  /**
   * @param ledgers sealed, in order, from the first of the log on
   * @param aborted all aborted transactions that began before their end
   * @param lastRecords of the producers that are alive
   * @param keys empty
   * @param fresh makes a ledger
   * @param place makes a place for producers
   */
  Compaction(
      List<StoredLedger> ledgers,
      List<AbortedTxn> aborted,
      Map<Long, LastRecord> lastRecords,
      LogConfig config,
      OffsetMap keys,
      Supplier<Ledgers.Writer> fresh,
      Supplier<Producers> place,
      Duration patience,
      long nowMs) {
    this.ledgers = List.copyOf(ledgers);
    this.aborted = List.copyOf(aborted);
    this.lastRecords = Map.copyOf(lastRecords);
    this.config = config;
    this.keys = keys;
    this.fresh = fresh;
    this.place = place;
    this.patience = patience;
    this.nowMs = nowMs;
  }

  /**
   * Reads the keys from an offset on and copies the ledgers, those that hold such keys and those
   * before. If there are more keys than the map has room for, the last ledgers are left as they
   * are.
   *
   * @param from first offset whose key may replace others
   */
  Result run(long from) throws DigestException {
    int last = readKeys(from);
    copy(ledgers.subList(0, last + 1));
    return new Result(last + 1, List.copyOf(written), Math.max(from, keys.latestOffset() + 1));
  }

  /** The ledgers made, for whoever has to undo that. */
  List<Long> made() {
    return writers.stream().map(Ledgers.Writer::id).toList();
  }

  private interface BatchUse {
    /** Returns whether to go on. */
    boolean with(RecordBatch batch, ByteBuffer entry) throws DigestException;
  }

  private boolean forEachBatch(StoredLedger ledger, BatchUse use) throws DigestException {
    Ledgers.Reader reader = ledger.reader();
    long entry = 0;
    while (entry <= reader.lastEntry()) {
      List<ByteBuffer> chunk =
          Waits.await(
              reader.read(entry, CHUNK_ENTRIES, CHUNK_BYTES),
              patience,
              "reading ledger " + reader.id());
      for (ByteBuffer one : chunk) {
        entry++;
        if (!Checkpoint.is(one) && !use.with(LedgerScan.batchOf(one), one)) {
          return false;
        }
      }
    }
    return true;
  }

  private CleanedTransactionMetadata transactions(long from) {
    var transactions = new CleanedTransactionMetadata();
    // One that has ended before would be taken for open: its marker is not read.
    transactions.addAbortedTransactions(
        aborted.stream().filter(one -> one.lastOffset() >= from).toList());
    transactions.setCleanedIndex(Optional.empty());
    return transactions;
  }

  /** Number of the last ledger that keys were read of. */
  private int readKeys(long from) throws DigestException {
    int first = 0;
    while (first + 1 < ledgers.size() && ledgers.get(first + 1).baseOffset() <= from) {
      first++;
    }
    CleanedTransactionMetadata transactions = transactions(ledgers.get(first).baseOffset());
    for (int i = first; i < ledgers.size(); i++) {
      if (!forEachBatch(ledgers.get(i), (batch, _) -> noteKeys(batch, transactions, from))) {
        return i;
      }
    }
    return ledgers.size() - 1;
  }

  private boolean noteKeys(RecordBatch batch, CleanedTransactionMetadata transactions, long from)
      throws DigestException {
    if (batch.isControlBatch()) {
      transactions.onControlBatchRead(batch);
    } else if (!transactions.onBatchRead(batch)) {
      for (Record record : batch) {
        if (record.hasKey() && record.offset() >= from) {
          if (keys.size() >= keys.slots() * FULL) {
            return false;
          }
          keys.put(record.key(), record.offset());
        }
      }
    }
    if (batch.lastOffset() >= from) {
      keys.updateLatestOffset(batch.lastOffset());
    }
    return true;
  }

  private void copy(List<StoredLedger> sources) throws DigestException {
    CleanedTransactionMetadata transactions = transactions(sources.getFirst().baseOffset());
    var output = new Output(sources.getFirst());
    for (StoredLedger source : sources) {
      forEachBatch(
          source,
          (batch, entry) -> {
            var filter = new Filter(transactions);
            var result =
                MemoryRecords.readableRecords(entry)
                    .filterTo(
                        filter, ByteBuffer.allocate(entry.remaining()), BufferSupplier.NO_CACHING);
            ByteBuffer kept = result.outputBuffer().flip();
            if (kept.hasRemaining()) {
              output.write(kept);
            }
            output.follow(batch);
            return true;
          });
    }
    output.end();
  }

  /** What of a batch stays. */
  private final class Filter extends RecordFilter {
    private final CleanedTransactionMetadata transactions;
    private boolean discards;

    Filter(CleanedTransactionMetadata transactions) {
      super(nowMs, config.deleteRetentionMs);
      this.transactions = transactions;
    }

    @Override
    protected BatchRetentionResult checkBatchRetention(RecordBatch batch) {
      boolean isOver =
          batch.isControlBatch()
              ? transactions.onControlBatchRead(batch)
              : transactions.onBatchRead(batch);
      discards = isOver && (!batch.isControlBatch() || isPast(batch.deleteHorizonMs()));
      BatchRetention retention =
          isLastOfProducer(batch)
              ? BatchRetention.RETAIN_EMPTY
              : discards ? BatchRetention.DELETE : BatchRetention.DELETE_EMPTY;
      return new BatchRetentionResult(retention, isOver && batch.isControlBatch());
    }

    private boolean isPast(OptionalLong horizonMs) {
      return horizonMs.isPresent() && horizonMs.getAsLong() <= nowMs;
    }

    private boolean isLastOfProducer(RecordBatch batch) {
      LastRecord last = batch.hasProducerId() ? lastRecords.get(batch.producerId()) : null;
      if (last == null) {
        return false;
      }
      return last.lastDataOffset().isPresent()
          ? batch.lastOffset() == last.lastDataOffset().getAsLong()
          : batch.isControlBatch() && batch.producerEpoch() == last.producerEpoch();
    }

    @Override
    protected boolean shouldRetainRecord(RecordBatch batch, Record record) {
      if (discards) {
        return false;
      }
      if (batch.isControlBatch() || record.offset() > keys.latestOffset()) {
        return true;
      }
      if (!record.hasKey()) {
        return false;
      }
      try {
        boolean isNewest = record.offset() >= keys.get(record.key());
        return isNewest && (record.hasValue() || !isPast(batch.deleteHorizonMs()));
      } catch (DigestException e) {
        throw new IllegalStateException(e); // the digest is ours
      }
    }
  }

  /** The new ledgers. */
  private final class Output {
    private final Producers producers;
    private final EpochStarts starts = new EpochStarts();
    private @Nullable OpenLedger open;
    private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
    private long underway;
    private long base;
    private long end;

    Output(StoredLedger first) {
      LedgerScan.Begun begun = LedgerScan.begun(first.reader(), place, patience);
      producers = begun.producers();
      begun.epochs().asMap().forEach(starts::assign);
      base = first.baseOffset();
      end = base;
    }

    /** Follows what the sources say, also of what is not copied. */
    void follow(RecordBatch batch) {
      producers.replay(batch);
      starts.assign(batch.partitionLeaderEpoch(), batch.baseOffset());
      end = batch.nextOffset();
    }

    void write(ByteBuffer entry) {
      RecordBatch batch = LedgerScan.batchOf(entry);
      OpenLedger ledger = open;
      if (ledger != null && ledger.bytes() >= config.segmentSize()) {
        seal(ledger, batch.baseOffset());
        ledger = null;
      }
      if (ledger == null) {
        Ledgers.Writer writer = fresh.get();
        writers.add(writer);
        ledger = new OpenLedger(writer, base, nowMs);
        open = ledger;
      }
      if (ledger.needsCheckpoint()) {
        OpenLedger begun = ledger;
        ledger.appendCheckpoint(batch.baseOffset(), () -> full(begun));
      }
      last = ledger.append(entry, batch);
      underway += entry.remaining();
      if (underway > MOST_UNDERWAY) {
        Waits.await(last, patience, "writing ledger " + ledger.id());
        underway = 0;
      }
    }

    private Checkpoint.Full full(OpenLedger ledger) {
      return new Checkpoint.Full(ledger.index(), starts.asMap(), producers.snapshot());
    }

    private void seal(OpenLedger ledger, long next) {
      // No record of an aborted transaction is left before, and what is open is not copied.
      last = ledger.appendLast(next, next, full(ledger));
      Waits.await(last, patience, "writing ledger " + ledger.id());
      Waits.await(ledger.writer().seal(), patience, "sealing ledger " + ledger.id());
      written.add(
          new PartitionState.Part(
              ledger.id(), ledger.baseOffset(), ledger.bytes(), ledger.maxTimestamp(), next));
      base = next;
      open = null;
    }

    void end() {
      if (open != null) {
        seal(open, end);
      }
    }
  }
}
