package io.headwater.hub.peers;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.FreePorts;
import io.headwater.testsupport.Headwater;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Three hubs that make a cluster, as users start them. */
final class PeerCluster implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(90);
  private static final int NODES = 3;

  /** Of a node: for Kafka, its bookie, and three of ZooKeeper. */
  private static final int PORTS = 5;

  private final Path folder;
  private final List<Integer> ports;
  private final List<ChildProcess> running = new ArrayList<>();

  private PeerCluster(Path folder, List<Integer> ports) {
    this.folder = folder;
    this.ports = ports;
  }

  /** Returns when all serve. */
  static PeerCluster start(Path folder) throws IOException {
    var cluster = new PeerCluster(folder, FreePorts.take(NODES * PORTS));
    try {
      for (int id = 1; id <= NODES; id++) {
        cluster.running.add(cluster.launch(id));
      }
      cluster.running.forEach(node -> node.awaitReady(START));
      return cluster;
    } catch (RuntimeException | Error e) {
      cluster.close();
      throw e;
    }
  }

  private ChildProcess launch(int id) {
    var settings = new ArrayList<String>();
    settings.add("data=" + data(id));
    settings.add("node-id=" + id);
    settings.add("listen.kafka=127.0.0.1:" + port(id, 0));
    settings.add("http=127.0.0.1:0");
    settings.add("cluster.bookie=127.0.0.1:" + port(id, 1));
    settings.add("cluster.bookies=" + NODES);
    for (int member = 1; member <= NODES; member++) {
      settings.add(
          "cluster.zookeeper.%d=127.0.0.1:%d:%d;%d"
              .formatted(member, port(member, 2), port(member, 3), port(member, 4)));
    }
    var arguments = new ArrayList<>(List.of("hub"));
    settings.forEach(setting -> arguments.add("--set=" + setting));
    return Headwater.start(folder, arguments.toArray(new String[0]));
  }

  private int port(int id, int which) {
    return ports.get((id - 1) * PORTS + which);
  }

  /** The data folder of a node. */
  Path data(int id) {
    return folder.resolve("node" + id);
  }

  /** For Kafka clients. */
  String addresses() {
    return IntStream.rangeClosed(1, NODES)
        .mapToObj(id -> "127.0.0.1:" + port(id, 0))
        .collect(Collectors.joining(","));
  }

  @Override
  public void close() {
    running.forEach(ChildProcess::close);
  }
}
