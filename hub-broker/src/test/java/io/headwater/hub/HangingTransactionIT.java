package io.headwater.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.log.FileLogEngine;
import io.headwater.hub.kafka.log.FileLogSettings;
import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A transaction that no coordinator knows, made by force, and Kafka's tool against it. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class HangingTransactionIT {
  private static final Duration START = Duration.ofSeconds(60);
  private static final TopicPartition PARTITION = new TopicPartition("hanging", 0);
  private static final long PRODUCER = 777_777;

  @TempDir private Path folder;

  @Test
  void kafkasToolFindsAndAbortsIt() throws Exception {
    Uuid topic;
    try (ChildProcess hub = start()) {
      topic = createTopic(address(hub));
      assertThat(hub.terminate()).isEqualTo(143);
    }
    appendPastTheCoordinator(topic);

    try (ChildProcess hub = start()) {
      String address = address(hub);
      assertThat(run(address, "find-hanging", "--topic", "hanging"))
          .contains(Long.toString(PRODUCER));
      run(address, "abort", "--topic", "hanging", "--partition", "0", "--start-offset", "0");
      assertThat(run(address, "find-hanging", "--topic", "hanging"))
          .doesNotContain(Long.toString(PRODUCER));
      assertThat(hub.terminate()).isEqualTo(143);
    }
  }

  private ChildProcess start() {
    return Headwater.start(
        folder,
        "hub",
        "--data",
        folder.resolve("data").toString(),
        "--port",
        "0",
        "--set",
        "http=127.0.0.1:0",
        "--set",
        "zookeeper=127.0.0.1:0");
  }

  private static String address(ChildProcess hub) {
    return Objects.requireNonNull(hub.awaitReady(START).get("kafka"));
  }

  private static Uuid createTopic(String address) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
      var created = admin.createTopics(List.of(new NewTopic("hanging", 1, (short) 1)));
      return created.topicId("hanging").get();
    }
  }

  private void appendPastTheCoordinator(Uuid topic) throws IOException {
    try (var engine =
        FileLogEngine.open(
            folder.resolve("data").resolve("log"),
            FileLogSettings.DEFAULTS,
            new LogMetrics(new SimpleMeterRegistry()),
            Time.SYSTEM)) {
      PartitionLog log =
          engine.create(PARTITION, topic, new TopicConfigs(Map.of()).effective(Map.of()));
      var _ =
          log.append(
              MemoryRecords.withTransactionalRecords(
                  Compression.NONE,
                  PRODUCER,
                  (short) 0,
                  0,
                  new SimpleRecord(1_000L, new byte[] {1}, new byte[] {2})),
              0,
              AppendOrigin.CLIENT,
              log.maybeStartTransactionVerification(PRODUCER, 0, (short) 0, true),
              (short) -1);
    }
  }

  /** Runs kafka-transactions and returns what it printed. */
  private String run(String address, String... arguments) {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "org.apache.kafka.tools.TransactionsCommand",
                "--bootstrap-server",
                address));
    command.addAll(List.of(arguments));
    try (ChildProcess tool = ChildProcess.start(folder, command.toArray(new String[0]))) {
      assertThat(tool.awaitExit(Duration.ofSeconds(60))).as("%s", tool.output()).isZero();
      return tool.output();
    }
  }
}
