package io.headwater.hub.cluster;

import io.headwater.hub.cluster.Network.Kind;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.FreePorts;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.awaitility.Awaitility;

/** Hubs of one cluster, each a process of its own with all three roles, on this machine. */
final class HubNodes implements AutoCloseable {
  static final Duration SESSION = Duration.ofSeconds(4);
  private static final Duration START = Duration.ofMinutes(2);
  private static final long RESTART_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Path folder;
  private final int members;
  private final Optional<Network> network;
  private final List<String> more;
  private final SortedMap<Integer, List<Integer>> ports = new TreeMap<>();
  private final SortedMap<Integer, ChildProcess> running = new TreeMap<>();
  private long restartedNanos = System.nanoTime() - RESTART_NANOS;

  private HubNodes(Path folder, int members, Optional<Network> network, List<String> more) {
    this.folder = folder;
    this.members = members;
    this.network = network;
    this.more = more;
  }

  /**
   * Nodes from 1 to {@code count}; returns when all serve.
   *
   * @param more settings of all of them
   */
  static HubNodes start(Path folder, int count, String... more) {
    return start(folder, count, Optional.empty(), List.of(more));
  }

  /** The same at a network that has as many; it stays the caller's. */
  static HubNodes start(Path folder, int count, Network network) {
    return start(folder, count, Optional.of(network), List.of());
  }

  private static HubNodes start(
      Path folder, int count, Optional<Network> network, List<String> more) {
    var nodes = new HubNodes(folder, count, network, more);
    try {
      for (int id = 1; id <= count; id++) {
        nodes.ports(id);
      }
      nodes.startAll();
      return nodes;
    } catch (RuntimeException | Error e) {
      nodes.close();
      throw e;
    }
  }

  /** Starts all members at once, as ZooKeeper needs most of them, and waits for them. */
  void startAll() {
    for (int id = 1; id <= members; id++) {
      launch(id);
    }
    for (int id = 1; id <= members; id++) {
      awaitReady(id);
    }
    awaitBrokers(members);
  }

  /**
   * Starts one that was stopped or killed, or one more, which is no member of ZooKeeper, and waits
   * until it serves.
   */
  void start(int id) {
    launch(id);
    awaitReady(id);
  }

  private void launch(int id) {
    var command = new ArrayList<String>();
    network.ifPresent(one -> command.addAll(one.on(id)));
    command.addAll(java("io.headwater.hub.HubMain"));
    for (String setting : settings(id)) {
      command.add("--set=" + setting);
    }
    ChildProcess started = ChildProcess.start(folder, command.toArray(new String[0]));
    running.put(id, started);
  }

