package io.headwater.hub.peers;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

/** A hub that peers talk to; it can be killed, and comes back at the same address. */
final class PeerHub implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);

  private final Path folder;
  private final String address;
  private ChildProcess process;

  private PeerHub(Path folder) {
    this.folder = folder;
    process = launch(folder, "0");
    address = Objects.requireNonNull(process.awaitReady(START).get("kafka"));
  }

  /** Returns when the hub serves. */
  static PeerHub start(Path folder) {
    return new PeerHub(folder);
  }

  private static ChildProcess launch(Path folder, String port) {
    return Headwater.start(
        folder,
        "hub",
        "--data",
        folder.resolve("data").toString(),
        "--port",
        port,
        "--set",
        "http=127.0.0.1:0",
        "--set",
        "zookeeper=127.0.0.1:0",
        "--set",
        "groups.offsets-topic-partitions=4",
        "--set",
        "groups.initial-rebalance-delay=0ms",
        "--set",
        "transactions.state-topic-partitions=4");
  }

  /** Host and port for Kafka clients. */
  String address() {
    return address;
  }

  /** SIGKILL, and a new start on what lies on the disk. */
  void crash() {
    process.kill();
    process = launch(folder, address.substring(address.lastIndexOf(':') + 1));
    process.awaitReady(START);
  }

  @Override
  public void close() {
    process.close();
  }
}
