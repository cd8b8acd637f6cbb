package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.pi4j.io.i2c.I2C;
import io.headwater.edge.clock.DeviceClock;
import io.headwater.edge.input.InputTable;
import io.headwater.edge.input.Inputs;
import io.headwater.edge.input.InputsReader;
import io.headwater.edge.input.Machines;
import io.headwater.edge.input.board.Pi4jBoard;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogPrinter;
import io.headwater.edge.log.LogSettings;
import io.headwater.edge.log.PrintedRow;
import io.headwater.edge.route.RouteTable;
import io.headwater.process.Config;
import io.headwater.process.YamlSource;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Readings of the device's own inputs, from the simulated chip into the log. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class InputsToLogTest {
  @TempDir private Path folder;

  private static List<PrintedRow> rows(Path log) {
    var rows = new ArrayList<PrintedRow>();
    LogPrinter.print(log, _ -> true, Long.MAX_VALUE, rows::add);
    return rows;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Test
  void registerThatChangesIsARowOfItsRoute() {
    var registry = new SimpleMeterRegistry();
    DeviceClock clock = DeviceClock.of(Clock.systemUTC());
    var plan =
        InputsReader.read(
            new YamlSource(
                "edge.yaml",
                """
                - name: level
                  type: i2c-register
                  address: 0x40
                  register: 0x10
                  topic: sensors/tank/north/level
                  interval: 50ms
                  dead-band: 0
                  unit: cm
                  simulated: true
                """),
            _ -> true);
    try (var machines = new Machines(folder);
        EdgeLog log =
            EdgeLog.open(folder, LogSettings.DEFAULTS, new EdgeLogMetrics(registry), clock)) {
      var routes = new RouteTable(EdgeConfig.DEFAULTS.routes());
      try (Inputs _ =
          new Inputs(
              plan,
              machines,
              new PublishRouting(() -> routes, clock, log::offer, registry),
              registry)) {
        awaitValues(reading(42));
        I2C chip =
            machines
                .simulated()
                .board()
                .context()
                .registry()
                .get(Pi4jBoard.i2cId(1, 0x40), I2C.class);
        await()
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofSeconds(1))
            .until(() -> {
              if (values().contains(reading(77))) {
                return true;
              }
              write(chip, 77);
              return false;
            });
        awaitValues(reading(42), reading(77), reading(42));
      }
    }

    assertThat(rows(folder))
        .allSatisfy(row -> {
          assertThat(row.record().mqttTopic()).isEqualTo("sensors/tank/north/level");
          assertThat(row.record().mqttClient()).isEqualTo("$input/level");
          assertThat(row.partition().stream()).isEqualTo("sensors.level");
        });
  }

  /**
   * Faults aside: a read may take longer than its time while the board is opened, or on a busy
   * machine. The first value after a fault is told also if it is that of before.
   */
  private void awaitValues(String... readings) {
    await().untilAsserted(() -> assertThat(values()).startsWith(readings));
  }

  /** For one read, which may come too late for its time: so it is written until it is seen. */
  private static void write(I2C chip, int value) {
    synchronized (chip) {
      chip.writeRegister(0x10, (byte) value);
    }
  }

  private List<String> values() {
    var values = new ArrayList<String>();
    boolean isAfterFault = false;
    for (PrintedRow row : rows(folder)) {
      String text = text(row.record().value());
      boolean isValue = text.contains("\"value\"");
      if (isValue && !(isAfterFault && !values.isEmpty() && text.equals(values.getLast()))) {
        values.add(text);
      }
      isAfterFault = !isValue;
    }
    return values;
  }

  private static String reading(int value) {
    return """
    {"name":"level","value":%d,"unit":"cm","quality":"good","simulated":true}\
    """
        .formatted(value);
  }

  @Test
  void agentStartsWithTheRestAndTellsOfFaultyAndSimulatedOnes() throws IOException {
    try (TestAgent agent =
        new TestAgent(
            folder,
            "edge",
            """
            inputs:
              - {name: load, type: load, topic: "host/{quantity}", interval: 1s}
              - {name: roof, type: bme820, topic: sensors/house/roof/fault}
              - {name: door, type: digital, pin: 17, topic: sensors/house/door/open, simulated: true}
            """)) {
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> {
            assertThat(agent.values("$input/load")).hasSizeGreaterThanOrEqualTo(3);
            assertThat(agent.values("$input/door")).isNotEmpty();
            assertThat(agent.values("$input/roof")).hasSize(1);
          });
      assertThat(agent.values("$input/roof").getFirst())
          .contains("\"fault\":\"configuration\"")
          .contains(
              "edge.yaml line 10: input 'roof': unknown type 'bme820': did you mean 'bme280'?");
      var health = agent.get("/health");
      assertThat(health.statusCode()).isEqualTo(200);
      assertThat(health.body()).contains("1 without a value: roof (").contains("1 simulated: door");
      assertThat(agent.get("/metrics").body())
          .contains("edge_inputs{state=\"misdeclared\"} 1")
          .contains("edge_inputs{state=\"good\"} 2")
          .contains("edge_input_faulty{input=\"door\"} 0")
          .contains("edge_inputs_reads_total{result=\"value\",type=\"load\"}")
          .contains("edge_inputs_readings_total{quality=\"bad\"} 1")
          .contains("edge_inputs_lateness_seconds_count");
    }
  }

  @Test
  void exampleOfAllInputsIsRight() throws IOException {
    Path example = Path.of("examples", "inputs.yaml");
    EdgeConfig config =
        Config.read("edge", EdgeConfig.DEFAULTS, Optional.of(example), Map.of(), List.of());

    assertThat(Files.readString(example)).contains("inputs:");
    assertThat(config.inputPlan().faulty()).isEmpty();
    assertThat(InputTable.names(config.inputPlan())).hasSizeGreaterThanOrEqualTo(14);
  }
}
