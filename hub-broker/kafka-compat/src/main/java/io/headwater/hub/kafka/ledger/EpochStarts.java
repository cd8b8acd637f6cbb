package io.headwater.hub.kafka.ledger;

import io.headwater.hub.kafka.log.EpochEnd;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** At which offset each leader epoch of a log began. Not thread-safe. */
final class EpochStarts {
  private final NavigableMap<Integer, Long> starts = new TreeMap<>();

  /** Notes that a record of {@code epoch} is at {@code offset}; only a newer epoch changes much. */
  void assign(int epoch, long offset) {
    if (starts.isEmpty() || epoch > starts.lastKey()) {
      starts.put(epoch, offset);
    }
  }

  /** Forgets epochs that ended before {@code start}; the one that spans it begins there. */
  void startAt(long start) {
    Integer spanning = null;
    for (Map.Entry<Integer, Long> one : starts.entrySet()) {
      if (one.getValue() <= start) {
        spanning = one.getKey();
      }
    }
    if (spanning != null) {
      starts.headMap(spanning, false).clear();
      starts.put(spanning, start);
    }
  }

  /**
   * The largest known epoch up to {@code epoch} and where it ended; empty if {@code epoch} is newer
   * than all. One that is older than all ended, as far as is known, where the first began.
   */
  Optional<EpochEnd> endOf(int epoch, long logEnd) {
    if (starts.isEmpty() || epoch > starts.lastKey()) {
      return Optional.empty();
    }
    Map.Entry<Integer, Long> next = starts.higherEntry(epoch);
    Integer known = starts.floorKey(epoch);
    return Optional.of(
        new EpochEnd(known == null ? epoch : known, next == null ? logEnd : next.getValue()));
  }

  Optional<Integer> newest() {
    return starts.isEmpty() ? Optional.empty() : Optional.of(starts.lastKey());
  }

  Map<Integer, Long> asMap() {
    return starts;
  }
}
