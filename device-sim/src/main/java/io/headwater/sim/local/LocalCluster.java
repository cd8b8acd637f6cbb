package io.headwater.sim.local;

import io.headwater.process.HostPort;
import io.headwater.process.Ports;
import io.headwater.process.UserError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Configurations of hubs that make a cluster on this machine, each with the folder {@code node-N}:
 * {@code hub.yaml}, which is written at the first start and then kept, since the names of bookies
 * and the members of ZooKeeper must not change, and its data.
 */
public final class LocalCluster {
  public static final int MOST_NODES = 5;

  /** A port each for http and the bookie, three for ZooKeeper. */
  private static final int PORTS = 5;

  private static final String SMALL = "-Xmx256m -XX:MaxDirectMemorySize=192m";

  /**
   * A node.
   *
   * @param config its configuration, by which it can be started by hand
   */
  public record Node(int id, HostPort kafka, Path config) {
    public Member member() {
      return new Member(Part.HUB, id);
    }
  }

  private final Path folder;
  private final List<Node> nodes;

  private LocalCluster(Path folder, List<Node> nodes) {
    this.folder = folder;
    this.nodes = List.copyOf(nodes);
  }

  /**
   * Writes what is missing, and starts nothing.
   *
   * @param folder of the cluster
   * @param count how many nodes, 1 to {@link #MOST_NODES}
   * @param firstPort for Kafka clients of the first node; the others have the next ones
   * @throws UserError the folder holds a cluster of another size or at other ports, or a port is
   *     taken
   */
  public static LocalCluster prepare(Path folder, int count, int firstPort) {
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
      return new LocalCluster(place, nodes);
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

  /**
   * Its processes, not yet started.
   *
   * @param home the project's folder, where the launcher lies
   * @param progress is told a line for every process that is ready
   */
  public LocalSystem system(Path home, Consumer<String> progress) {
    var commands = new LinkedHashMap<Member, List<String>>();
    for (Node node : nodes) {
      commands.put(
          node.member(),
          List.of(home.resolve("headwater").toString(), "hub", "--config=" + node.config()));
    }
    return new LocalSystem(folder, commands, SMALL, progress);
  }
}
