package io.headwater.apachekafka;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.FreePorts;
import io.headwater.testsupport.Headwater;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;

/** One node of Apache Kafka, broker and controller in one. */
public final class ApacheKafka implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");

  private final Path folder;
  private final String address;
  private ChildProcess process;

  private ApacheKafka(Path folder, String address, ChildProcess process) {
    this.folder = folder;
    this.address = address;
    this.process = process;
  }

  /**
   * Returns when it serves.
   *
   * @param settings more lines of its server.properties
   */
  public static ApacheKafka start(Path folder, String... settings) throws IOException {
    String address = "127.0.0.1:" + FreePorts.take();
    String controller = "127.0.0.1:" + FreePorts.take();
    Files.createDirectories(folder);
    var lines =
        new ArrayList<>(
            List.of(
                "process.roles=broker,controller",
                "node.id=1",
                "controller.quorum.voters=1@" + controller,
                "listeners=PLAINTEXT://" + address + ",CONTROLLER://" + controller,
                "advertised.listeners=PLAINTEXT://" + address,
                "controller.listener.names=CONTROLLER",
                "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "log.dirs=" + folder.resolve("kafka"),
                "offsets.topic.replication.factor=1",
                "offsets.topic.num.partitions=2",
                "transaction.state.log.replication.factor=1",
                "transaction.state.log.min.isr=1",
                "group.initial.rebalance.delay.ms=0"));
    lines.addAll(List.of(settings));
    Path config = Files.write(folder.resolve("server.properties"), lines);
    try (ChildProcess format =
        java(
            folder,
            "kafka.tools.StorageTool",
            "format",
            "--cluster-id",
            Uuid.randomUuid().toString(),
            "--config",
            config.toString())) {
      if (format.awaitExit(PATIENCE) != 0) {
        throw new AssertionError("Apache Kafka's folder cannot be formatted:\n" + format.output());
      }
    }
    var kafka = new ApacheKafka(folder, address, serve(folder));
    try {
      kafka.awaitServing();
      return kafka;
    } catch (RuntimeException | Error e) {
      kafka.close();
      throw e;
    }
  }

  private static ChildProcess serve(Path folder) {
    return java(folder, "kafka.Kafka", folder.resolve("server.properties").toString());
  }

  private static ChildProcess java(Path folder, String main, String... arguments) {
    var command =
        new ArrayList<>(
            List.of(
                JAVA.toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp",
                classPath(),
                main));
    command.addAll(List.of(arguments));
    return ChildProcess.start(folder, command.toArray(String[]::new));
  }

  private static String classPath() {
    Path file = Headwater.home().resolve("hub-broker/apache-kafka/target/server-classpath.txt");
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new AssertionError(
          file + " is not there: package the module hub-broker/apache-kafka first", e);
    }
  }

  private void awaitServing() {
    long end = System.nanoTime() + PATIENCE.toNanos();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
      while (System.nanoTime() - end < 0) {
        if (!process.isAlive()) {
          throw new AssertionError("Apache Kafka ended:\n" + process.output());
        }
        try {
          if (!admin.describeCluster().nodes().get(1, TimeUnit.SECONDS).isEmpty()) {
            return;
          }
        } catch (ExecutionException | TimeoutException _) {
          // Not yet.
        }
      }
      throw new AssertionError("Apache Kafka did not serve in time:\n" + process.output());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Host and port for Kafka clients; stays the same over a restart. */
  public String address() {
    return address;
  }

  /** SIGKILL; returns when the process is gone. */
  public void kill() {
    process.kill();
  }

  /** Starts it anew after {@link #kill}; returns when it serves. */
  public void restart() {
    process = serve(folder);
    awaitServing();
  }

  @Override
  public void close() {
    process.close();
  }
}
