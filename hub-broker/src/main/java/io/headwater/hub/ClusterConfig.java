package io.headwater.hub;

import io.headwater.hub.zookeeper.Ensemble.Member;
import io.headwater.process.HostPort;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What makes a hub one node of a cluster: partitions are ledgers on bookies instead of files, and
 * any node can lead them. The same on all nodes, but for {@code roles} and the bookie's address.
 *
 * @param roles what this node does
 * @param zookeeper the nodes that run ZooKeeper: 1, 3 or 5, node id to {@code
 *     host:quorum-port:election-port;client-port}
 * @param zookeeperConnect an ensemble of its own instead, {@code host:port,...}
 * @param bookie this node's, by which all nodes reach it; its name for good
 * @param bookieListen where it listens, if not there
 * @param bookies how many there are to be, whether alive or not
 * @param replicationFactor bookies that have a copy of each record, as far as there are as many;
 *     also of topics that do not say how many
 * @param minInsyncReplicas bookies that must have it on disk before it is acknowledged; a majority
 *     of the copies is taken if that is more
 * @param journalSync whether a bookie forces its journal to disk before it answers
 */
public record ClusterConfig(
    List<Role> roles,
    Map<String, String> zookeeper,
    Optional<String> zookeeperConnect,
    HostPort bookie,
    Optional<HostPort> bookieListen,
    int bookies,
    int replicationFactor,
    int minInsyncReplicas,
    boolean journalSync) {
  public static final ClusterConfig DEFAULTS =
      new ClusterConfig(
          List.of(Role.BROKER, Role.BOOKIE, Role.ZOOKEEPER),
          Map.of(),
          Optional.empty(),
          new HostPort("127.0.0.1", 3181),
          Optional.empty(),
          3,
          3,
          2,
          true);

  /** What a node does for its cluster. */
  public enum Role {
    /** Leads partitions, and serves Kafka clients. */
    BROKER,
    /** Stores copies of records. */
    BOOKIE,
    /** Is a member of the ZooKeeper ensemble. */
    ZOOKEEPER
  }

  public ClusterConfig {
    if (roles.isEmpty()) {
      throw new IllegalArgumentException(
          "roles is empty; a node needs one at least: broker, bookie, zookeeper");
    }
    if (bookies < 1) {
      throw new IllegalArgumentException("bookies " + bookies + " < min 1");
    }
    if (replicationFactor < 1 || replicationFactor > bookies) {
      throw new IllegalArgumentException(
          "replication-factor %d is not between 1 and bookies (%d)"
              .formatted(replicationFactor, bookies));
    }
    if (minInsyncReplicas < 1 || minInsyncReplicas > replicationFactor) {
      throw new IllegalArgumentException(
          "min-insync-replicas %d is not between 1 and replication-factor (%d)"
              .formatted(minInsyncReplicas, replicationFactor));
    }
    if (bookie.port() == 0) {
      throw new IllegalArgumentException(
          "bookie " + bookie + " has no port; its name contains it, so choose one");
    }
  }

  boolean is(Role role) {
    return roles.contains(role);
  }

  /** Why this cannot be the configuration of a node, in one line, or null if it can. */
  @Nullable String problem(int nodeId) {
    if (zookeeper.isEmpty() == zookeeperConnect.isEmpty()) {
      return zookeeper.isEmpty()
          ? "cluster.zookeeper is missing: the nodes that run ZooKeeper, for example"
              + " cluster.zookeeper.1=hub1.example.org:2888:3888;2181, or cluster.zookeeper-connect"
              + " for an ensemble of its own"
          : "cluster.zookeeper and cluster.zookeeper-connect are both given; take one of them";
    }
    try {
      var _ = members();
      var _ = zookeeperAddresses();
    } catch (IllegalArgumentException e) {
      return e.getMessage();
    }
    boolean member = zookeeper.containsKey(Integer.toString(nodeId));
    if (is(Role.ZOOKEEPER) && zookeeperConnect.isEmpty() && !member) {
      return "cluster.zookeeper names the nodes %s and not node-id %d; add it, or take zookeeper out"
              .formatted(zookeeper.keySet().stream().sorted().toList(), nodeId)
          + " of cluster.roles";
    }
    return null;
  }

  /**
   * Those that run ZooKeeper, by node id.
   *
   * @throws IllegalArgumentException one is not written as it should be
   */
  SortedMap<Integer, Member> members() {
    var members = new TreeMap<Integer, Member>();
    zookeeper.forEach((id, member) -> {
      try {
        members.put(Integer.parseInt(id), Member.parse(member));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "cluster.zookeeper.%s: %s".formatted(id, e.getMessage()), e);
      }
    });
    return members;
  }

  /** Where clients of ZooKeeper connect. */
  String connectString() {
    return zookeeperConnect.orElseGet(() ->
        members().values().stream()
            .map(member -> new HostPort(member.host(), member.clientPort()).toString())
            .collect(Collectors.joining(",")));
  }

  /**
   * The same, one by one.
   *
   * @throws IllegalArgumentException one of {@code zookeeper-connect} is no address
   */
  List<HostPort> zookeeperAddresses() {
    var addresses = new ArrayList<HostPort>();
    for (String each : connectString().split(",", -1)) {
      try {
        addresses.add(HostPort.parse(each.strip()));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("cluster.zookeeper-connect: " + e.getMessage(), e);
      }
    }
    return addresses;
  }
}
