package io.headwater.hub.bookkeeper;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The bookies of a cluster and the ledgers that lack copies, at one moment.
 *
 * @param writable bookies that take new records
 * @param readOnly bookies that only answer
 * @param gone bookies that were there once, and how many ledgers have a copy on them; absent while
 *     that has not been counted
 * @param underReplicated ledgers that BookKeeper has found to lack copies, by id
 * @param auditor the bookie whose auto-recovery looks for lost copies, if any does
 * @param recovers whether auto-recovery is switched on in the cluster
 */
public record Stores(
    SortedSet<String> writable,
    SortedSet<String> readOnly,
    SortedMap<String, OptionalInt> gone,
    List<UnderReplicated> underReplicated,
    Optional<String> auditor,
    boolean recovers) {
  /** Of a cluster that never had a bookie. */
  public static final Stores NONE =
      new Stores(
          new TreeSet<>(), new TreeSet<>(), new TreeMap<>(), List.of(), Optional.empty(), true);

  public Stores {
    writable = new TreeSet<>(writable);
    readOnly = new TreeSet<>(readOnly);
    gone = new TreeMap<>(gone);
    underReplicated = List.copyOf(underReplicated);
  }

  /**
   * A ledger that lacks copies.
   *
   * @param missing the bookies that had them
   * @param since when that was found; absent in clusters of an old BookKeeper
   * @param copying the bookie that copies it now
   */
  public record UnderReplicated(
      long ledger, List<String> missing, @Nullable Instant since, @Nullable String copying) {
    public UnderReplicated {
      missing = List.copyOf(missing);
    }
  }

  /** Whether a cluster has ever been made. */
  public boolean any() {
    return !writable.isEmpty() || !readOnly.isEmpty() || !gone.isEmpty();
  }

  /** How many ledgers are being copied at this moment. */
  public int copying() {
    return Math.toIntExact(
        underReplicated.stream().filter(ledger -> ledger.copying() != null).count());
  }

  /** Gone bookies that ledgers still count on, or may. */
  public List<String> missed() {
    return gone.entrySet().stream()
        .filter(bookie -> bookie.getValue().orElse(1) > 0)
        .map(Map.Entry::getKey)
        .toList();
  }
}
