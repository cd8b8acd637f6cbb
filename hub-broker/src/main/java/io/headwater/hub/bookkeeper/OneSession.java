package io.headwater.hub.bookkeeper;

import java.io.IOException;
import org.apache.bookkeeper.conf.AbstractConfiguration;
import org.apache.bookkeeper.meta.zk.ZKMetadataDriverBase;
import org.apache.bookkeeper.stats.NullStatsLogger;
import org.apache.bookkeeper.zookeeper.BoundExponentialBackoffRetryPolicy;
import org.apache.bookkeeper.zookeeper.RetryPolicy;
import org.apache.bookkeeper.zookeeper.ZooKeeperClient;
import org.apache.bookkeeper.zookeeper.ZooKeeperWatcherBase;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;
import org.jspecify.annotations.Nullable;

/**
 * BookKeeper's client of ZooKeeper, which begins a new session when one has expired, but never has
 * two.
 *
 * <p>BookKeeper's own makes one more connection each time a new session has not begun within its
 * time-out, and forgets the one before, which goes on trying. When all of them have a session in
 * the end, the end of one that was forgotten ends the one in use, and nobody is told: a client then
 * no longer hears which bookies come and go, and a bookie is missing from the list while it serves.
 */
@SuppressWarnings("try") // its close waits, and may be interrupted
final class OneSession extends ZooKeeperClient {
  /** Not adopted as long as it is alive: what was in use is closed before another one is made. */
  private @Nullable ZooKeeper made;

  private OneSession(
      String connectString,
      int timeoutMs,
      ZooKeeperWatcherBase watchers,
      RetryPolicy operations,
      double rateLimit)
      throws IOException {
    super(
        connectString,
        timeoutMs,
        watchers,
        new BoundExponentialBackoffRetryPolicy(0, 0, Integer.MAX_VALUE),
        operations,
        NullStatsLogger.INSTANCE,
        1,
        rateLimit,
        false);
  }

  /**
   * Connects, and waits for it as long as a session lasts.
   *
   * @param operations when an operation is tried again
   */
  static OneSession connect(AbstractConfiguration<?> conf, RetryPolicy operations)
      throws IOException, KeeperException, InterruptedException {
    int timeoutMs = conf.getZkTimeout();
    var watchers = new ZooKeeperWatcherBase(timeoutMs, false);
    var client =
        new OneSession(
            servers(conf), timeoutMs, watchers, operations, conf.getZkRequestRateLimit());
    try {
      watchers.waitForConnection();
      return client;
    } catch (KeeperException | InterruptedException e) {
      client.end();
      throw e;
    }
  }

  private static String servers(AbstractConfiguration<?> conf) throws IOException {
    try {
      return ZKMetadataDriverBase.resolveZkServers(conf);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("the address of ZooKeeper cannot be read", e);
    }
  }

  @Override
  protected synchronized ZooKeeper createZooKeeper() throws IOException {
    ZooKeeper before = made;
    if (before != null && before.getState().isAlive()) {
      return before;
    }
    ZooKeeper next = super.createZooKeeper();
    made = next;
    return next;
  }

  /** Closes it, and what has not begun. */
  void end() throws InterruptedException {
    close();
    ZooKeeper last;
    synchronized (this) {
      last = made;
    }
    if (last != null) {
      last.close();
    }
  }
}
