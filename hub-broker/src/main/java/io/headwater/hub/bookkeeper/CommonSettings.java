package io.headwater.hub.bookkeeper;

import io.netty.util.ResourceLeakDetector;
import java.time.Duration;
import org.apache.bookkeeper.common.allocator.LeakDetectionPolicy;
import org.apache.bookkeeper.conf.AbstractConfiguration;
import org.apache.bookkeeper.meta.MetadataDrivers;

/** What bookies and clients of a cluster have in common. Each of them asks here first. */
final class CommonSettings {
  static {
    // BookKeeper's drivers and their register initialize each other's classes: threads that began
    // at either end at the same time would wait for each other for ever. So one does all of it.
    var _ = MetadataDrivers.getClientDriver("zk");
  }

  /** Where BookKeeper keeps what it knows: a node of ZooKeeper. */
  static final String ROOT = "/ledgers";

  /**
   * The largest message, so the largest entry and its header: above any request that the hub takes.
   * Must never become smaller: a bookie takes larger entries on its disk for damage.
   */
  private static final int MAX_FRAME_BYTES = 128 << 20;

  private CommonSettings() {}

  /**
   * @param zooKeeper {@code host:port,...}
   */
  static void apply(AbstractConfiguration<?> conf, String zooKeeper, Duration sessionTimeout) {
    // A list in an URI is separated by semicolons.
    conf.setMetadataServiceUri("zk+hierarchical://" + zooKeeper.replace(',', ';') + ROOT);
    conf.setZkTimeout(Math.toIntExact(sessionTimeout.toMillis()));
    conf.setNettyMaxFrameSizeBytes(MAX_FRAME_BYTES);
    conf.setProperty("allocatorPoolingConcurrency", 2); // its setter sets another one
    // It sets this for all of Netty: leave what the process has chosen.
    conf.setAllocatorLeakDetectionPolicy(
        switch (ResourceLeakDetector.getLevel()) {
          case DISABLED -> LeakDetectionPolicy.Disabled;
          case SIMPLE -> LeakDetectionPolicy.Simple;
          case ADVANCED -> LeakDetectionPolicy.Advanced;
          case PARANOID -> LeakDetectionPolicy.Paranoid;
        });
  }
}
