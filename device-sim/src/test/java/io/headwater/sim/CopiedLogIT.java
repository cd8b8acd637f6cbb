package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import io.headwater.process.HostPort;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A device's disk is copied, restored, and finally lives twice. */
@Timeout(180)
class CopiedLogIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String TOPIC = "sensors.copied";

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private ChildProcess start(String... command) {
    return Headwater.start(folder, command);
  }

  private ChildProcess startEdge(String data, String bridge) {
    return start(
        "edge",
        "--data=" + folder.resolve(data),
        "--port=0",
        "--bridge=" + bridge,
        "--set",
        "http=127.0.0.1:0",
        "--set",
        "gateway=gw-copied");
  }

  private static void publish(ChildProcess edge, String prefix, int count) {
    HostPort address = HostPort.parse(Objects.requireNonNull(edge.awaitReady(LIMIT).get("mqtt")));
    var client =
        Mqtt5Client.builder()
            .identifier("device-" + prefix)
            .serverHost(address.host())
            .serverPort(address.port())
            .buildBlocking();
    client.connect();
    for (int i = 0; i < count; i++) {
      client
          .publishWith()
          .topic("sensors/site/dev/copied")
          .qos(MqttQos.AT_LEAST_ONCE)
          .payload((prefix + i).getBytes(StandardCharsets.UTF_8))
          .send();
    }
    client.disconnect();
  }

  private static List<String> values(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
  }

  /** All readings in the hub, once at least so many are there and no more come. */
  private static List<String> readings(String kafka, int atLeast) {
    Map<String, Object> config =
        Map.of("bootstrap.servers", kafka, "isolation.level", "read_committed");
    try (var consumer =
        new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      long limit = System.nanoTime() + LIMIT.toNanos();
      List<PartitionInfo> infos = consumer.partitionsFor(TOPIC);
      List<TopicPartition> partitions =
          infos.stream().map(info -> new TopicPartition(TOPIC, info.partition())).toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      var found = new ArrayList<String>();
      long quietSince = System.nanoTime();
      while (System.nanoTime() - limit < 0
          && (found.size() < atLeast
              || System.nanoTime() - quietSince < Duration.ofSeconds(2).toNanos())) {
        var polled = consumer.poll(Duration.ofMillis(100));
        polled.forEach(record -> found.add(record.value()));
        if (!polled.isEmpty()) {
          quietSince = System.nanoTime();
        }
      }
      return found;
    }
  }

  private void copy(String from, String to) throws IOException {
    Path source = folder.resolve(from);
    try (Stream<Path> all = Files.walk(source)) {
      for (Path path : all.sorted().toList()) {
        if (Files.isDirectory(path)) {
          Files.createDirectories(folder.resolve(to).resolve(source.relativize(path)));
        } else if (!path.getFileName().toString().endsWith(".lock")) {
          Files.copy(path, folder.resolve(to).resolve(source.relativize(path)));
        }
      }
    }
  }

  @Test
  void imageGrownPastTheCursorAndTwoLiveCopiesLoseAndDoubleNothing() throws Exception {
    var running = new ArrayList<ChildProcess>();
    try {
      ChildProcess hub = Headwater.startHub(folder);
      running.add(hub);
      String kafka = Objects.requireNonNull(hub.awaitReady(LIMIT).get("kafka"));
      ChildProcess bridge =
          start(
              "bridge",
              "--data=" + folder.resolve("bridge"),
              "--port=0",
              "--hub=" + kafka,
              "--set",
              "http=127.0.0.1:0");
      running.add(bridge);
      String uplink = Objects.requireNonNull(bridge.awaitReady(LIMIT).get("mqtt"));

      ChildProcess original = startEdge("original", uplink);
      running.add(original);
      publish(original, "a", 50);
      assertThat(readings(kafka, 50)).hasSize(50);
      original.signal("STOP");
      copy("original", "image");
      original.signal("CONT");
      publish(original, "b", 30);
      var expected = new TreeSet<>(values("a", 50));
      expected.addAll(values("b", 30));
      assertThat(readings(kafka, 80)).hasSize(80).containsAll(expected);

      // The image grows past the cursor while no bridge can be reached.
      ChildProcess alone = startEdge("image", "127.0.0.1:1");
      running.add(alone);
      publish(alone, "c", 100);
      alone.terminate();
      ChildProcess image = startEdge("image", uplink);
      running.add(image);
      image.awaitReady(LIMIT);
      expected.addAll(values("c", 100));
      assertThat(readings(kafka, 180)).hasSize(180).containsAll(expected);
      assertThat(image.output()).contains("Forwarding goes on under a new epoch");

      // Both go on; they throw each other off the broker, and nothing is mixed.
      publish(original, "d", 20);
      publish(image, "e", 20);
      expected.addAll(values("d", 20));
      expected.addAll(values("e", 20));
      assertThat(readings(kafka, 220)).hasSize(220).containsAll(expected);
    } finally {
      running.reversed().forEach(ChildProcess::kill);
    }
  }
}