  private static List<String> java(String main) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:MaxDirectMemorySize=192m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            main));
    return command;
  }

  /** {@code headwater cluster status}, which the caller waits for. */
  ChildProcess status(String... arguments) {
    List<String> command = java("io.headwater.hub.ClusterStatusMain");
    command.addAll(List.of(arguments));
    return ChildProcess.start(folder, command.toArray(new String[0]));
  }

  /** What {@code headwater cluster status} says of all of them. */
  String status() {
    String all =
        IntStream.rangeClosed(1, members)
            .mapToObj(this::zookeeper)
            .collect(Collectors.joining(","));
    try (ChildProcess command = status("--zookeeper", all)) {
      command.awaitExit(Duration.ofSeconds(60));
      return command.output();
    }
  }

  /** Where clients of ZooKeeper connect to a node. */
  String zookeeper(int id) {
    return host(Kind.ZOOKEEPER, id) + ":" + ports(id).get(5);
  }

  /** A node's page of metrics and health. */
  String http(int id) {
    return "127.0.0.1:" + ports(id).get(1);
  }

  private List<String> settings(int id) {
    var settings = new ArrayList<String>();
    settings.add("data=" + folder.resolve("node" + id));
    settings.add("node-id=" + id);
    settings.add("insecure=" + network.isPresent());
    settings.add("listen.kafka=" + host(Kind.KAFKA, id) + ":" + ports(id).get(0));
    settings.add("http=127.0.0.1:" + ports(id).get(1));
    settings.add("zookeeper-session-timeout=" + SESSION.toMillis() + "ms");
    settings.add("groups.offsets-topic-partitions=6");
    settings.add("transactions.state-topic-partitions=6");
    settings.add("cluster.bookie=" + host(Kind.BOOKIE, id) + ":" + ports(id).get(2));
    settings.add("cluster.bookies=" + Math.max(id, members));
    settings.add("cluster.roles=" + (id > members ? "broker,bookie" : "broker,bookie,zookeeper"));
    for (int member = 1; member <= members; member++) {
      List<Integer> of = ports(member);
      settings.add(
          "cluster.zookeeper.%d=%s:%d:%d;%d"
              .formatted(member, host(Kind.ZOOKEEPER, member), of.get(3), of.get(4), of.get(5)));
    }
    settings.addAll(more);
    return settings;
  }

  private String host(Kind kind, int id) {
    return network.map(one -> one.address(kind, id)).orElse("127.0.0.1");
  }

  /** Kafka, http, bookie, and three of ZooKeeper. */
  private List<Integer> ports(int id) {
    return ports.computeIfAbsent(id, _ -> FreePorts.take(6));
  }

  private void awaitReady(int id) {
    node(id).awaitReady(START);
  }

  /** Waits until as many brokers are known to any of them. */
  void awaitBrokers(int count) {
    try (Admin admin = admin()) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptions()
          .until(() -> admin.describeCluster().nodes().get().size() == count);
    }
  }

  /** Waits until a node leads something; one that has just come back is given its share later. */
  void awaitLeads(int id) {
    try (Admin admin = admin()) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .until(() ->
              Objects.requireNonNull(
                      admin
                          .describeTopics(List.of(ClusterLoad.PLAIN))
                          .allTopicNames()
                          .get()
                          .get(ClusterLoad.PLAIN))
                  .partitions()
                  .stream()
                  .anyMatch(partition -> partition.leader().id() == id));
    }
  }

  /**
   * As systemd does with who cannot go on and ends by itself: at most once a second. Does not wait.
   */
  void restartEnded() {
    if (System.nanoTime() - restartedNanos < RESTART_NANOS) {
      return;
    }
    for (int id : List.copyOf(running.keySet())) {
      if (!node(id).isAlive()) {
        System.out.printf("cluster: node %d had ended:%n%s%n", id, node(id).output());
        restartedNanos = System.nanoTime();
        launch(id);
      }
    }
  }

  /** Waits until all that run serve, whoever has to be started again for that. */
  void awaitAllReady() {
    Awaitility.await()
        .atMost(START)
        .until(() -> {
          restartEnded();
          return running.values().stream().allMatch(ChildProcess::isReady);
        });
  }

  /** Waits until all members of ZooKeeper are one ensemble again. */
  void awaitEnsemble() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> IntStream.rangeClosed(1, members).allMatch(this::isServedByZooKeeper));
  }

  private boolean isServedByZooKeeper(int id) {
    var address = new InetSocketAddress(host(Kind.ZOOKEEPER, id), ports(id).getLast());
    try (var socket = new Socket()) {
      socket.connect(address, 1_000);
      socket.setSoTimeout(1_000);
      socket.getOutputStream().write("srvr".getBytes(StandardCharsets.US_ASCII));
      var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      return answer.contains("Mode: leader") || answer.contains("Mode: follower");
    } catch (IOException _) {
      return false;
    }
  }

  ChildProcess node(int id) {
    return Objects.requireNonNull(running.get(id), () -> "node " + id + " does not run");
  }

  /** SIGKILL: broker, bookie and ZooKeeper together. */
  void kill(int id) {
    node(id).kill();
    running.remove(id);
  }

  void killAll() {
    running.values().forEach(node -> node.signal("KILL"));
    running.values().forEach(node -> node.awaitExit(Duration.ofSeconds(20)));
    running.clear();
  }

  /** SIGTERM; returns the exit code. */
  int stop(int id) {
    int code = node(id).terminate();
    running.remove(id);
    return code;
  }

  /** SIGTERM to all at once; returns their exit codes. */
  List<Integer> stopAll() {
    running.values().forEach(node -> node.signal("TERM"));
    List<Integer> codes =
        running.values().stream().map(node -> node.awaitExit(Duration.ofSeconds(60))).toList();
    running.clear();
    return codes;
  }

  String bootstrap() {
    return ports.entrySet().stream()
        .map(node -> host(Kind.KAFKA, node.getKey()) + ":" + node.getValue().getFirst())
        .collect(Collectors.joining(","));
  }

  Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", bootstrap()));
  }

  /** What all processes have printed, for failure texts. */
  String output() {
    return running.entrySet().stream()
        .map(node -> "node " + node.getKey() + ":\n" + node.getValue().output())
        .collect(Collectors.joining("\n"));
  }

  @Override
  public void close() {
    running.values().forEach(ChildProcess::close);
    running.clear();
  }
}
