package io.headwater.hub.bookkeeper;

import org.apache.bookkeeper.bookie.BookieException;
import org.apache.bookkeeper.conf.ServerConfiguration;
import org.apache.bookkeeper.discover.RegistrationManager;
import org.apache.bookkeeper.meta.MetadataBookieDriver;
import org.apache.bookkeeper.meta.exceptions.MetadataException;
import org.apache.bookkeeper.meta.zk.ZKMetadataBookieDriver;
import org.apache.bookkeeper.stats.NullStatsLogger;
import org.apache.zookeeper.KeeperException;

/** What ZooKeeper knows of the cluster of bookies; also the bookie's own session. */
final class ClusterMetadata implements AutoCloseable {
  private final ZKMetadataBookieDriver driver;

  private ClusterMetadata(ZKMetadataBookieDriver driver) {
    this.driver = driver;
  }

  static ClusterMetadata connect(ServerConfiguration conf) throws BookieException {
    var driver = new BookieMetadataDriver(conf);
    try {
      driver.initialize(conf, NullStatsLogger.INSTANCE);
      return new ClusterMetadata(driver);
    } catch (MetadataException e) {
      driver.close();
      throw new BookieException.MetadataStoreException(
          "Failed to initialize metadata bookie driver", e);
    }
  }

  MetadataBookieDriver driver() {
    return driver;
  }

  /** The id of the cluster, which is made if there is none. */
  String instance() throws Exception {
    try (RegistrationManager registration = driver.createRegistrationManager()) {
      if (!exists("")) {
        try {
          registration.initNewCluster();
        } catch (KeeperException.NodeExistsException _) {
          // Another bookie was faster.
        }
      }
      return registration.getClusterInstanceId();
    }
  }

  /** Whether a bookie has ever been part of the cluster. */
  boolean knows(String bookie) throws KeeperException, InterruptedException {
    return exists("/cookies/" + bookie);
  }

  private boolean exists(String path) throws KeeperException, InterruptedException {
    return driver.getZk().exists(CommonSettings.ROOT + path, false) != null;
  }

  @Override
  public void close() {
    driver.close();
  }
}
