package io.headwater.hub.zookeeper;

import java.util.Set;
import org.apache.zookeeper.server.quorum.flexible.QuorumMaj;
import org.apache.zookeeper.server.quorum.flexible.QuorumVerifier;

/**
 * A majority, except for a member that holds nothing yet: it takes part in the making of a quorum
 * only with all others. Otherwise two new members could agree that there is nothing, while the
 * third, which has the data, is about to join. A quorum that stands without it, it may join.
 */
@SuppressWarnings("EqualsHashCode") // ZooKeeper's: compares members only
final class FirstQuorum extends QuorumMaj {
  private final long self;
  private volatile boolean hasData;

  FirstQuorum(long self, QuorumVerifier members, boolean hasData) {
    super(members.getAllMembers());
    this.self = self;
    this.hasData = hasData;
  }

  /** This member is in step with a leader. */
  void synced() {
    hasData = true;
  }

  /** How many members, this one included, have to be there so that it serves. */
  int needed() {
    return hasData ? half + 1 : getVotingMembers().size();
  }

  @Override
  public boolean containsQuorum(Set<Long> acknowledged) {
    return acknowledged.contains(self)
        ? acknowledged.size() >= needed()
        : super.containsQuorum(acknowledged);
  }
}
