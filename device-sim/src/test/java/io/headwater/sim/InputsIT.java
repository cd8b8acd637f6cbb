package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The example of a device with sensors, simulated: its readings as a Kafka consumer gets them. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class InputsIT {
  private static final Duration START = Duration.ofSeconds(60);

  @TempDir private Path folder;
  private final List<ChildProcess> started = new ArrayList<>();

  @AfterEach
  void stop() {
    started.reversed().forEach(ChildProcess::close);
  }

  private ChildProcess keep(ChildProcess process) {
    started.add(process);
    return process;
  }

  private ChildProcess start(String process, String... more) {
    var arguments =
        new ArrayList<>(
            List.of(
                process,
                "--data",
                folder.resolve(process).toString(),
                "--port",
                "0",
                "--set",
                "http=127.0.0.1:0"));
    arguments.addAll(List.of(more));
    return keep(Headwater.start(folder, arguments.toArray(new String[0])));
  }

  @Test
  void readingsOfChipsArriveOnceByTheirRoutes() {
    ChildProcess hub = keep(Headwater.startHub(folder));
    String kafka = Objects.requireNonNull(hub.awaitReady(START).get("kafka"));
    String broker =
        Objects.requireNonNull(start("bridge", "--hub", kafka).awaitReady(START).get("mqtt"));
    start(
            "edge",
            "--config",
            Headwater.home().resolve("edge-agent/examples/inputs.yaml").toString(),
            "--simulate",
            "--bridge",
            broker)
        .awaitReady(START);

    Map<String, String> newest = new HashMap<>();
    var offsets = new HashSet<String>();
    var doubled = new ArrayList<String>();
    try (var consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers", kafka,
                "group.id", "inputs",
                "auto.offset.reset", "earliest",
                "isolation.level", "read_committed",
                "metadata.max.age.ms", "1000"),
            new StringDeserializer(),
            new StringDeserializer())) {
      consumer.subscribe(
          List.of("sensors.temperature", "sensors.humidity", "sensors.pressure", "sensors.level"));
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> {
            for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
              newest.put(record.topic() + "/" + record.key(), record.value());
              String offset =
                  new String(
                      record.headers().lastHeader("edge.offset").value(),
                      StandardCharsets.US_ASCII);
              if (!offsets.add(offset)) {
                doubled.add(offset);
              }
            }
            return newest
                .keySet()
                .containsAll(
                    List.of(
                        "sensors.temperature/roof",
                        "sensors.humidity/roof",
                        "sensors.pressure/roof",
                        "sensors.temperature/cellar",
                        "sensors.temperature/boiler",
                        "sensors.level/north"));
          });
    }

    assertThat(newest.get("sensors.temperature/roof"))
        .as("25.08 °C by the chip's example, less 0.4 by calibration")
        .contains("\"name\":\"roof\",\"quantity\":\"temperature\",\"value\":24.6")
        .contains("\"quality\":\"good\",\"simulated\":true");
    assertThat(newest.get("sensors.pressure/roof")).contains("\"value\":1006.5");
    assertThat(newest.get("sensors.level/north")).contains("\"unit\":\"cm\"");
    assertThat(newest.get("sensors.temperature/boiler"))
        .as("1-Wire is not simulated, and not there")
        .contains("\"quality\":\"bad\",\"fault\":\"no-answer\"");
    assertThat(doubled).isEmpty();
  }
}
