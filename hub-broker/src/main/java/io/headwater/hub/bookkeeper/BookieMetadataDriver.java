package io.headwater.hub.bookkeeper;

import java.io.IOException;
import java.util.Optional;
import org.apache.bookkeeper.conf.ServerConfiguration;
import org.apache.bookkeeper.discover.RegistrationManager;
import org.apache.bookkeeper.discover.ZKRegistrationManager;
import org.apache.bookkeeper.meta.MetadataBookieDriver;
import org.apache.bookkeeper.meta.exceptions.Code;
import org.apache.bookkeeper.meta.exceptions.MetadataException;
import org.apache.bookkeeper.meta.zk.ZKMetadataBookieDriver;
import org.apache.bookkeeper.stats.StatsLogger;
import org.apache.bookkeeper.zookeeper.BoundExponentialBackoffRetryPolicy;
import org.apache.zookeeper.KeeperException;
import org.jspecify.annotations.Nullable;

/** BookKeeper's own, over {@link OneSession}. */
final class BookieMetadataDriver extends ZKMetadataBookieDriver {
  private final ServerConfiguration bookie;
  private @Nullable OneSession session;

  BookieMetadataDriver(ServerConfiguration bookie) {
    this.bookie = bookie;
  }

  @Override
  public synchronized MetadataBookieDriver initialize(ServerConfiguration conf, StatsLogger stats)
      throws MetadataException {
    var operations =
        new BoundExponentialBackoffRetryPolicy(
            conf.getZkRetryBackoffStartMs(),
            conf.getZkRetryBackoffMaxMs(),
            conf.getZkRetryBackoffMaxRetries());
    try {
      OneSession connected = OneSession.connect(conf, operations);
      session = connected;
      initialize(conf, stats, operations, Optional.of(connected));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure(e);
    } catch (IOException | KeeperException e) {
      throw failure(e);
    }
    return this;
  }

  private static MetadataException failure(Exception cause) {
    return new MetadataException(
        Code.METADATA_SERVICE_ERROR, "ZooKeeper does not answer: " + cause.getMessage(), cause);
  }

  @Override
  public synchronized RegistrationManager createRegistrationManager() {
    return new ZKRegistrationManager(bookie, zk);
  }

  @Override
  public void close() {
    super.close();
    OneSession open;
    synchronized (this) {
      open = session;
    }
    try {
      if (open != null) {
        open.end();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
