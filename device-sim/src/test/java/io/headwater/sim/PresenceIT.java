package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The example of devices without a gateway: what a Kafka consumer sees of them. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class PresenceIT {
  private static final Duration START = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;
  private final List<ChildProcess> started = new ArrayList<>();
  private final Map<String, JsonNode> newest = new HashMap<>();
  private @Nullable KafkaConsumer<String, String> consumer;

  @AfterEach
  void stop() {
    if (consumer != null) {
      consumer.close();
    }
    started.reversed().forEach(ChildProcess::close);
  }

  private ChildProcess keep(ChildProcess process) {
    started.add(process);
    return process;
  }

  private ChildProcess startEdge(String bridge) {
    return keep(
        Headwater.start(
            folder,
            "edge",
            "--config",
            Headwater.home()
                .resolve("docs/examples/devices-without-a-gateway/edge.yaml")
                .toString(),
            "--data",
            folder.resolve("edge").toString(),
            "--port",
            "0",
            "--bridge",
            bridge,
            "--set",
            "http=127.0.0.1:0",
            "--set",
            "uplink.heartbeat=1s"));
  }

  private ChildProcess device(Path program, String broker, String client, String... more) {
    String port = broker.substring(broker.lastIndexOf(':') + 1);
    var command =
        new ArrayList<>(
            List.of(
                program.toString(),
                "-h",
                "127.0.0.1",
                "-p",
                port,
                "-i",
                client,
                "-q",
                "1",
                "-t",
                "sensors/lab/" + client + "/temperature"));
    command.addAll(List.of(more));
    return keep(ChildProcess.start(folder, command.toArray(new String[0])));
  }

  private void awaitEntry(String key, Predicate<JsonNode> wanted) {
    KafkaConsumer<String, String> open = Objects.requireNonNull(consumer);
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(() -> {
          for (var record : open.poll(Duration.ofMillis(100))) {
            newest.put(record.key(), parse(record.value()));
          }
          assertThat(newest).containsKey(key);
          JsonNode entry = Objects.requireNonNull(newest.get(key));
          assertThat(wanted.test(entry)).as("%s of %s", entry, key).isTrue();
        });
  }

  private static JsonNode parse(String value) {
    try {
      return JSON.readTree(value);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Predicate<JsonNode> online(boolean wanted) {
    return entry -> entry.get("online").asBoolean() == wanted;
  }

  @Test
  void devicesOnAnAgentBesideTheHubAreSeenToComeAndGo() {
    Path mosquittoPub = OutsideSoftware.find("mosquitto_pub");
    ChildProcess hub = keep(Headwater.startHub(folder));
    String kafka = Objects.requireNonNull(hub.awaitReady(START).get("kafka"));
    ChildProcess bridge =
        keep(
            Headwater.start(
                folder,
                "bridge",
                "--data",
                folder.resolve("bridge").toString(),
                "--port",
                "0",
                "--hub",
                kafka,
                "--set",
                "http=127.0.0.1:0",
                "--set",
                "presence.interval=1s"));
    String broker = Objects.requireNonNull(bridge.awaitReady(START).get("mqtt"));
    ChildProcess edge = startEdge(broker);
    String mqtt = Objects.requireNonNull(edge.awaitReady(START).get("mqtt"));
    consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", kafka, "auto.offset.reset", "earliest"),
            new StringDeserializer(),
            new StringDeserializer());
    List<TopicPartition> partitions =
        await()
            .atMost(START)
            .ignoreExceptions()
            .until(
                () ->
                    Objects.requireNonNull(consumer).partitionsFor("headwater-presence").stream()
                        .map(info -> new TopicPartition(info.topic(), info.partition()))
                        .toList(),
                found -> !found.isEmpty());
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);

    awaitEntry("gateway/devices-1", online(true));
    JsonNode gateway = Objects.requireNonNull(newest.get("gateway/devices-1"));
    assertThat(gateway.get("version").asText()).isEqualTo("0.1.0");
    assertThat(gateway.get("depth").asLong()).isZero();
    assertThat(gateway.get("clock").asText()).isIn("synced", "unsynced", "corrected", "bridge");
    assertThat(gateway.get("started").asLong()).isPositive();
    assertThat(gateway.has("certificateDays")).isFalse();

    // It reads lines from here, so it stays connected until it is killed.
    ChildProcess staying = device(mosquittoPub, mqtt, "device-7", "-l");
    awaitEntry("device/devices-1/device-7", online(true));
    awaitEntry("gateway/devices-1", entry -> entry.path("devices").asInt() == 1);
    assertThat(device(mosquittoPub, mqtt, "device-8", "-m", "21.5").awaitExit(START)).isZero();
    awaitEntry("device/devices-1/device-8", online(false));
    staying.kill();
    awaitEntry("device/devices-1/device-7", online(false));

    // An agent that dies says nothing of its devices: its next run does.
    device(mosquittoPub, mqtt, "device-9", "-l");
    awaitEntry("device/devices-1/device-9", online(true));
    edge.kill();
    awaitEntry("gateway/devices-1", online(false));
    startEdge(broker).awaitReady(START);
    awaitEntry("gateway/devices-1", online(true));
    awaitEntry("device/devices-1/device-9", online(false));

    assertThat(newest.keySet())
        .filteredOn(key -> key.startsWith("bridge/"))
        .singleElement()
        .satisfies(key -> {
          JsonNode entry = Objects.requireNonNull(newest.get(key));
          assertThat(entry.get("addresses").get(0).asText()).isEqualTo(broker);
          assertThat(entry.get("peers").asBoolean()).isFalse();
        });
  }
}
