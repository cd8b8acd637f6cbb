package io.headwater.hub.kafka.ledger;

import io.headwater.hub.kafka.ledger.PartitionState.Part;
import java.security.DigestException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.storage.internals.log.AbortedTxn;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.OffsetMap;

/** Decides when a log is compacted, and puts the outcome in the place of what was read. */
final class LogCompactor {
  private final LedgerPartitionLog log;
  private final Ownership ownership;
  private final LedgerLogEngine engine;

  LogCompactor(LedgerPartitionLog log, Ownership ownership, LedgerLogEngine engine) {
    this.log = log;
    this.ownership = ownership;
    this.engine = engine;
  }

  /**
   * Compacts the sealed ledgers if their topic wants that and enough of them is new.
   *
   * @param keys an empty map, used only if so
   * @return whether it was done
   */
  boolean compactIfDue(OffsetMap keys) {
    LogConfig rules = log.config();
    List<StoredLedger> all = log.ledgers();
    List<StoredLedger> cleanable = cleanable(all, rules);
    long from = Math.max(ownership.state().compactedTo(), log.startOffset());
    if (!isDue(all, cleanable.size(), from, rules)) {
      return false;
    }
    List<AbortedTxn> aborted =
        all.stream().flatMap(ledger -> ledger.index().aborted().stream()).toList();
    var compaction =
        new Compaction(
            cleanable,
            aborted,
            log.lastRecords(),
            rules,
            keys,
            engine::makeLedger,
            () -> engine.placeForProducers(log.topicPartition()),
            engine.settings().patience(),
            engine.time().milliseconds());
    Optional<Compaction.Result> result = run(compaction, from);
    return result.isPresent() && replace(all, compaction, result.get());
  }

  private Optional<Compaction.Result> run(Compaction compaction, long from) {
    long began = engine.time().hiResClockMs();
    try {
      Compaction.Result result = compaction.run(from);
      if (engine.time().hiResClockMs() - began > OrphanSweep.LISTED_WITHIN.toMillis()) {
        // Others may take what it has made for orphans soon.
        throw new LedgerException(
            LedgerException.Reason.UNAVAILABLE,
            "it took more than %d h".formatted(OrphanSweep.LISTED_WITHIN.toHours()),
            null);
      }
      return Optional.of(result);
    } catch (DigestException | RuntimeException e) {
      compaction.made().forEach(engine::deleteLedger);
      engine.couldNotCompact(log.topicPartition(), e);
      return Optional.empty();
    }
  }

  /** First for the next owner, then for readers; those that are reading have time to end. */
  private boolean replace(List<StoredLedger> all, Compaction compaction, Compaction.Result result) {
    List<StoredLedger> old = all.subList(0, result.replaced());
    var gone = new HashSet<Long>();
    old.forEach(ledger -> gone.add(ledger.id()));
    var fresh = new ArrayList<StoredLedger>();
    for (Part part : result.parts()) {
      fresh.add(engine.sealed(log.topicPartition(), part));
    }
    long end = all.get(result.replaced()).baseOffset();
    try {
      ownership.change(
          state -> LedgerLists.replace(state, gone, result.parts(), result.compactedTo()),
          _ -> log.swap(old, fresh, end));
    } catch (LedgerException e) {
      compaction.made().forEach(engine::deleteLedger);
      log.giveUpIfFenced(e);
      engine.couldNotCompact(log.topicPartition(), e);
      return false;
    } catch (TimeoutException e) {
      // Nobody knows which ledgers are the log's now: whoever takes it over reads that.
      log.fail("swap ledgers of", e);
      return false;
    }
    engine.afterReaders(log.config().fileDeleteDelayMs, () -> old.forEach(log::delete));
    return true;
  }

  /** Ledgers from the first on that are sealed, decided and old enough. Never the last. */
  private List<StoredLedger> cleanable(List<StoredLedger> all, LogConfig rules) {
    long bound = log.lastStableOffset();
    long youngest = engine.time().milliseconds() - rules.compactionLagMs;
    var sealed = new HashSet<Long>();
    ownership.state().ledgers().stream()
        .filter(part -> !part.isOpen())
        .forEach(part -> sealed.add(part.ledger()));
    var cleanable = new ArrayList<StoredLedger>();
    for (int i = 0; i + 1 < all.size(); i++) {
      StoredLedger ledger = all.get(i);
      boolean isDecided = all.get(i + 1).baseOffset() <= bound;
      boolean isOldEnough = rules.compactionLagMs <= 0 || ledger.maxTimestamp() <= youngest;
      if (!sealed.contains(ledger.id()) || !isDecided || !isOldEnough) {
        break;
      }
      cleanable.add(ledger);
    }
    return cleanable;
  }

  /** Whether of the first {@code count} ledgers enough are new. */
  private boolean isDue(List<StoredLedger> all, int count, long from, LogConfig rules) {
    long dirty = 0;
    long bytes = 0;
    boolean isLate = false;
    long latest = engine.time().milliseconds() - rules.maxCompactionLagMs;
    for (int i = 0; i < count; i++) {
      StoredLedger ledger = all.get(i);
      bytes += ledger.bytes();
      if (all.get(i + 1).baseOffset() > from) {
        dirty += ledger.bytes();
        isLate |= ledger.maxTimestamp() < latest;
      }
    }
    return dirty > 0 && (isLate || (double) dirty / bytes > rules.minCleanableRatio);
  }
}
