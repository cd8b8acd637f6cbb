package io.headwater.hub;

import io.headwater.hub.kafka.group.GroupSettings;
import io.headwater.hub.kafka.log.FileLogSettings;
import io.headwater.hub.kafka.metrics.MetricsSettings;
import io.headwater.hub.kafka.net.NetSettings;
import io.headwater.hub.kafka.txn.TransactionSettings;
import io.headwater.process.ByteSize;
import io.headwater.process.HostPort;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The hub's configuration; {@code examples/hub.yaml} explains each key.
 *
 * @param data folder for logs and ZooKeeper
 * @param nodeId the broker id
 * @param listen addresses to listen on
 * @param advertised what clients are told to connect to; the address listened on if absent, which
 *     then must be one
 * @param http metrics and health
 * @param zookeeper client address of the in-process ZooKeeper
 * @param insecure allows to listen on a network without authentication
 * @param autoCreateTopics makes topics that clients ask for
 * @param maxRequestSize of one request
 * @param net what clients may take of the hub
 * @param topics defaults of topics
 * @param metrics how many series there may be
 * @param cluster absent for a hub of one node, which keeps its partitions in files
 */
public record HubConfig(
    Path data,
    int nodeId,
    Listen listen,
    Optional<HostPort> advertised,
    HostPort http,
    HostPort zookeeper,
    Duration zookeeperSessionTimeout,
    boolean insecure,
    boolean autoCreateTopics,
    ByteSize maxRequestSize,
    NetSettings net,
    Topics topics,
    GroupSettings groups,
    TransactionSettings transactions,
    FileLogSettings log,
    MetricsSettings metrics,
    Optional<ClusterConfig> cluster) {
  public static final HubConfig DEFAULTS =
      new HubConfig(
          Path.of(".headwater", "hub"),
          1,
          new Listen(new HostPort("127.0.0.1", 9092)),
          Optional.empty(),
          new HostPort("127.0.0.1", 8080),
          new HostPort("127.0.0.1", 2181),
          Duration.ofSeconds(10),
          false,
          true,
          ByteSize.ofMebibytes(100),
          NetSettings.DEFAULTS,
          new Topics(6, Map.of()),
          GroupSettings.DEFAULTS,
          TransactionSettings.DEFAULTS,
          FileLogSettings.DEFAULTS,
          MetricsSettings.DEFAULTS,
          Optional.empty());

  private static final long SMALLEST_REQUEST = 1 << 16;

  public HubConfig {
    if (nodeId < 0) {
      throw new IllegalArgumentException("node-id " + nodeId + " < min 0");
    }
    if (maxRequestSize.bytes() < SMALLEST_REQUEST || maxRequestSize.bytes() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "max-request-size " + maxRequestSize + " is not between 64KiB and 2047MiB");
    }
    if (!insecure && !listen.kafka().isLoopback()) {
      throw new IllegalArgumentException(
          "listen.kafka "
              + listen.kafka()
              + " opens the hub to the network without authentication; set 'insecure: true' if that"
              + " is meant");
    }
    if (isWildcard(advertised.orElse(listen.kafka()))) {
      throw new IllegalArgumentException(
          (advertised.isEmpty() ? "listen.kafka " : "advertised ")
              + advertised.orElse(listen.kafka())
              + " is no address that clients can connect to; set 'advertised' to this machine's name"
              + " and port, for example advertised=hub.example.org:"
              + listen.kafka().port());
    }
    if (cluster.isPresent()) {
      @Nullable String problem = cluster.get().problem(nodeId);
      if (problem != null) {
        throw new IllegalArgumentException(problem);
      }
      if (!insecure) {
        throwIfExposed(cluster.get());
      }
    }
  }

  private static void throwIfExposed(ClusterConfig cluster) {
    HostPort bookie = cluster.bookieListen().orElse(cluster.bookie());
    if (!bookie.isLoopback()) {
      throw new IllegalArgumentException(
          "cluster.bookie %s opens the node to the network without authentication; set 'insecure:"
                  .formatted(bookie)
              + " true' if that is meant");
    }
  }

  private static boolean isWildcard(HostPort address) {
    try {
      return InetAddress.getByName(address.host()).isAnyLocalAddress();
    } catch (UnknownHostException _) {
      return false; // told when the port is opened
    }
  }

  /**
   * @param kafka for Kafka clients
   */
  public record Listen(HostPort kafka) {}

  /**
   * @param defaultPartitions of topics that do not say how many
   * @param defaults settings by Kafka's names
   */
  public record Topics(int defaultPartitions, Map<String, String> defaults) {
    public Topics {
      if (defaultPartitions < 1) {
        throw new IllegalArgumentException(
            "topics.default-partitions " + defaultPartitions + " < min 1");
      }
    }
  }
}
