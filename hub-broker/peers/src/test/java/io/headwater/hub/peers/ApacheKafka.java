package io.headwater.hub.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.testsupport.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;

/** One node of Apache Kafka, broker and controller in one. */
final class ApacheKafka implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final ChildProcess process;
  private final String address;

  private ApacheKafka(ChildProcess process, String address) {
    this.process = process;
    this.address = address;
  }

  /** Returns when it serves. */
  static ApacheKafka start(Path folder) throws IOException {
    String address = "127.0.0.1:" + Peer.freePort();
    String controller = "127.0.0.1:" + Peer.freePort();
    Path config =
        Files.write(
            folder.resolve("server.properties"),
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
    Peer.runJava(
        folder,
        "kafka.tools.StorageTool",
        "format",
        "--cluster-id",
        Uuid.randomUuid().toString(),
        "--config",
        config.toString());
    var kafka = new ApacheKafka(Peer.startJava(folder, "kafka.Kafka", config.toString()), address);
    try {
      kafka.awaitServing();
      return kafka;
    } catch (RuntimeException | AssertionError e) {
      kafka.close();
      throw e;
    }
  }

  private void awaitServing() {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .failFast(() -> assertThat(process.isAlive()).as(process.output()).isTrue())
          .until(() -> !admin.describeCluster().nodes().get().isEmpty());
    }
  }

  /** Host and port for Kafka clients. */
  String address() {
    return address;
  }

  @Override
  public void close() {
    process.close();
  }
}
