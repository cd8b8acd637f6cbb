package io.headwater.sim.local;

import io.headwater.process.HostPort;
import io.headwater.process.Ports;
import io.headwater.process.UserError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Hubs that make a cluster on this machine, each a process of its own with the folder {@code
 * node-N}: {@code hub.yaml}, which is written at the first start and then kept, since the names of
 * bookies and the members of ZooKeeper must not change, and its data.
 *
 * <p>Not thread-safe, but {@link #killAll} may be called from any thread.
 */
public final class LocalCluster implements AutoCloseable {
  public static final int MOST_NODES = 5;

  private static final Duration POLL = Duration.ofMillis(20);
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);

  /** A port each for http and the bookie, three for ZooKeeper. */
  private static final int PORTS = 5;

  /**
   * A node.
   *
   * @param config its configuration, by which it can be started by hand
   */
  public record Node(int id, HostPort kafka, Path config) {}

  private final Map<Integer, LocalProcess> processes = new LinkedHashMap<>();
  private final List<Node> nodes;
  private final List<Integer> told = new ArrayList<>();

  private LocalCluster(Path home, List<Node> nodes) {
    this.nodes = nodes;
    for (Node node : nodes) {
      processes.put(
          node.id(),
          new LocalProcess(
              new Member(Part.HUB, node.id()),
              List.of(home.resolve("headwater").toString(), "hub", "--config=" + node.config()),
              "-Xmx256m -XX:MaxDirectMemorySize=192m",
              node.config().resolveSibling("hub.log")));
    }
  }

  /**
   * Writes what is missing, and starts nothing.
   *
   * @param home the project's folder, where the launcher lies
   * @param folder of the cluster
   * @param count how many nodes, 1 to {@link #MOST_NODES}
   * @param firstPort for Kafka clients of the first node; the others have the next ones
   * @throws UserError the folder holds a cluster of another size or at other ports, or a port is
   *     taken
   */
  public static LocalCluster prepare(Path home, Path folder, int count, int firstPort) {
    if (count < 1 || count > MOST_NODES) {
      throw UserError.usage("--nodes %d is not between 1 and %d".formatted(count, MOST_NODES));
    }
    if (firstPort < 1 || firstPort + count - 1 > 65_535) {
      throw UserError.usage(
          "--port %d leaves no room for %d nodes below 65536".formatted(firstPort, count));
    }
    Path place = folder.toAbsolutePath().normalize();
    try {
      int there = existing(place);
      if (there == 0) {
        write(place, count, firstPort);
      } else if (there != count) {
        throw UserError.failure(
            "%s holds a cluster of %d nodes; say --nodes %d, or choose another folder with --data"
                .formatted(place, there, there));
      }
      var nodes = new ArrayList<Node>();
      for (int id = 1; id <= count; id++) {
        Path config = place.resolve("node-" + id).resolve("hub.yaml");
        nodes.add(new Node(id, kafka(config), config));
      }
      int port = nodes.getFirst().kafka().port();
      if (port != firstPort) {
        throw UserError.failure(
            "%s holds a cluster at port %d; say --port %d, or choose another folder with --data"
                .formatted(place, port, port));
      }
      nodes.forEach(node -> requireFree(node.kafka()));
      return new LocalCluster(home, nodes);
    } catch (IOException e) {
      throw UserError.failure(place + " cannot be used: " + e, e);
    }
  }

  private static int existing(Path folder) throws IOException {
    if (Files.notExists(folder)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return Math.toIntExact(files.filter(file -> Files.exists(file.resolve("hub.yaml"))).count());
    }
  }

  private static void write(Path folder, int count, int firstPort) throws IOException {
    // Two or four members stand no more losses than one or three.
    int members = count - (count + 1) % 2;
    List<Integer> ports = freePorts(count * PORTS);
    String ensemble =
        IntStream.rangeClosed(1, members)
            .mapToObj(id -> {
              int at = (id - 1) * PORTS + 2;
              return "    %d: 127.0.0.1:%d:%d;%d%n"
                  .formatted(id, ports.get(at), ports.get(at + 1), ports.get(at + 2));
            })
            .collect(Collectors.joining());
    for (int id = 1; id <= count; id++) {
      Path node = Files.createDirectories(folder.resolve("node-" + id));
      int at = (id - 1) * PORTS;
      Files.writeString(
          node.resolve("hub.yaml"),
          """
          # Node %d of a cluster on this machine, written by 'headwater cluster up'.
          node-id: %d
          data: %s
          listen:
            kafka: 127.0.0.1:%d
          http: 127.0.0.1:%d
          zookeeper-session-timeout: 6s
          cluster:
            roles: [%s]
            zookeeper:
          %s  bookie: 127.0.0.1:%d
            bookies: %d
            replication-factor: %d
            min-insync-replicas: %d
          """
              .formatted(
                  id,
                  id,
                  node.resolve("data"),
                  firstPort + id - 1,
                  ports.get(at),
                  id <= members ? "broker, bookie, zookeeper" : "broker, bookie",
                  ensemble,
                  ports.get(at + 1),
                  count,
                  Math.min(3, count),
                  Math.min(2, count)));
    }
  }

  /** As it stands in the file, which somebody may have changed. */
  private static HostPort kafka(Path config) throws IOException {
    return Files.readAllLines(config).stream()
        .map(String::strip)
        .filter(line -> line.startsWith("kafka:"))
        .map(line -> HostPort.parse(line.substring("kafka:".length()).strip()))
        .findFirst()
        .orElseThrow(
            () -> UserError.failure(config + " has no listen.kafka; put it back, or delete it"));
  }

  private static void requireFree(HostPort address) {
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(address.socketAddress());
    } catch (IOException e) {
      throw Ports.inUse("Kafka", address, e);
    }
  }

  private static List<Integer> freePorts(int count) throws IOException {
    var sockets = new ArrayList<ServerSocket>();
    try {
      for (int i = 0; i < count; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return sockets.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
  }

  public List<Node> nodes() {
    return nodes;
  }

  /** What clients are given: the addresses of all. */
  public String bootstrap() {
    return nodes.stream().map(node -> node.kafka().toString()).collect(Collectors.joining(","));
  }

  public long pid(int node) {
    return process(node).pid();
  }

  /**
   * Starts all and waits until all are ready: at first they need each other.
   *
   * @param cancelled gives up the start as soon as it says so
   * @throws UserError if one ends or takes too long; the others keep running until {@link #close}
   */
  public void start(Duration limit, BooleanSupplier cancelled) {
    processes.values().forEach(LocalProcess::start);
    long end = System.nanoTime() + limit.toNanos();
    for (LocalProcess process : processes.values()) {
      while (!process.isReady()) {
        if (cancelled.getAsBoolean()) {
          throw UserError.failure("stopped while starting");
        }
        if (System.nanoTime() - end > 0) {
          throw UserError.failure(process.notReadyLine(limit));
        }
        try {
          TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
        } catch (InterruptedException _) {
          Thread.currentThread().interrupt();
          throw UserError.failure("interrupted while starting");
        }
      }
    }
  }

  /** A line about a node that has ended although nobody asked it to, once for each. */
  public Optional<String> newlyEnded() {
    for (Map.Entry<Integer, LocalProcess> node : processes.entrySet()) {
      if (node.getValue().hasEndedByItself() && !told.contains(node.getKey())) {
        told.add(node.getKey());
        return Optional.of(node.getValue().endedLine());
      }
    }
    return Optional.empty();
  }

  private LocalProcess process(int node) {
    LocalProcess process = processes.get(node);
    if (process == null) {
      throw new AssertionError(node);
    }
    return process;
  }

  /** Stops all at once: the last two would have no majority to tell that they leave. */
  @Override
  public void close() {
    processes.values().forEach(LocalProcess::askToStop);
    processes.values().forEach(process -> process.stop(STOP_PATIENCE));
  }

  /** SIGKILL to all that still run. */
  public void killAll() {
    processes.values().forEach(LocalProcess::kill);
  }
}
