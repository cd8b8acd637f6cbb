package io.headwater.hub.bookkeeper;

import io.headwater.hub.kafka.ledger.LedgerLogSuite;
import io.headwater.hub.kafka.ledger.Ledgers;
import io.headwater.hub.kafka.ledger.PartitionStates;
import io.headwater.hub.zookeeper.ZooKeeperPartitionStates;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The behaviour suite of the hub's logs on BookKeeper's ledgers, their states in ZooKeeper. */
class BookKeeperLogIT extends LedgerLogSuite {
  @TempDir private static Path folder;
  private static BookieCluster cluster;

  @BeforeAll
  static void start() {
    cluster = BookieCluster.start(folder, 1);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @Override
  protected Ledgers connect() {
    return cluster.connect(1, 1);
  }

  @Override
  protected PartitionStates states() {
    return ZooKeeperPartitionStates.connect(cluster.zookeeper(), BookieCluster.SESSION);
  }
}
