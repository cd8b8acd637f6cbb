package io.headwater.hub.cluster;

import io.headwater.hub.cluster.Network.Kind;
import io.headwater.testsupport.Seed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes at a network that is cut under load, each cut once and in an order by chance. {@code
 * -Dheadwater.cluster.rounds=50} makes the long form, {@code -Dheadwater.cluster.cut=cable} takes
 * only cuts with that in their names.
 */
@Timeout(value = 60, unit = TimeUnit.MINUTES)
class ClusterCutsIT {
  /** Rounds of all cuts. */
  private static final int ROUNDS = Integer.getInteger("headwater.cluster.rounds", 1);

  /** Far more than any gap on a machine with nothing else to do; what it was is printed. */
  private static final Duration LIMIT = Duration.ofMinutes(1);

  /** Longer than a session, so that something would happen if it could. */
  private static final Duration WITHOUT_HOPE = HubNodes.SESSION.multipliedBy(2);

  @TempDir private Path folder;

  /**
   * @param othersGoOn whether everything works again for clients before the network is whole
   */
  private record Cut(String name, boolean othersGoOn, IntConsumer of) {}

  @Test
  void whereverTheNetworkIsCutNothingIsLostOrDoubled() throws Exception {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    try (var network = Network.lay(3);
        var nodes = HubNodes.start(folder, 3, network);
        var cluster = LoadedCluster.start(nodes, seed.toString())) {
      cluster.restartEnded();
      for (int round = 0; round < ROUNDS; round++) {
        List<Cut> cuts = cuts(network);
        while (!cuts.isEmpty()) {
          Cut cut = cuts.remove(random.nextInt(cuts.size()));
          int victim = 1 + random.nextInt(3);
          String what = "node %d %s".formatted(victim, cut.name());
          cluster.beginGap();
          cut.of().accept(victim);
          if (cut.othersGoOn()) {
            cluster.expectGap(what, LIMIT);
          } else {
            cluster.watch(what, WITHOUT_HOPE);
          }
          network.heal();
          nodes.awaitAllReady();
          nodes.awaitEnsemble();
          nodes.awaitBrokers(3);
          cluster.awaitProgress();
        }
      }
      cluster.check();
    }
  }

  private static List<Cut> cuts(Network network) {
    String wanted = System.getProperty("headwater.cluster.cut", "");
    return Stream.of(
            new Cut("cut from ZooKeeper", true, node -> network.cut(Kind.ZOOKEEPER, node)),
            new Cut("cut from bookies", true, node -> network.cut(Kind.BOOKIE, node)),
            new Cut("cut from other brokers", true, node -> network.cut(Kind.KAFKA, node)),
            new Cut("cut from clients", false, network::cutFromClients),
            new Cut("heard by nobody", true, network::mute),
            new Cut("hears nobody", true, network::deafen),
            new Cut("without its cable", true, network::pull),
            new Cut("and all others cut from ZooKeeper", false, _ -> network.cutZooKeeper()))
        .filter(cut -> cut.name().contains(wanted))
        .collect(Collectors.toCollection(ArrayList::new));
  }
}
