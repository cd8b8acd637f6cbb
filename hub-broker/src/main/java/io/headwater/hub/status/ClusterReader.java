package io.headwater.hub.status;

import io.headwater.hub.bookkeeper.Stores;
import io.headwater.hub.bookkeeper.StoresReader;
import io.headwater.hub.kafka.ledger.PartitionState;
import io.headwater.hub.kafka.ledger.PartitionStates;
import io.headwater.hub.status.ClusterStatus.Contents;
import io.headwater.hub.zookeeper.ClusterView;
import io.headwater.hub.zookeeper.ZooKeeperMember;
import io.headwater.process.HostPort;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a cluster, over one session with ZooKeeper that is begun when there is a majority to
 * serve it. Confined to one thread.
 */
public final class ClusterReader implements AutoCloseable {
  private final List<HostPort> given;
  private final OptionalInt bookies;
  private final Duration patience;
  private final InstantSource clock;
  private final StoresReader stores = new StoresReader();
  private @Nullable ClusterView view;

  /**
   * @param members of ZooKeeper, where clients reach them; any of them are enough
   * @param bookies how many there are to be, if that is known
   * @param patience how long ZooKeeper may be silent
   */
  public ClusterReader(
      List<HostPort> members, OptionalInt bookies, Duration patience, InstantSource clock) {
    this.given = List.copyOf(members);
    this.bookies = bookies;
    this.patience = patience;
    this.clock = clock;
  }

  /** Looks now. What cannot be read is said in what it returns. */
  public ClusterStatus read() {
    List<ZooKeeperMember> members = ZooKeeperMember.ask(given);
    if (members.stream().noneMatch(member -> member.role().serves())) {
      return status(members, null, "");
    }
    try {
      ClusterView open = view();
      List<HostPort> configured = open.members();
      if (configured.size() > given.size()) {
        members = ZooKeeperMember.ask(configured);
      }
      ClusterView.Catalog catalog = open.catalog();
      Stores read = stores.read(open.session());
      return status(members, new Contents(catalog, read), "");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return status(members, null, "interrupted");
    } catch (TimeoutException | IOException e) {
      return status(members, null, String.valueOf(e.getMessage()));
    }
  }

  private ClusterStatus status(
      List<ZooKeeperMember> members, @Nullable Contents contents, String failure) {
    return new ClusterStatus(
        clock.instant(), members, Optional.ofNullable(contents), failure, bookies);
  }

  /**
   * Who has taken partitions over, after {@link #read} has found something.
   *
   * @throws TimeoutException ZooKeeper does not answer
   */
  public Map<PartitionStates.Key, PartitionState> states() {
    return view().states();
  }

  private ClusterView view() {
    ClusterView open = view;
    if (open == null) {
      String connect = given.stream().map(HostPort::toString).collect(Collectors.joining(","));
      open = ClusterView.connect(connect, patience);
      view = open;
    }
    return open;
  }

  @Override
  public void close() {
    if (view != null) {
      view.close();
    }
    stores.close();
  }
}
