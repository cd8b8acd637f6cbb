package io.headwater.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** {@code headwater hub backup} and {@code restore}, as users call them. */
@Timeout(180)
class HubBackupIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private String must(String... command) {
    try (ChildProcess process = Headwater.start(folder, command)) {
      assertThat(process.awaitExit(LIMIT)).as(process.output()).isZero();
      return process.output();
    }
  }

  /** Values that the group has not had yet; commits them. */
  private static List<String> rest(String kafka, int atLeast) {
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers",
            kafka,
            "group.id",
            "readers",
            "auto.offset.reset",
            "earliest",
            "enable.auto.commit",
            "false");
    try (var consumer =
        new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of("readings"));
      var found = new ArrayList<String>();
      long end = System.nanoTime() + LIMIT.toNanos();
      while (found.size() < atLeast && System.nanoTime() - end < 0) {
        consumer.poll(Duration.ofMillis(100)).forEach(record -> found.add(record.value()));
      }
      consumer.commitSync();
      return found;
    }
  }

  private static void produce(String kafka, int from, int to) {
    try (var producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", kafka), new StringSerializer(), new StringSerializer())) {
      for (int i = from; i < to; i++) {
        producer.send(new ProducerRecord<>("readings", "value-" + i));
      }
    }
  }

  @Test
  void topicsAndGroupsAreAsTheyWere() throws Exception {
    Path data = folder.resolve("hub");
    Path backup = folder.resolve("hub.zip");
    try (ChildProcess hub = Headwater.startHub(folder)) {
      String kafka = Objects.requireNonNull(hub.awaitReady(LIMIT).get("kafka"));
      produce(kafka, 0, 100);
      assertThat(rest(kafka, 100)).hasSize(100);
      produce(kafka, 100, 150);

      try (ChildProcess early =
          Headwater.start(folder, "hub", "backup", "--data=" + data, "--into=" + backup)) {
        assertThat(early.awaitExit(LIMIT)).isEqualTo(1);
        assertThat(early.output()).contains("is in use by pid " + hub.pid()).contains("stop it");
      }
      hub.terminate();
    }

    assertThat(must("hub", "backup", "--data=" + data, "--into=" + backup))
        .contains("Wrote " + backup + ": ", "all checksums fit");
    Files.move(data, folder.resolve("lost"));
    assertThat(must("hub", "restore", "--from=" + backup, "--data=" + data))
        .contains("Restored to " + data);

    try (ChildProcess hub = Headwater.startHub(folder)) {
      String kafka = Objects.requireNonNull(hub.awaitReady(LIMIT).get("kafka"));
      assertThat(rest(kafka, 50))
          .containsExactlyInAnyOrderElementsOf(
              IntStream.range(100, 150).mapToObj(i -> "value-" + i).toList());
    }
  }

  @Test
  void aNodeOfAClusterIsRefusedWithTheWayOut() throws Exception {
    Path data = Files.createDirectories(folder.resolve("node/bookie")).getParent();

    try (ChildProcess refused =
        Headwater.start(
            folder, "hub", "backup", "--data=" + data, "--into=" + folder.resolve("n.zip"))) {
      assertThat(refused.awaitExit(LIMIT)).isEqualTo(1);
      assertThat(refused.output()).contains(data + " is of a cluster's node: ");
    }
  }
}
