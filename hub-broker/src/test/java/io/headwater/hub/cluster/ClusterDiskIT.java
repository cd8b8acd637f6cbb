package io.headwater.hub.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.SmallFileSystem;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes, one of which has no room left on its disk. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ClusterDiskIT {
  private static final int VICTIM = 2;
  private static final int MEBIBYTES = 600;

  /** Far more than any gap on a machine with nothing else to do; what it was is printed. */
  private static final Duration LIMIT = Duration.ofSeconds(25);

  @TempDir private Path folder;

  @Test
  void theOthersGoOnAndItComesBackWhenThereIsRoom() throws Exception {
    try (var disk = SmallFileSystem.mount(folder.resolve("node" + VICTIM), MEBIBYTES);
        var nodes = HubNodes.start(folder, 3);
        var cluster = LoadedCluster.start(nodes, "full disk")) {
      // Its bookie takes nothing any more, its broker and its ZooKeeper go on.
      cluster.beginGap();
      disk.fillUpTo(MEBIBYTES * 3 / 100);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofSeconds(2))
          .until(() -> nodes.status().contains("read-only"));
      cluster.expectGap("a bookie that is full", LIMIT);
      assertThat(nodes.node(VICTIM).isAlive()).as(nodes.output()).isTrue();

      // Nothing of it can go on: the node ends, so that it does not stand in the others' way.
      cluster.beginGap();
      disk.fill();
      cluster.expectGap("a disk without a byte", LIMIT);

      disk.free();
      nodes.awaitAllReady();
      nodes.awaitEnsemble();
      nodes.awaitBrokers(3);
      cluster.awaitProgress();
      cluster.check();
    }
  }
}
