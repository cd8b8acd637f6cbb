package io.headwater.hub.benchmark;

import io.headwater.testsupport.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;

/**
 * Apache Kafka, each node broker and controller together (KRaft).
 *
 * <p>The JVM's options are those of its own {@code kafka-server-start}, but for the heap of a
 * cluster's nodes; its settings are its defaults but for replication: everything on one node, or on
 * three of which two must have it. It does not force records before it acknowledges them.
 */
final class ApacheKafka implements Subject {
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
  private static final List<String> OPTIONS =
      List.of(
          "-server",
          "-XX:+UseG1GC",
          "-XX:MaxGCPauseMillis=20",
          "-XX:InitiatingHeapOccupancyPercent=35",
          "-XX:+ExplicitGCInvokesConcurrent",
          "-Djava.awt.headless=true",
          "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  private final int nodes;
  private final String heap;

  private ApacheKafka(int nodes, String heap) {
    this.nodes = nodes;
    this.heap = heap;
  }

  static ApacheKafka single() {
    return new ApacheKafka(1, "1G");
  }

  static ApacheKafka cluster() {
    return new ApacheKafka(3, "512M");
  }

  @Override
  public String name() {
    return "kafka";
  }

  @Override
  public void prepare(Path folder, int port) throws IOException {
    var controllers = new ArrayList<Integer>();
    var brokers = new ArrayList<>(List.of(port));
    for (int node = 1; node <= nodes; node++) {
      controllers.add(Ports.free());
      brokers.add(Ports.free());
    }
    String quorum =
        IntStream.rangeClosed(1, nodes)
            .mapToObj(node -> node + "@127.0.0.1:" + controllers.get(node - 1))
            .collect(Collectors.joining(","));
    String id = Uuid.randomUuid().toString();
    for (int node = 1; node <= nodes; node++) {
      Path config =
          Files.write(
              config(folder, node),
              List.of(
                  "process.roles=broker,controller",
                  "node.id=" + node,
                  "controller.quorum.voters=" + quorum,
                  "listeners=PLAINTEXT://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d"
                      .formatted(brokers.get(node - 1), controllers.get(node - 1)),
                  "advertised.listeners=PLAINTEXT://127.0.0.1:" + brokers.get(node - 1),
                  "controller.listener.names=CONTROLLER",
                  "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
                  "log.dirs=" + folder.resolve("data-" + node),
                  "default.replication.factor=" + nodes,
                  "min.insync.replicas=" + inSync(),
                  "offsets.topic.replication.factor=" + nodes,
                  "transaction.state.log.replication.factor=" + nodes,
                  "transaction.state.log.min.isr=" + inSync()));
      format(folder, config, id);
    }
  }

  private int inSync() {
    return (nodes + 1) / 2;
  }

  private static Path config(Path folder, int node) {
    return folder.resolve("server-" + node + ".properties");
  }

  private void format(Path folder, Path config, String id) throws IOException {
    try (ChildProcess format =
        start(
            folder,
            "kafka.tools.StorageTool",
            "format",
            "--cluster-id",
            id,
            "--config",
            config.toString())) {
      if (format.awaitExit(Duration.ofMinutes(1)) != 0) {
        throw new IOException("Apache Kafka's folder cannot be formatted:\n" + format.output());
      }
    }
  }

  @Override
  public Broker launch(Path folder, int port) {
    var started = new ArrayList<ChildProcess>();
    for (int node = 1; node <= nodes; node++) {
      started.add(start(folder, "kafka.Kafka", config(folder, node).toString()));
    }
    return new Broker(started, "127.0.0.1:" + port);
  }

  private ChildProcess start(Path folder, String main, String... arguments) {
    var command = new ArrayList<String>();
    command.add(JAVA.toString());
    command.addAll(List.of("-Xmx" + heap, "-Xms" + heap));
    command.addAll(OPTIONS);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main);
    command.addAll(List.of(arguments));
    return ChildProcess.start(folder, command.toArray(String[]::new));
  }
}
