package io.headwater.hub.bookkeeper;

import io.netty.util.HashedWheelTimer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.bookkeeper.client.BKException.BKNotEnoughBookiesException;
import org.apache.bookkeeper.client.EnsemblePlacementPolicy;
import org.apache.bookkeeper.client.RackawareEnsemblePlacementPolicy;
import org.apache.bookkeeper.client.RackawareEnsemblePlacementPolicyImpl;
import org.apache.bookkeeper.conf.ClientConfiguration;
import org.apache.bookkeeper.feature.FeatureProvider;
import org.apache.bookkeeper.net.BookieId;
import org.apache.bookkeeper.net.DNSToSwitchMapping;
import org.apache.bookkeeper.proto.BookieAddressResolver;
import org.apache.bookkeeper.stats.StatsLogger;
import org.jspecify.annotations.Nullable;

/**
 * Places new ledgers as BookKeeper does by itself, but always on the bookie of this process too, if
 * that takes entries: most reads then need no network. Where a bookie that fails is replaced, none
 * is preferred.
 *
 * <p>BookKeeper makes it by reflection; the bookie's id comes with the configuration.
 */
final class OwnBookieFirst extends RackawareEnsemblePlacementPolicy {
  private static final String OWN = "headwaterOwnBookie";

  private volatile @Nullable BookieId own;
  private volatile Set<BookieId> writable = Set.of();

  OwnBookieFirst() {}

  static void apply(ClientConfiguration conf, BookieId own) {
    conf.setEnsemblePlacementPolicy(OwnBookieFirst.class);
    conf.setProperty(OWN, own.toString());
  }

  @Override
  public RackawareEnsemblePlacementPolicyImpl initialize(
      ClientConfiguration conf,
      Optional<DNSToSwitchMapping> dnsResolver,
      HashedWheelTimer timer,
      FeatureProvider features,
      StatsLogger stats,
      BookieAddressResolver addresses) {
    own = BookieId.parse(conf.getString(OWN));
    return super.initialize(conf, dnsResolver, timer, features, stats, addresses);
  }

  @Override
  public Set<BookieId> onClusterChanged(Set<BookieId> writable, Set<BookieId> readOnly) {
    this.writable = Set.copyOf(writable);
    return super.onClusterChanged(writable, readOnly);
  }

  @Override
  public PlacementResult<List<BookieId>> newEnsemble(
      int ensembleSize,
      int writeQuorumSize,
      int ackQuorumSize,
      Map<String, byte[]> customMetadata,
      Set<BookieId> excluded)
      throws BKNotEnoughBookiesException {
    PlacementResult<List<BookieId>> placed =
        super.newEnsemble(ensembleSize, writeQuorumSize, ackQuorumSize, customMetadata, excluded);
    BookieId mine = own;
    if (mine == null
        || placed.getResult().contains(mine)
        || placed.getResult().isEmpty()
        || excluded.contains(mine) // it has failed a moment ago
        || !writable.contains(mine)) {
      return placed;
    }
    // The bookies come in random order: the one that makes room is any.
    List<BookieId> withMine = new ArrayList<>(placed.getResult());
    withMine.set(0, mine);
    return EnsemblePlacementPolicy.PlacementResult.of(withMine, placed.getAdheringToPolicy());
  }
}
