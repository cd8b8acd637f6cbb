package io.headwater.hub.status;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.hub.kafka.ledger.PartitionState;
import io.headwater.hub.kafka.ledger.PartitionStates;
import io.headwater.hub.status.ClusterStatus.State;
import io.headwater.hub.zookeeper.ZooKeeperMember.Role;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * What {@code headwater cluster status} prints.
 *
 * @param states of all partitions, if they are wanted and could be read
 */
public record ClusterReport(
    ClusterStatus status, Optional<Map<PartitionStates.Key, PartitionState>> states) {
  private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

  /**
   * Looks at a cluster.
   *
   * @param patience how long to wait for an election of ZooKeeper's to end
   * @param partitions whether the states of partitions are wanted
   */
  public static ClusterReport read(ClusterReader reader, Duration patience, boolean partitions) {
    long end = System.nanoTime() + patience.toNanos();
    ClusterStatus status = reader.read();
    while (isElecting(status) && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(LOOK_AGAIN.toNanos());
      status = reader.read();
    }
    return new ClusterReport(
        status,
        partitions && status.contents().isPresent()
            ? Optional.of(reader.states())
            : Optional.empty());
  }

  /** Whether enough members are there for a majority that there is not. */
  private static boolean isElecting(ClusterStatus status) {
    long waiting =
        status.zookeeper().stream().filter(member -> member.role() != Role.UNREACHABLE).count();
    return status.contents().isEmpty()
        && status.failure().isEmpty()
        && waiting > status.zookeeper().size() / 2;
  }

  public boolean isWhole() {
    return status.state() == State.WHOLE;
  }

  /** In one line. */
  public String json() {
    ObjectNode root = StatusJson.of(status);
    status
        .contents()
        .ifPresent(contents -> states.ifPresent(all -> StatusJson.partitions(root, contents, all)));
    return root + "\n";
  }

  public String text() {
    return StatusText.of(status)
        + status
            .contents()
            .flatMap(contents -> states.map(all -> "\n" + StatusText.partitions(contents, all)))
            .orElse("");
  }
}
