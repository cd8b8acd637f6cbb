package io.headwater.hub.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.cluster.History.End;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/** Nodes under load, whose history is checked in the end. */
final class LoadedCluster implements AutoCloseable {
  private static final int PARTITIONS = Integer.getInteger("headwater.cluster.partitions", 12);
  private static final int PER_SECOND = Integer.getInteger("headwater.cluster.rate", 400);

  /** How long a fault is watched at least: nothing is noticed at once. */
  private static final Duration WATCHED = Duration.ofSeconds(8);

  /** What works is heard of within this time. */
  private static final Duration QUIET = Duration.ofSeconds(2);

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final HubNodes nodes;
  private final String context;
  private final History history = new History();
  private final ClusterLoad load;
  private boolean restartsEnded;

  private LoadedCluster(HubNodes nodes, String context) throws Exception {
    this.nodes = nodes;
    this.context = context;
    load = ClusterLoad.start(nodes, history, PARTITIONS, PER_SECOND);
  }

  /**
   * Returns when everything works that is measured. The nodes stay the caller's.
   *
   * @param context for failure texts, e.g. the seed
   */
  static LoadedCluster start(HubNodes nodes, String context) throws Exception {
    var cluster = new LoadedCluster(nodes, context);
    try {
      cluster.await("works", () -> cluster.history.longestGaps().size() == PARTITIONS + 3);
      cluster.awaitProgress();
      cluster.beginGap();
      return cluster;
    } catch (RuntimeException | Error e) {
      cluster.close();
      throw e;
    }
  }

  /** From now on, while a fault is watched, nodes that end by themselves are started again. */
  void restartEnded() {
    restartsEnded = true;
  }

  /** Waits until each partition, coordinator and group has done something again. */
  void awaitProgress() {
    history.restartGaps();
    await("works again", history::allWork);
  }

  private void await(String what, Callable<Boolean> condition) {
    try {
      Awaitility.await().atMost(PATIENCE).until(condition);
    } catch (ConditionTimeoutException e) {
      throw failure("not everything %s within %s".formatted(what, PATIENCE), e);
    }
  }

  private AssertionError failure(String what, @Nullable Throwable cause) {
    return new AssertionError(
        "%s%n%s%n%s: %s; without success for so many ms: %s; wrong so far: %s"
            .formatted(
                nodes.output(),
                nodes.status(),
                context,
                what,
                history.longestGaps(),
                history.violations()),
        cause);
  }

  /** From now on it counts how long anything does not work. */
  void beginGap() {
    history.restartGaps();
  }

  /**
   * Watches for some seconds, and until everything works again; fails if that is not so within
   * {@code limit}.
   */
  void expectGap(String what, Duration limit) {
    if (gapAfter(what, limit) >= limit.toMillis()) {
      throw failure("after %s not everything worked within %s".formatted(what, limit), null);
    }
  }

  /**
   * Watches for some seconds, and until everything works again or {@code atMost} is over.
   *
   * @return how long the longest gap was in milliseconds; one that goes on counts as it is
   */
  private long gapAfter(String what, Duration atMost) {
    long begun = System.nanoTime();
    Awaitility.await()
        .atMost(atMost.plusSeconds(1))
        .until(() -> {
          if (restartsEnded) {
            nodes.restartEnded();
          }
          long watched = System.nanoTime() - begun;
          return watched > atMost.toNanos()
              || (watched > WATCHED.toNanos() && history.allHeardWithin(QUIET));
        });
    var longest = history.longestGaps();
    System.out.printf(
        "cluster: %s: longest gaps %s%n",
        what, longest.subList(longest.size() - 4, longest.size()));
    return history.longestGap();
  }

  /** Watches for as long, where nothing can be expected to work. */
  void watch(String what, Duration time) {
    var _ = gapAfter(what, time);
  }

  /** Ends the load and compares what clients were told with what can be read. */
  void check() throws Exception {
    load.finish();
    String all = context + ", " + history.acknowledgedCount() + " acknowledged";
    history.checkPlain(load.readAll(ClusterLoad.PLAIN, false), all);
    history.checkTransactions(load.readAll(ClusterLoad.ATOMIC, true), ClusterLoad.PARTS, all);
    assertThat(history.transactions(End.COMMITTED)).as(all).isPositive();
    System.out.printf(
        "cluster: %s, %d transactions committed, %d unknown%n",
        all, history.transactions(End.COMMITTED), history.transactions(End.UNKNOWN));
  }

  @Override
  public void close() {
    load.close();
  }
}
