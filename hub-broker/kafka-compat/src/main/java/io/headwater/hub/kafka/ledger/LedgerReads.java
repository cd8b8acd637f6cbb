package io.headwater.hub.kafka.ledger;

import io.headwater.hub.kafka.ledger.LedgerIndex.Run;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentNavigableMap;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.storage.internals.log.AbortedTxn;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads batches of one log out of its ledgers. Remembers where readers have stopped, so that the
 * next read of a consumer needs no search, and what it will want is read {@linkplain ReadAhead
 * ahead}. Thread-safe; methods wait for the stores.
 */
final class LedgerReads {
  private static final Logger LOGGER = LoggerFactory.getLogger(LedgerReads.class);
  private static final int REMEMBERED = 64;
  private static final int MOST_ENTRIES = 512;
  private static final int SCAN_BYTES = 1 << 20;

  private record Place(long ledger, long entry) {}

  private final ConcurrentNavigableMap<Long, StoredLedger> ledgers;
  private final ReadAhead ahead;
  private final Duration patience;

  /** Where the batch with an offset is, by that offset. Guarded by itself. */
  private final Map<Long, Place> places =
      new LinkedHashMap<>(REMEMBERED, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Place> eldest) {
          return size() > REMEMBERED;
        }
      };

  /**
   * @param ledgers by their base offsets, as they are at any time
   */
  LedgerReads(
      ConcurrentNavigableMap<Long, StoredLedger> ledgers, ReadAhead ahead, Duration patience) {
    this.ledgers = ledgers;
    this.ahead = ahead;
    this.patience = patience;
  }

  /**
   * Whole batches from the one that contains {@code offset}, or the next behind it.
   *
   * @param bound no batch at or above it is given
   * @param most bytes of all; the first may have more
   */
  List<ByteBuffer> from(long offset, long bound, int most) {
    boolean goesOn = isRemembered(offset);
    var found = new ArrayList<ByteBuffer>();
    long left = most;
    Map.Entry<Long, StoredLedger> at = ledgers.floorEntry(offset);
    if (at == null) {
      at = ledgers.firstEntry();
    }
    long next = offset;
    while (at != null && next < bound) {
      StoredLedger ledger = at.getValue();
      long entry = found.isEmpty() ? entryOf(ledger, offset) : 0;
      long last = ledger.reader().lastEntry();
      while (entry <= last) {
        if (goesOn) {
          ahead.follow(ledger.reader(), entry);
        }
        for (ByteBuffer one : readInOrder(ledger, entry, last, left)) {
          entry++;
          if (Checkpoint.is(one)) {
            continue;
          }
          RecordBatch batch = LedgerScan.batchOf(one);
          if (batch.baseOffset() >= bound || (left < one.remaining() && !found.isEmpty())) {
            stopAt(next, ledger, entry - 1, goesOn);
            return found;
          }
          if (batch.nextOffset() > next) { // not again of a ledger that is being replaced
            found.add(one);
            left -= one.remaining();
            next = batch.nextOffset();
          }
          if (left <= 0) {
            stopAt(next, ledger, entry, goesOn);
            return found;
          }
        }
      }
      at = ledgers.higherEntry(at.getKey());
    }
    return found;
  }

  /** A reader has to come back for more, and will if he has begun where another read stopped. */
  private void stopAt(long offset, StoredLedger ledger, long entry, boolean goesOn) {
    synchronized (places) {
      places.put(offset, new Place(ledger.id(), entry));
    }
    if (goesOn) {
      ahead.follow(ledger.reader(), entry);
    }
  }

  private boolean isRemembered(long offset) {
    synchronized (places) {
      return places.containsKey(offset);
    }
  }

  private List<ByteBuffer> readInOrder(StoredLedger ledger, long entry, long last, long bytes) {
    Optional<CompletableFuture<List<ByteBuffer>>> here = ahead.from(ledger.id(), entry);
    if (here.isPresent()) {
      try {
        return Waits.await(here.get(), patience, "reading ledger " + ledger.id() + " ahead");
      } catch (LedgerException e) {
        // It was not this reader's own; that one may do better.
        LOGGER
            .atDebug()
            .addKeyValue("ledger", ledger.id())
            .addKeyValue("error", e.getMessage())
            .log("Reading ahead has failed");
      }
    }
    return read(ledger, entry, last, bytes);
  }

  private List<ByteBuffer> read(StoredLedger ledger, long entry, long last, long bytes) {
    int entries = (int) Math.min(MOST_ENTRIES, last - entry + 1);
    int most = Math.clamp(bytes, 1, SCAN_BYTES);
    return Waits.await(
        ledger.reader().read(entry, entries, most), patience, "reading ledger " + ledger.id());
  }

  /** An entry at or before the batch that contains {@code offset}, close to it. */
  private long entryOf(StoredLedger ledger, long offset) {
    synchronized (places) {
      Place place = places.get(offset);
      if (place != null && place.ledger() == ledger.id()) {
        return place.entry();
      }
    }
    if (offset <= ledger.baseOffset()) {
      return 0;
    }
    Optional<Run> run = ledger.index().runOf(offset);
    if (run.isEmpty()) {
      return 0;
    }
    long low = run.get().firstEntry();
    long last = ledger.reader().lastEntry();
    long high = Math.min(ledger.index().endOf(run.get(), last + 1), last + 1) - 1;
    while (low < high) {
      long middle = low + (high - low + 1) / 2;
      if (offsetAt(ledger, middle, last) <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private long offsetAt(StoredLedger ledger, long entry, long last) {
    ByteBuffer one = read(ledger, entry, last, 1).getFirst();
    return Checkpoint.is(one)
        ? Checkpoint.decode(one).offset()
        : LedgerScan.batchOf(one).baseOffset();
  }

  /**
   * The aborted transactions that have records among batches which were read.
   *
   * @param offset at which reading began
   * @param batches at least one
   */
  List<AbortedTransaction> aborted(long offset, List<ByteBuffer> batches) {
    long upper = LedgerScan.batchOf(batches.getLast()).nextOffset();
    var found = new ArrayList<AbortedTransaction>();
    Long from = ledgers.floorKey(offset);
    for (StoredLedger ledger : ledgers.tailMap(from == null ? offset : from).values()) {
      for (AbortedTxn one : ledger.index().aborted()) {
        if (one.lastOffset() >= offset && one.firstOffset() < upper) {
          found.add(one.asAbortedTransaction());
        }
      }
      if (ledger.stableOffset() >= upper) {
        break; // what begins before is decided up to here
      }
    }
    return found;
  }

  /** The batches in one piece; without a copy if they lie one behind the other already. */
  static MemoryRecords joined(List<ByteBuffer> batches) {
    if (batches.size() == 1) {
      return MemoryRecords.readableRecords(batches.getFirst());
    }
    int size = batches.stream().mapToInt(ByteBuffer::remaining).sum();
    if (isOnePiece(batches)) {
      ByteBuffer first = batches.getFirst();
      return MemoryRecords.readableRecords(
          ByteBuffer.wrap(first.array(), first.arrayOffset() + first.position(), size).slice());
    }
    ByteBuffer all = ByteBuffer.allocate(size);
    batches.forEach(batch -> all.put(batch.duplicate()));
    return MemoryRecords.readableRecords(all.flip());
  }

  @SuppressWarnings("ReferenceEquality") // the very same array is meant
  private static boolean isOnePiece(List<ByteBuffer> batches) {
    if (batches.isEmpty() || !batches.getFirst().hasArray()) {
      return false;
    }
    ByteBuffer first = batches.getFirst();
    int next = first.arrayOffset() + first.position();
    for (ByteBuffer batch : batches) {
      if (!batch.hasArray()
          || batch.array() != first.array()
          || batch.arrayOffset() + batch.position() != next) {
        return false;
      }
      next += batch.remaining();
    }
    return true;
  }

  /** The first record that is at or after {@code timestamp} and {@code start}. */
  Optional<Record> at(long timestamp, long start) {
    for (StoredLedger ledger : ledgers.values()) {
      if (ledger.maxTimestamp() < timestamp) {
        continue;
      }
      Optional<Run> run = ledger.index().runAt(timestamp);
      if (run.isPresent()) {
        Optional<Record> found = scan(ledger, run.get().firstEntry(), timestamp, start);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  /** The record with the newest timestamp. */
  Optional<Record> newest(long start) {
    StoredLedger newest = null;
    for (StoredLedger ledger : ledgers.values()) {
      if (!ledger.index().isEmpty()
          && (newest == null || ledger.maxTimestamp() > newest.maxTimestamp())) {
        newest = ledger;
      }
    }
    if (newest == null) {
      return Optional.empty();
    }
    StoredLedger ledger = newest;
    return ledger
        .index()
        .newestRun()
        .flatMap(run -> scan(ledger, run.firstEntry(), run.maxTimestamp(), start));
  }

  private Optional<Record> scan(StoredLedger ledger, long from, long timestamp, long start) {
    long last = ledger.reader().lastEntry();
    long entry = from;
    while (entry <= last) {
      for (ByteBuffer one : read(ledger, entry, last, SCAN_BYTES)) {
        entry++;
        if (Checkpoint.is(one)) {
          continue;
        }
        RecordBatch batch = LedgerScan.batchOf(one);
        if (batch.maxTimestamp() < timestamp || batch.nextOffset() <= start) {
          continue;
        }
        for (Record record : batch) {
          if (record.timestamp() >= timestamp && record.offset() >= start) {
            return Optional.of(record);
          }
        }
      }
    }
    return Optional.empty();
  }
}
