package io.headwater.hub.bookkeeper;

import io.headwater.hub.bookkeeper.Stores.UnderReplicated;
import io.headwater.process.Threads;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.bookkeeper.conf.ClientConfiguration;
import org.apache.bookkeeper.discover.RegistrationClient;
import org.apache.bookkeeper.meta.LedgerAuditorManager;
import org.apache.bookkeeper.meta.LedgerManager;
import org.apache.bookkeeper.meta.LedgerManagerFactory;
import org.apache.bookkeeper.meta.LedgerUnderreplicationManager;
import org.apache.bookkeeper.meta.MetadataClientDriver;
import org.apache.bookkeeper.meta.UnderreplicatedLedger;
import org.apache.bookkeeper.meta.zk.ZKMetadataClientDriver;
import org.apache.bookkeeper.net.BookieId;
import org.apache.bookkeeper.replication.BookieLedgerIndexer;
import org.apache.bookkeeper.replication.ReplicationException;
import org.apache.bookkeeper.stats.NullStatsLogger;
import org.apache.bookkeeper.versioning.Versioned;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;

/**
 * Reads {@link Stores} through BookKeeper's own managers, without a client of BookKeeper and
 * without writing anything. Confined to one thread.
 *
 * <p>Which ledgers have copies on bookies that are gone is read from the metadata of all ledgers;
 * so it is only counted when a bookie is gone, and seldom enough to take a small part of the time.
 */
public final class StoresReader implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 10;

  /** Counting takes one part of so many of the time. */
  private static final int SHARE = 50;

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Threads.factory("hub-stores-reader"));

  private Map<String, Integer> counted = Map.of();
  private Set<String> countedFor = Set.of();
  private long countAgainAt;

  /**
   * Reads everything.
   *
   * @param zooKeeper the connection to use; stays open
   * @throws IOException ZooKeeper did not answer as it should
   */
  public Stores read(ZooKeeper zooKeeper) throws IOException, InterruptedException {
    try {
      if (zooKeeper.exists(CommonSettings.ROOT + "/LAYOUT", false) == null) {
        return Stores.NONE;
      }
      var conf = new ClientConfiguration();
      CommonSettings.apply(conf, "unused:1", Duration.ofSeconds(PATIENCE_SECONDS));
      try (MetadataClientDriver driver = new ZKMetadataClientDriver()) {
        driver.initialize(conf, thread, NullStatsLogger.INSTANCE, Optional.of(zooKeeper));
        return read(zooKeeper, driver);
      }
    } catch (InterruptedException | IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("the bookies could not be read: " + e.getMessage(), e);
    }
  }

  private Stores read(ZooKeeper zooKeeper, MetadataClientDriver driver) throws Exception {
    RegistrationClient registrations = driver.getRegistrationClient();
    SortedSet<String> all = ids(registrations.getAllBookies());
    SortedSet<String> writable = ids(registrations.getWritableBookies());
    SortedSet<String> readOnly = ids(registrations.getReadOnlyBookies());
    all.removeAll(writable);
    all.removeAll(readOnly);
    try (LedgerManagerFactory factory = driver.getLedgerManagerFactory()) {
      var gone = new TreeMap<String, OptionalInt>();
      if (!all.isEmpty()) {
        count(factory, all);
        all.forEach(bookie -> gone.put(bookie, OptionalInt.of(counted.getOrDefault(bookie, 0))));
      }
      if (zooKeeper.exists(CommonSettings.ROOT + "/underreplication/LAYOUT", false) == null) {
        // Asking would make it.
        return new Stores(writable, readOnly, gone, List.of(), Optional.empty(), true);
      }
      try (LedgerUnderreplicationManager manager = factory.newLedgerUnderreplicationManager()) {
        return new Stores(
            writable,
            readOnly,
            gone,
            underReplicated(manager),
            auditor(factory),
            manager.isLedgerReplicationEnabled());
      }
    }
  }

  private static SortedSet<String> ids(CompletableFuture<Versioned<Set<BookieId>>> bookies)
      throws InterruptedException, ExecutionException, TimeoutException {
    var ids = new TreeSet<String>();
    bookies
        .get(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .getValue()
        .forEach(bookie -> ids.add(bookie.getId()));
    return ids;
  }

  private void count(LedgerManagerFactory factory, Set<String> gone)
      throws IOException, ReplicationException {
    long begun = System.nanoTime();
    if (gone.equals(countedFor) && begun - countAgainAt < 0) {
      return;
    }
    try (LedgerManager ledgers = factory.newLedgerManager()) {
      var counts = new TreeMap<String, Integer>();
      new BookieLedgerIndexer(ledgers)
          .getBookieToLedgerIndex()
          .forEach((bookie, on) -> counts.put(bookie, on.size()));
      counted = counts;
      countedFor = Set.copyOf(gone);
      long now = System.nanoTime();
      countAgainAt = now + (now - begun) * SHARE;
    }
  }

  private static List<UnderReplicated> underReplicated(LedgerUnderreplicationManager manager)
      throws ReplicationException {
    var all = new ArrayList<UnderReplicated>();
    Iterator<UnderreplicatedLedger> marked = manager.listLedgersToRereplicate(null);
    while (marked.hasNext()) {
      UnderreplicatedLedger ledger = marked.next();
      long id = ledger.getLedgerId();
      boolean dated = ledger.getCtime() != UnderreplicatedLedger.UNASSIGNED_CTIME;
      all.add(
          new UnderReplicated(
              id,
              ledger.getReplicaList() == null ? List.of() : ledger.getReplicaList(),
              dated ? Instant.ofEpochMilli(ledger.getCtime()) : null,
              manager.getReplicationWorkerIdRereplicatingLedger(id)));
    }
    all.sort((one, other) -> Long.compare(one.ledger(), other.ledger()));
    return all;
  }

  @SuppressWarnings("try") // its close waits as all of this does, and may be interrupted as well
  private static Optional<String> auditor(LedgerManagerFactory factory) throws Exception {
    try (LedgerAuditorManager auditors = factory.newLedgerAuditorManager()) {
      return Optional.ofNullable(auditors.getCurrentAuditor()).map(BookieId::getId);
    } catch (IOException e) {
      if (e.getCause() instanceof KeeperException.NoNodeException) {
        return Optional.empty(); // nobody has ever stood for it, or it has just gone
      }
      throw e;
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
