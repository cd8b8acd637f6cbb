package io.headwater.hub.kafka.ledger;

import io.headwater.process.Threads;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes ledgers that no partition lists: their makers died before they could list them, or after
 * they had taken them off the list. Each broker looks for itself; whoever is faster deletes.
 *
 * <p>A ledger is made first and listed then, and one that a compaction writes is listed when that
 * has ended. So one that nobody lists is deleted only if this broker has found it so in each of its
 * looks for {@link #UNLISTED}, by a clock that nobody sets; makers give up long before that ({@link
 * #LISTED_WITHIN}).
 */
public final class OrphanSweep implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(OrphanSweep.class);

  /** After which nobody will list a ledger any more. */
  static final Duration UNLISTED = Duration.ofHours(24);

  /** Within which a ledger is listed by whoever has made it, or never. */
  static final Duration LISTED_WITHIN = Duration.ofHours(12);

  private static final Duration INTERVAL = Duration.ofHours(1);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final LedgerLister lister;
  private final Ledgers ledgers;
  private final PartitionStates states;
  private final Time time;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Threads.factory("hub-ledgers-sweep"));

  /** When each ledger was first found that nobody lists. Confined to the thread. */
  private final Map<Long, Long> foundMs = new HashMap<>();

  private volatile int unlisted;

  /**
   * Looks once an hour.
   *
   * @param ledgers stay open, as do the states
   */
  public OrphanSweep(
      LedgerLister lister,
      Ledgers ledgers,
      PartitionStates states,
      MeterRegistry registry,
      Time time) {
    this.lister = lister;
    this.ledgers = ledgers;
    this.states = states;
    this.time = time;
    Gauge.builder("hub.cluster.unlisted", this, sweep -> sweep.unlisted)
        .description("Ledgers that no partition lists, at this broker's last look")
        .baseUnit("ledgers")
        .register(registry);
    var _ =
        thread.scheduleWithFixedDelay(
            this::look, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look() {
    try {
      sweep();
    } catch (RuntimeException e) {
      LOGGER
          .atWarn()
          .addKeyValue("error", e.getMessage())
          .log("Ledgers that nobody lists could not be looked for; it is tried again");
    }
  }

  /**
   * One look.
   *
   * @throws LedgerException the ledgers could not be listed
   * @throws org.apache.kafka.common.errors.TimeoutException the states could not be read
   */
  void sweep() {
    Set<Long> orphans = lister.allBut(listed());
    long now = time.hiResClockMs();
    foundMs.keySet().retainAll(orphans);
    orphans.forEach(ledger -> foundMs.putIfAbsent(ledger, now));
    for (long ledger : orphans) {
      if (now - foundMs.getOrDefault(ledger, now) >= UNLISTED.toMillis() && isDeleted(ledger)) {
        foundMs.remove(ledger);
      }
    }
    unlisted = foundMs.size();
  }

  /** One that cannot be deleted now keeps none of the others. */
  private boolean isDeleted(long ledger) {
    try {
      Waits.await(
          ledgers.delete(ledger).thenApply(_ -> true), PATIENCE, "deleting ledger " + ledger);
      LOGGER.atInfo().addKeyValue("ledger", ledger).log("Deleted a ledger that nobody lists");
      return true;
    } catch (LedgerException e) {
      LOGGER
          .atWarn()
          .addKeyValue("ledger", ledger)
          .addKeyValue("error", e.getMessage())
          .log("A ledger that nobody lists could not be deleted; it is tried again");
      return false;
    }
  }

  private Set<Long> listed() {
    var listed = new HashSet<Long>();
    for (PartitionStates.Key key : states.list()) {
      states
          .read(key)
          .ifPresent(found -> found.state().ledgers().forEach(part -> listed.add(part.ledger())));
    }
    return listed;
  }

  @Override
  public void close() {
    thread.shutdownNow();
    thread.close();
  }
}
