package io.headwater.hub.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.Seed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes, any of which dies, stands still or leaves under load. {@code
 * -Dheadwater.cluster.rounds=50} makes the long form.
 */
@Timeout(value = 60, unit = TimeUnit.MINUTES)
class ClusterFaultsIT {
  private static final int ROUNDS = Integer.getInteger("headwater.cluster.rounds", 1);

  /** Far more than any gap on a machine with nothing else to do; what it was is printed. */
  private static final Duration LIMIT = Duration.ofSeconds(40);

  /** About as long as a node takes to hand on what it leads. */
  private static final Duration LEAVING = Duration.ofMillis(1_500);

  @TempDir private Path folder;
  private final Seed seed = Seed.next();
  private final SplittableRandom random = seed.random();
  private HubNodes nodes;
  private LoadedCluster cluster;

  @BeforeEach
  void start() throws Exception {
    nodes = HubNodes.start(folder, 3);
    cluster = LoadedCluster.start(nodes, seed.toString());
  }

  @AfterEach
  void stop() {
    if (cluster != null) {
      cluster.close();
    }
    if (nodes != null) {
      nodes.close();
    }
  }

  @Test
  void whoeverIsKilledNothingIsLostOrDoubled() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      int victim = anyOfThem();
      cluster.beginGap();
      nodes.kill(victim);
      cluster.expectGap("SIGKILL of node " + victim, LIMIT);
      comesBack(victim);
    }
    nodes.killAll();
    nodes.startAll();
    cluster.awaitProgress();
    cluster.check();
  }

  /**
   * The one that stood still is followed by others, and answers nothing from its memory; who leaves
   * in order is not missed, also if he is killed while he does; all may leave at once.
   */
  @Test
  void whoStandsStillIsFencedAndWhoLeavesIsNotMissed() throws Exception {
    int victim = anyOfThem();
    cluster.beginGap();
    nodes.node(victim).signal("STOP");
    cluster.expectGap("SIGSTOP of node " + victim, LIMIT);
    nodes.node(victim).signal("CONT");
    nodes.awaitBrokers(3);
    nodes.awaitLeads(victim);
    cluster.awaitProgress();

    victim = anyOfThem();
    cluster.beginGap();
    assertThat(nodes.stop(victim)).as("%s", seed).isIn(0, 143);
    cluster.expectGap("SIGTERM of node " + victim, LIMIT);
    comesBack(victim);

    victim = anyOfThem();
    cluster.beginGap();
    nodes.node(victim).signal("TERM");
    LockSupport.parkNanos(random.nextLong(LEAVING.toNanos()));
    nodes.kill(victim);
    cluster.expectGap("SIGTERM and SIGKILL of node " + victim, LIMIT);
    comesBack(victim);

    long begun = System.nanoTime();
    assertThat(nodes.stopAll()).as("%s", seed).allMatch(code -> code == 0 || code == 143);
    System.out.printf(
        "cluster: SIGTERM of all nodes: %d ms%n",
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
    nodes.startAll();
    cluster.awaitProgress();
    cluster.check();
  }

  private int anyOfThem() {
    return 1 + random.nextInt(3);
  }

  private void comesBack(int node) {
    nodes.start(node);
    nodes.awaitBrokers(3);
    nodes.awaitLeads(node);
    cluster.awaitProgress();
  }
}
