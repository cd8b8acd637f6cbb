package io.headwater.hub.bookkeeper;

import java.util.concurrent.TimeUnit;
import org.apache.bookkeeper.bookie.SortedLedgerStorage;
import org.apache.bookkeeper.conf.ServerConfiguration;

/** BookKeeper's configuration of a small bookie that shares its process with others. */
final class BookieConfigurations {
  private BookieConfigurations() {}

  static ServerConfiguration of(BookieFolder folder, String zooKeeper, BookieSettings settings) {
    var conf = new ServerConfiguration();
    CommonSettings.apply(conf, zooKeeper, settings.sessionTimeout());
    identity(conf, settings);
    journal(conf, folder, settings);
    storage(conf, folder);
    threads(conf);
    recovery(conf);
    conf.setHttpServerEnabled(false);
    conf.setStatisticsEnabled(false);
    return conf;
  }

  private static void identity(ServerConfiguration conf, BookieSettings settings) {
    conf.setBookiePort(settings.listen().port());
    conf.setAdvertisedAddress(settings.advertisedHost());
    // As it would name itself. Told, it need not look up the names of this machine, which fails
    // where there are none.
    conf.setBookieId(settings.id());
    conf.setAllowLoopback(true);
    if (!settings.listensEverywhere()) {
      // With any interface named, it listens on the advertised address only.
      conf.setListeningInterface("default");
    }
    // Clients of this process use the network too: the way within the process breaks reads.
    conf.setEnableLocalTransport(false);
  }

  private static void journal(
      ServerConfiguration conf, BookieFolder folder, BookieSettings settings) {
    conf.setJournalDirName(folder.journal().toString());
    conf.setJournalSyncData(settings.syncJournal());
    conf.setJournalMaxGroupWaitMSec(1);
    conf.setProperty("journalPreAllocSizeMB", 4);
    conf.setMaxJournalSizeMB(128);
    conf.setMaxBackupJournals(0);
    conf.setJournalMaxMemorySizeMb(16);
  }

  /**
   * Sorted storage: BookKeeper's default, which does without RocksDB and reads a ledger in runs.
   */
  private static void storage(ServerConfiguration conf, BookieFolder folder) {
    conf.setLedgerDirNames(new String[] {folder.ledgers().toString()});
    conf.setLedgerStorageClass(SortedLedgerStorage.class.getName());
    conf.setSkipListSizeLimit(16 << 20);
    conf.setEntryLogSizeLimit(128 << 20);
    conf.setPageLimit(4_096); // of 8 KiB, instead of a third of the direct memory
    // An entry of the usual size is read at once, not in steps of 512 bytes.
    conf.setReadBufferBytes(64 << 10);
    conf.setOpenFileLimit(2_000);
    conf.setNumOfMemtableFlushThreads(1);
  }

  private static void threads(ServerConfiguration conf) {
    conf.setNumAddWorkerThreads(1);
    conf.setNumReadWorkerThreads(2);
    conf.setNumHighPriorityWorkerThreads(1);
    conf.setServerNumIOThreads(2);
  }

  private static void recovery(ServerConfiguration conf) {
    // It runs beside the bookie: see AutoRecovery.
    conf.setAutoRecoveryDaemonEnabled(false);
    // A node that is started anew is not lost.
    conf.setProperty("lostBookieRecoveryDelay", 60);
    // Recovery takes a ledger whose bookie is lost from its writer, even if that is alive and well;
    // after this time, in which writers are to go over to new ledgers by themselves.
    conf.setProperty("openLedgerRereplicationGracePeriod", TimeUnit.MINUTES.toMillis(5));
  }
}
