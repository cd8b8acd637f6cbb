package io.headwater.hub.bookkeeper;

import static java.util.Objects.requireNonNull;

import io.headwater.hub.zookeeper.EmbeddedZooKeeper;
import io.headwater.process.HostPort;
import io.headwater.process.Resources;
import io.headwater.testsupport.FreePorts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** ZooKeeper and some bookies in this process, each in a folder and on a port of its own. */
final class BookieCluster implements AutoCloseable {
  static final Duration SESSION = Duration.ofSeconds(6);

  private final Path folder;
  private final EmbeddedZooKeeper zookeeper;
  private final Map<Integer, HostPort> addresses = new HashMap<>();
  private final Map<Integer, EmbeddedBookie> running = new HashMap<>();

  private BookieCluster(Path folder) {
    this.folder = folder;
    this.zookeeper =
        EmbeddedZooKeeper.start(folder.resolve("zookeeper"), new HostPort("127.0.0.1", 0));
  }

  static BookieCluster start(Path folder, int bookies) {
    var cluster = new BookieCluster(folder);
    try {
      for (int i = 0; i < bookies; i++) {
        cluster.start(i);
      }
      return cluster;
    } catch (RuntimeException | Error e) {
      cluster.close();
      throw e;
    }
  }

  /** Starts a bookie for the first time, or again on its port and folder. */
  void start(int bookie) {
    start(bookie, folder(bookie));
  }

  void start(int bookie, Path place) {
    HostPort address = addresses.computeIfAbsent(bookie, _ -> freePort());
    running.put(
        bookie,
        EmbeddedBookie.start(
            place,
            zookeeper.connectString(),
            new BookieSettings(address, address.host(), SESSION, true, false)));
  }

  void stop(int bookie) {
    EmbeddedBookie stopped = running.remove(bookie);
    if (stopped != null) {
      stopped.close();
    }
  }

  Path folder(int bookie) {
    return folder.resolve("bookie-" + bookie);
  }

  HostPort address(int bookie) {
    return addresses.getOrDefault(bookie, new HostPort("none", 1));
  }

  String zookeeper() {
    return zookeeper.connectString();
  }

  /** A client of its own, as another node would have. */
  BookKeeperLedgers connect(int replicationFactor, int configuredBookies) {
    return BookKeeperLedgers.connect(
        new LedgerSettings(
            zookeeper.connectString(), SESSION, replicationFactor, 1, configuredBookies));
  }

  /** The client of the node that a bookie belongs to. */
  BookKeeperLedgers connect(int replicationFactor, int configuredBookies, int own) {
    return BookKeeperLedgers.connect(
        new LedgerSettings(
            zookeeper.connectString(), SESSION, replicationFactor, 1, configuredBookies),
        requireNonNull(running.get(own)));
  }

  static HostPort freePort() {
    return new HostPort("127.0.0.1", FreePorts.take());
  }

  @Override
  public void close() {
    var parts = new Resources();
    parts.open("zookeeper", zookeeper);
    running.forEach((bookie, part) -> parts.open("bookie " + bookie, part));
    parts.close();
  }
}
