package io.headwater.hub.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A fourth node comes while three serve, and goes again. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ClusterGrowthIT {
  private static final Duration SHARE = Duration.ofSeconds(30);
  private static final Duration LIMIT = Duration.ofSeconds(40);

  @TempDir private Path folder;

  @Test
  void aNewNodeTakesItsShareAndGivesItBackUnderLoad() throws Exception {
    try (HubNodes nodes = HubNodes.start(folder, 3);
        LoadedCluster cluster = LoadedCluster.start(nodes, "a fourth node")) {
      cluster.beginGap();
      nodes.start(4);
      long started = System.nanoTime();
      try (Admin admin = nodes.admin()) {
        Awaitility.await().atMost(SHARE).until(() -> led(admin, 4) >= partitions(admin) / 4 - 1);
        System.out.printf(
            "cluster: node 4 leads %d of %d partitions after %d ms%n",
            led(admin, 4),
            partitions(admin),
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started));
      }
      cluster.expectGap("growth to four", LIMIT);

      cluster.beginGap();
      assertThat(nodes.stop(4)).isIn(0, 143);
      cluster.expectGap("SIGTERM of node 4", LIMIT);
      cluster.awaitProgress();
      cluster.check();
    }
  }

  private static long led(Admin admin, int node) throws Exception {
    return leaders(admin).stream().filter(leader -> leader == node).count();
  }

  private static int partitions(Admin admin) throws Exception {
    return leaders(admin).size();
  }

  /** Of those partitions that clients see, the coordinators' among them. */
  private static List<Integer> leaders(Admin admin) throws Exception {
    var topics = admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
    return admin.describeTopics(topics).allTopicNames().get().values().stream()
        .flatMap(topic -> topic.partitions().stream())
        .map(partition -> partition.leader() == null ? -1 : partition.leader().id())
        .toList();
  }
}
