package io.headwater.hub.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.Seed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
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
  private static final int ROUNDS = Integer.getInteger("headwater.cluster.rounds", 3);

  /** Far more than any gap on a machine with nothing else to do; what it was is printed. */
  private static final Duration LIMIT = Duration.ofSeconds(40);

  @TempDir private Path folder;
  private HubNodes nodes;
  private LoadedCluster cluster;

  @BeforeEach
  void start() throws Exception {
    nodes = HubNodes.start(folder, 3);
    cluster = LoadedCluster.start(nodes);
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
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    for (int round = 0; round < ROUNDS; round++) {
      int victim = 1 + random.nextInt(3);
      cluster.beginGap();
      nodes.kill(victim);
      cluster.expectGap("SIGKILL of node " + victim, LIMIT, seed.toString());
      nodes.start(victim);
      nodes.awaitBrokers(3);
      cluster.awaitProgress();
    }
    cluster.check(seed.toString());
  }

  /** The one that stood still is followed by others, and answers nothing from its memory. */
  @Test
  void whoStandsStillIsFollowedAndFenced() throws Exception {
    Seed seed = Seed.next();
    int victim = 1 + seed.random().nextInt(3);
    cluster.beginGap();
    nodes.node(victim).signal("STOP");
    cluster.expectGap("SIGSTOP of node " + victim, LIMIT, seed.toString());
    nodes.node(victim).signal("CONT");
    nodes.awaitBrokers(3);
    cluster.awaitProgress();
    cluster.check(seed.toString());
  }

  @Test
  void whoLeavesInOrderIsNotMissed() throws Exception {
    Seed seed = Seed.next();
    int victim = 1 + seed.random().nextInt(3);
    cluster.beginGap();
    int code = nodes.stop(victim);
    cluster.expectGap("SIGTERM of node " + victim, LIMIT, seed.toString());
    assertThat(code).as("%s", seed).isIn(0, 143);
    nodes.start(victim);
    nodes.awaitBrokers(3);
    cluster.awaitProgress();
    cluster.check(seed.toString());
  }

  @Test
  void allThreeAtOnceLoseNothingThatWasAcknowledged() throws Exception {
    Seed seed = Seed.next();
    nodes.killAll();
    nodes.startAll();
    cluster.awaitProgress();
    cluster.check(seed.toString());
  }
}
