package io.headwater.hub.zookeeper;

import static io.headwater.hub.zookeeper.ZooKeeperCalls.call;

import io.headwater.hub.kafka.ledger.PartitionState;
import io.headwater.hub.kafka.ledger.PartitionStates;
import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.process.HostPort;
import java.io.StringReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Properties;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.retry.RetryOneTime;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.server.quorum.QuorumPeer.QuorumServer;
import org.apache.zookeeper.server.quorum.flexible.QuorumMaj;

/**
 * What ZooKeeper knows of a cluster, looked at from outside: nothing is written, and no broker need
 * be there. Confined to one thread.
 */
public final class ClusterView implements AutoCloseable {
  private static final int RETRY_AFTER_MS = 100;

  private final CuratorFramework client;

  /** Topics are many and change rarely: they are read again when their version is another. */
  private List<Topic> topics = List.of();

  private int topicsVersion = -1;

  private ClusterView(CuratorFramework client) {
    this.client = client;
  }

  /**
   * Connects in the background.
   *
   * @param connectString {@code host:port,...}
   * @param patience how long a reading may wait for ZooKeeper
   */
  public static ClusterView connect(String connectString, Duration patience) {
    // Who looks again, or is waited for, would rather hear soon that it does not answer.
    return new ClusterView(
        ZooKeeperCalls.connect(connectString, patience, new RetryOneTime(RETRY_AFTER_MS)));
  }

  /**
   * The catalog.
   *
   * @param clusterId empty if no broker has ever been there
   * @param controller who is elected
   * @param brokers those registered, by id
   */
  public record Catalog(
      String clusterId, OptionalInt controller, List<Registered> brokers, List<Topic> topics) {
    public Catalog {
      brokers = List.copyOf(brokers);
      topics = List.copyOf(topics);
    }
  }

  /**
   * A broker that is there.
   *
   * @param session of ZooKeeper, which its registration lasts for
   * @param since when it has been registered
   */
  public record Registered(Broker broker, long session, Instant since) {}

  /**
   * Reads the catalog.
   *
   * @throws TimeoutException ZooKeeper does not answer
   */
  public Catalog catalog() {
    return call(() -> {
      if (client.checkExists().forPath(ZooKeeperStore.CLUSTER) == null) {
        return new Catalog("", OptionalInt.empty(), List.of(), List.of());
      }
      String clusterId = TopicCodec.clusterId(client.getData().forPath(ZooKeeperStore.CLUSTER));
      readTopics();
      return new Catalog(clusterId, ZooKeeperStore.controller(client), brokers(), topics);
    });
  }

  private void readTopics() throws Exception {
    Stat stat = client.checkExists().forPath(ZooKeeperStore.TOPICS);
    while (stat.getVersion() != topicsVersion) {
      List<Topic> read = ZooKeeperStore.readTopics(client);
      Stat after = client.checkExists().forPath(ZooKeeperStore.TOPICS);
      if (read != null && after.getVersion() == stat.getVersion()) {
        read.sort(Comparator.comparing(Topic::name));
        topics = read;
        topicsVersion = stat.getVersion();
      }
      stat = after;
    }
  }

  private List<Registered> brokers() throws Exception {
    var brokers = new ArrayList<Registered>();
    for (String id : client.getChildren().forPath(ZooKeeperStore.BROKERS)) {
      try {
        Stat stat = new Stat();
        byte[] data =
            client.getData().storingStatIn(stat).forPath(ZooKeeperStore.BROKERS + "/" + id);
        brokers.add(
            new Registered(
                TopicCodec.broker(Integer.parseInt(id), data),
                stat.getEphemeralOwner(),
                Instant.ofEpochMilli(stat.getCtime())));
      } catch (KeeperException.NoNodeException _) {
        // It has just gone.
      }
    }
    brokers.sort(Comparator.comparingInt(registered -> registered.broker().id()));
    return brokers;
  }

  /**
   * Who has taken partitions over, and the ledgers that hold them: a reading for each partition.
   *
   * @throws TimeoutException ZooKeeper does not answer
   */
  public Map<PartitionStates.Key, PartitionState> states() {
    ZooKeeperPartitionStates states = ZooKeeperPartitionStates.over(client);
    var all = new HashMap<PartitionStates.Key, PartitionState>();
    for (PartitionStates.Key key : states.list()) {
      states.read(key).ifPresent(versioned -> all.put(key, versioned.state()));
    }
    return all;
  }

  /**
   * The members that ZooKeeper has in its own configuration, where clients reach them; empty if it
   * does not tell.
   *
   * @throws TimeoutException ZooKeeper does not answer
   */
  public List<HostPort> members() {
    return call(() -> {
      try {
        return members(client.getData().forPath(ZooDefs.CONFIG_NODE));
      } catch (KeeperException.NoNodeException | KeeperException.NoAuthException _) {
        return List.of();
      }
    });
  }

  static List<HostPort> members(byte[] config) throws Exception {
    var lines = new Properties();
    lines.load(new StringReader(new String(config, StandardCharsets.UTF_8)));
    if (lines.stringPropertyNames().stream().noneMatch(key -> key.startsWith("server."))) {
      return List.of();
    }
    var members = new ArrayList<HostPort>();
    for (QuorumServer server : new QuorumMaj(lines).getAllMembers().values()) {
      InetSocketAddress client = server.clientAddr;
      if (client == null) {
        return List.of();
      }
      // One that listens everywhere has the name by which the others know it.
      String host =
          client.getAddress() != null && client.getAddress().isAnyLocalAddress()
              ? server.addr.getOne().getHostString()
              : client.getHostString();
      members.add(new HostPort(host, client.getPort()));
    }
    return members;
  }

  /** The connection that is in use now, for what else is kept there. */
  public ZooKeeper session() {
    return call(() -> client.getZookeeperClient().getZooKeeper());
  }

  @Override
  public void close() {
    client.close();
  }
}
