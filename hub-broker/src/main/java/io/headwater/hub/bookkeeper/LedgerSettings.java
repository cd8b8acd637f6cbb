package io.headwater.hub.bookkeeper;

import java.time.Duration;

/**
 * How ledgers are kept.
 *
 * @param zooKeeper {@code host:port,...}
 * @param sessionTimeout of the client's session with ZooKeeper
 * @param replicationFactor bookies that a ledger lies on if there are as many, at least 1
 * @param minInSync bookies that must have an entry on disk before its append is done, 1 to {@code
 *     replicationFactor}; a majority of them is taken if that is more
 * @param configuredBookies of the cluster, whether alive or not, at least 1
 */
public record LedgerSettings(
    String zooKeeper,
    Duration sessionTimeout,
    int replicationFactor,
    int minInSync,
    int configuredBookies) {
  public LedgerSettings {
    if (replicationFactor < 1) {
      throw new IllegalArgumentException("replicationFactor=" + replicationFactor + " < min 1");
    }
    if (minInSync < 1 || minInSync > replicationFactor) {
      throw new IllegalArgumentException(
          "minInSync=%d is not between 1 and replicationFactor=%d"
              .formatted(minInSync, replicationFactor));
    }
    if (configuredBookies < 1) {
      throw new IllegalArgumentException("configuredBookies=" + configuredBookies + " < min 1");
    }
  }

  /** Bookies that must have an entry on disk before its append is done. */
  int ackQuorum() {
    return Math.max(minInSync, replicationFactor / 2 + 1);
  }

  /** Whether a bookie that fails may have one to take its place. */
  boolean hasSpare() {
    return configuredBookies > replicationFactor;
  }
}
