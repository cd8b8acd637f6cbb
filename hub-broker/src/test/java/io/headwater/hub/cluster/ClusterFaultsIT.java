package io.headwater.hub.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.cluster.History.End;
import io.headwater.testsupport.Seed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
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
  private static final int PARTITIONS = Integer.getInteger("headwater.cluster.partitions", 12);
  private static final int PER_SECOND = Integer.getInteger("headwater.cluster.rate", 1_000);

  @TempDir private Path folder;
  private HubNodes nodes;
  private History history;
  private ClusterLoad load;

  @BeforeEach
  void start() throws Exception {
    nodes = HubNodes.start(folder, 3);
    history = new History();
    load = ClusterLoad.start(nodes, history, PARTITIONS, PER_SECOND);
    settle();
  }

  @AfterEach
  void stop() {
    if (load != null) {
      load.close();
    }
    if (nodes != null) {
      nodes.close();
    }
  }

  /** Waits until everything works that is measured, and counts anew. */
  private void settle() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> history.longestGaps().size() == PARTITIONS + 3);
    awaitProgress();
    history.restartGaps();
  }

  /** Waits until each partition, coordinator and group has done something again. */
  private void awaitProgress() {
    history.restartGaps();
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> history.allWork());
  }

  private void check(String context) throws Exception {
    load.finish();
    String all = context + ", " + history.acknowledgedCount() + " acknowledged";
    history.checkPlain(load.readAll(ClusterLoad.PLAIN, false), all);
    history.checkTransactions(load.readAll(ClusterLoad.ATOMIC, true), ClusterLoad.PARTS, all);
    assertThat(history.transactions(End.COMMITTED)).as(all).isPositive();
    System.out.printf(
        "cluster: %s, %d transactions committed, %d unknown%n",
        all, history.transactions(End.COMMITTED), history.transactions(End.UNKNOWN));
  }

  /** Runs on until the gap is over, and says how long it was. */
  private long gapAfter(String what) {
    Awaitility.await().pollDelay(Duration.ofSeconds(8)).until(() -> true);
    var longest = history.longestGaps();
    System.out.printf(
        "cluster: %s: longest gaps %s%n",
        what, longest.subList(longest.size() - 4, longest.size()));
    return history.longestGap();
  }

  @Test
  void whoeverIsKilledNothingIsLostOrDoubled() throws Exception {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    for (int round = 0; round < ROUNDS; round++) {
      int victim = 1 + random.nextInt(3);
      history.restartGaps();
      nodes.kill(victim);
      long gap = gapAfter("SIGKILL of node " + victim);
      assertThat(gap).as("%s, %s", seed, nodes.output()).isLessThan(20_000);
      nodes.start(victim);
      nodes.awaitBrokers(3);
      awaitProgress();
    }
    check(seed.toString());
  }

  /** The one that stood still is followed by others, and answers nothing from its memory. */
  @Test
  void whoStandsStillIsFollowedAndFenced() throws Exception {
    Seed seed = Seed.next();
    int victim = 1 + seed.random().nextInt(3);
    history.restartGaps();
    nodes.node(victim).signal("STOP");
    long gap = gapAfter("SIGSTOP of node " + victim);
    nodes.node(victim).signal("CONT");
    assertThat(gap).as("%s, %s", seed, nodes.output()).isLessThan(20_000);
    nodes.awaitBrokers(3);
    awaitProgress();
    check(seed.toString());
  }

  @Test
  void whoLeavesInOrderIsNotMissed() throws Exception {
    Seed seed = Seed.next();
    int victim = 1 + seed.random().nextInt(3);
    history.restartGaps();
    int code = nodes.stop(victim);
    long gap = gapAfter("SIGTERM of node " + victim);
    assertThat(code).as("%s", seed).isIn(0, 143);
    assertThat(gap).as("%s, %s", seed, nodes.output()).isLessThan(10_000);
    nodes.start(victim);
    nodes.awaitBrokers(3);
    awaitProgress();
    check(seed.toString());
  }

  @Test
  void allThreeAtOnceLoseNothingThatWasAcknowledged() throws Exception {
    Seed seed = Seed.next();
    nodes.killAll();
    nodes.startAll();
    awaitProgress();
    check(seed.toString());
  }
}
