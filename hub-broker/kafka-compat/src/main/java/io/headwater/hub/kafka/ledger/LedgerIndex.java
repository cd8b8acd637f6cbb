package io.headwater.hub.kafka.ledger;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.storage.internals.log.AbortedTxn;

/**
 * What is known of the batches in one ledger without reading them: their size, their newest
 * timestamp, where runs of them begin, and which transactions that ended here were aborted.
 *
 * <p>The runs grow with the ledger, so that a few hundred describe any; what lies within one is
 * found by reading. Thread-safe.
 */
final class LedgerIndex {
  /** Batches in a row. The first entry that holds one, its base offset, their newest timestamp. */
  record Run(long firstEntry, long firstOffset, long maxTimestamp) {}

  private static final int MOST_RUNS = 512;
  private static final int SHORTEST = 16;

  // Guarded by this.
  private final List<Run> runs;
  private final List<AbortedTxn> aborted;
  private long length;
  private long bytes;
  private long maxTimestamp;

  LedgerIndex() {
    this(0, RecordBatch.NO_TIMESTAMP, List.of(), List.of());
  }

  LedgerIndex(long bytes, long maxTimestamp, List<Run> runs, List<AbortedTxn> aborted) {
    this.bytes = bytes;
    this.maxTimestamp = maxTimestamp;
    this.runs = new ArrayList<>(runs);
    this.aborted = new ArrayList<>(aborted);
    this.length = runs.size() < 2 ? SHORTEST : runs.get(1).firstEntry() - runs.get(0).firstEntry();
  }

  synchronized void add(long entry, RecordBatch batch) {
    bytes += batch.sizeInBytes();
    maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp());
    if (runs.size() == MOST_RUNS && entry - runs.getLast().firstEntry() >= length) {
      joinPairs();
    }
    Run last = runs.isEmpty() ? null : runs.getLast();
    if (last == null || entry - last.firstEntry() >= length) {
      runs.add(new Run(entry, batch.baseOffset(), batch.maxTimestamp()));
    } else if (batch.maxTimestamp() > last.maxTimestamp()) {
      runs.set(
          runs.size() - 1, new Run(last.firstEntry(), last.firstOffset(), batch.maxTimestamp()));
    }
  }

  private void joinPairs() {
    var joined = new ArrayList<Run>(MOST_RUNS);
    for (int i = 0; i < runs.size(); i += 2) {
      Run one = runs.get(i);
      Run next = runs.get(Math.min(i + 1, runs.size() - 1));
      joined.add(
          new Run(
              one.firstEntry(),
              one.firstOffset(),
              Math.max(one.maxTimestamp(), next.maxTimestamp())));
    }
    runs.clear();
    runs.addAll(joined);
    length *= 2;
  }

  synchronized void addAborted(AbortedTxn transaction) {
    aborted.add(transaction);
  }

  /** The run that contains {@code offset} if the ledger does; the first one if it begins later. */
  synchronized Optional<Run> runOf(long offset) {
    Run found = runs.isEmpty() ? null : runs.getFirst();
    int low = 0;
    int high = runs.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (runs.get(middle).firstOffset() <= offset) {
        found = runs.get(middle);
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return Optional.ofNullable(found);
  }

  /** Entry at which the run behind that one begins; {@code otherwise} if there is none. */
  synchronized long endOf(Run run, long otherwise) {
    for (int i = runs.size() - 1; i > 0; i--) {
      if (runs.get(i - 1).firstEntry() == run.firstEntry()) {
        return runs.get(i).firstEntry();
      }
    }
    return otherwise;
  }

  /** The first run that has a timestamp at or after that one. */
  synchronized Optional<Run> runAt(long timestamp) {
    return runs.stream().filter(run -> run.maxTimestamp() >= timestamp).findFirst();
  }

  /** The first run that holds the newest timestamp. */
  synchronized Optional<Run> newestRun() {
    return runs.stream()
        .max(
            Comparator.comparingLong(Run::maxTimestamp)
                .thenComparing(Comparator.comparingLong(Run::firstEntry).reversed()));
  }

  synchronized boolean isEmpty() {
    return runs.isEmpty();
  }

  synchronized List<Run> runs() {
    return List.copyOf(runs);
  }

  synchronized List<AbortedTxn> aborted() {
    return List.copyOf(aborted);
  }

  synchronized long bytes() {
    return bytes;
  }

  synchronized long maxTimestamp() {
    return maxTimestamp;
  }
}
