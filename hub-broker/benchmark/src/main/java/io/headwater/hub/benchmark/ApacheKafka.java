package io.headwater.hub.benchmark;

import io.headwater.testsupport.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;

/**
 * Apache Kafka as one node, broker and controller together (KRaft).
 *
 * <p>The JVM's options are those of its own {@code kafka-server-start}; its settings are its
 * defaults but for the replication of internal topics, which one node cannot give. It does not
 * force records before it acknowledges them.
 */
final class ApacheKafka implements Subject {
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
  private static final List<String> OPTIONS =
      List.of(
          "-Xmx1G",
          "-Xms1G",
          "-server",
          "-XX:+UseG1GC",
          "-XX:MaxGCPauseMillis=20",
          "-XX:InitiatingHeapOccupancyPercent=35",
          "-XX:+ExplicitGCInvokesConcurrent",
          "-Djava.awt.headless=true",
          "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  @Override
  public String name() {
    return "kafka";
  }

  @Override
  public void prepare(Path folder, int port) throws IOException {
    Path config = config(folder, port);
    try (ChildProcess format =
        start(
            folder,
            "kafka.tools.StorageTool",
            "format",
            "--cluster-id",
            Uuid.randomUuid().toString(),
            "--config",
            config.toString())) {
      if (format.awaitExit(Duration.ofMinutes(1)) != 0) {
        throw new IOException("Apache Kafka's folder cannot be formatted:\n" + format.output());
      }
    }
  }

  private static Path config(Path folder, int port) throws IOException {
    int controller = Ports.free();
    return Files.write(
        folder.resolve("server.properties"),
        List.of(
            "process.roles=broker,controller",
            "node.id=1",
            "controller.quorum.voters=1@127.0.0.1:" + controller,
            "listeners=PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controller,
            "advertised.listeners=PLAINTEXT://127.0.0.1:" + port,
            "controller.listener.names=CONTROLLER",
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs=" + folder.resolve("data"),
            "offsets.topic.replication.factor=1",
            "transaction.state.log.replication.factor=1",
            "transaction.state.log.min.isr=1"));
  }

  @Override
  public Broker launch(Path folder, int port) {
    String config = folder.resolve("server.properties").toString();
    return new Broker(start(folder, "kafka.Kafka", config), "127.0.0.1:" + port);
  }

  private static ChildProcess start(Path folder, String main, String... arguments) {
    var command = new ArrayList<String>();
    command.add(JAVA.toString());
    command.addAll(OPTIONS);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main);
    command.addAll(List.of(arguments));
    return ChildProcess.start(folder, command.toArray(String[]::new));
  }
}
