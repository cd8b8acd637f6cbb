package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.KeptFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * A site and its hub that are both brought from an earlier build to this one: the hub has the
 * readings of its log that were settled, and the bridge's cursors; the edge agent has the rest.
 */
@Timeout(180)
class OlderSystemIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final List<String> TOPICS = List.of("sensors.temperature", "sensors.humidity");

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private static Path kept(String module, String name) {
    return Headwater.home().resolve(module + "/src/test/resources/formats/" + name);
  }

  /** Numbers of the readings that the agent's log told, by topic and key, in order. */
  private static Map<String, List<Integer>> expected() throws IOException {
    var expected = new TreeMap<String, List<Integer>>();
    for (String line :
        Files.readAllLines(kept("edge-agent", "edge-55c8f81.txt"), StandardCharsets.UTF_8)) {
      List<String> words = List.of(line.split("\t"));
      if (words.getFirst().equals("reading")) {
        String value = words.get(9);
        add(expected, words.get(1), words.get(6), value.substring(0, value.indexOf('*')));
      }
    }
    return expected;
  }

  private static void add(
      Map<String, List<Integer>> numbers, String topic, String key, String number) {
    numbers.computeIfAbsent(topic + " " + key, _ -> new ArrayList<>()).add(Integer.valueOf(number));
  }

  private static KafkaConsumer<String, String> consumer(String kafka, List<String> topics) {
    Map<String, Object> config =
        Map.of("bootstrap.servers", kafka, "isolation.level", "read_committed");
    var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
    List<TopicPartition> partitions =
        topics.stream()
            .flatMap(topic -> consumer.partitionsFor(topic).stream())
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    return consumer;
  }

  /** What is there once at least so many readings are, and none has come for a while. */
  private static Map<String, List<Integer>> readings(String kafka, int atLeast) {
    try (var consumer = consumer(kafka, TOPICS)) {
      var found = new TreeMap<String, List<Integer>>();
      int count = 0;
      long limit = System.nanoTime() + LIMIT.toNanos();
      long quietSince = System.nanoTime();
      while (System.nanoTime() - limit < 0
          && (count < atLeast
              || System.nanoTime() - quietSince < Duration.ofSeconds(2).toNanos())) {
        for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofMillis(100))) {
          add(found, each.topic(), each.key(), each.value().replaceAll("\\.+$", ""));
          count++;
          quietSince = System.nanoTime();
        }
      }
      return found;
    }
  }

  @Test
  void eachReadingIsInTheHubOnceAndInOrder() throws Exception {
    KeptFolder.unpack(
        new GZIPInputStream(Files.newInputStream(kept("hub-broker", "hub-d7b425c.zip.gz"))),
        folder.resolve("hub"));
    KeptFolder.unpack(
        Files.newInputStream(kept("edge-agent", "edge-55c8f81.zip")), folder.resolve("edge"));
    Map<String, List<Integer>> expected = expected();
    int count = expected.values().stream().mapToInt(List::size).sum();
    try (ChildProcess hub =
        Headwater.start(
            folder,
            "hub",
            "--data=" + folder.resolve("hub"),
            "--port=0",
            "--set=http=127.0.0.1:0",
            "--set=zookeeper=127.0.0.1:0",
            "--set=groups.offsets-topic-partitions=2",
            "--set=transactions.state-topic-partitions=2")) {
      String kafka = Objects.requireNonNull(hub.awaitReady(LIMIT).get("kafka"));
      try (ChildProcess bridge =
              Headwater.start(
                  folder,
                  "bridge",
                  "--data=" + folder.resolve("bridge"),
                  "--port=0",
                  "--hub=" + kafka,
                  "--set=http=127.0.0.1:0");
          ChildProcess edge =
              Headwater.start(
                  folder,
                  "edge",
                  "--data=" + folder.resolve("edge"),
                  "--port=0",
                  "--bridge=" + bridge.awaitReady(LIMIT).get("mqtt"),
                  "--set=http=127.0.0.1:0",
                  "--set=gateway=gw-fixture")) {
        edge.awaitReady(LIMIT);

        assertThat(readings(kafka, count)).isEqualTo(expected);
        assertThat(edge.output()).doesNotContain("new epoch", "damaged");
      }
    }
  }
}
