package io.headwater.edge.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.pi4j.io.gpio.digital.DigitalState;
import com.pi4j.io.i2c.I2C;
import com.pi4j.io.spi.Spi;
import com.pi4j.plugin.mock.provider.gpio.digital.MockDigitalInput;
import io.headwater.edge.input.board.Pi4jBoard;
import io.headwater.process.YamlSource;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Inputs as they are declared, on Pi4J's mock, whose registers and pins are driven here. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SimulatedBoardTest {
  @TempDir private Path root;

  private final TestSink sink = new TestSink();

  private static InputPlan plan(String yaml) {
    InputPlan plan = InputsReader.read(new YamlSource("edge.yaml", yaml), _ -> true);
    assertThat(plan.faulty()).isEmpty();
    return plan;
  }

  private double awaitValue(String input, String quantity) {
    var found = new AtomicReference<JsonNode>();
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> {
          sink.readings(input).stream()
              .filter(json -> json.path("quantity").asText().equals(quantity))
              .forEach(found::set);
          return found.get() != null;
        });
    assertThat(found.get().path("quality").asText()).as("%s", found.get()).isEqualTo("good");
    assertThat(found.get().path("simulated").asBoolean()).isTrue();
    return found.get().get("value").asDouble();
  }

  private void awaitTold(String input, String... told) {
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(10))
        .untilAsserted(() -> assertThat(sink.told(input)).containsSubsequence(told));
  }

  @Test
  void everyChipHasValuesWithoutHardware() {
    InputPlan plan =
        plan(
            """
            - {name: bme, type: bme280, topic: "t/{quantity}", simulated: true}
            - {name: sht, type: sht3x, topic: "t/{quantity}", simulated: true}
            - {name: rtc, type: ds3231, topic: "t/{quantity}", simulated: true}
            - {name: ads, type: ads1115, topic: t, simulated: true}
            - {name: mcp, type: mcp3008, channel: 0, topic: t, simulated: true}
            - {name: any, type: i2c-register, address: 0x40, register: 1, topic: t, simulated: true}
            - {name: door, type: digital, pin: 17, topic: t, simulated: true}
            """);
    try (var machines = new Machines(root);
        Inputs inputs = new Inputs(plan, machines, sink, new SimpleMeterRegistry())) {
      assertThat(awaitValue("bme", "temperature")).isCloseTo(25.08, within(0.01));
      assertThat(awaitValue("bme", "pressure")).isCloseTo(1006.53, within(0.01));
      assertThat(awaitValue("bme", "humidity")).isBetween(5.0, 95.0);
      assertThat(awaitValue("sht", "temperature")).isCloseTo(21.6, within(0.01));
      assertThat(awaitValue("sht", "humidity")).isCloseTo(45, within(0.01));
      assertThat(awaitValue("rtc", "temperature")).isEqualTo(25.25);
      assertThat(awaitValue("rtc", "time")).isEqualTo(1767268800);
      assertThat(awaitValue("ads", "")).isEqualTo(1.024);
      assertThat(awaitValue("mcp", "")).isEqualTo(1.65);
      assertThat(awaitValue("any", "")).isEqualTo(42);
      assertThat(awaitValue("door", "")).isZero();
      assertThat(inputs.note()).contains("7 simulated: bme, sht, rtc, ads, mcp, any, door");
    }
  }

  @Test
  void inputsWhoseBusIsNotThereAreSimulatedIfAskedFor() {
    InputPlan plan =
        plan(
            """
            - {name: any, type: i2c-register, address: 0x40, register: 1, topic: t}
            - {name: load, type: load, topic: "t/{quantity}"}
            """);
    try (var machines = new Machines(root)) {
      assertThat(plan.simulateMissing(machines).inputs())
          .extracting(InputSettings::simulated)
          .containsExactly(true, false);
    }
  }

  @Test
  void registersAndPinsAreDrivenThroughTheMock() {
    InputPlan plan =
        plan(
            """
            - name: any
              type: i2c-register
              address: 0x40
              register: 0x10
              width: 16
              signed: true
              scale: 0.1
              topic: t
              interval: 50ms
              dead-band: 0
              simulated: true
            - name: mcp
              type: mcp3008
              channel: 3
              reference: 5
              topic: t
              interval: 50ms
              dead-band: 0
              simulated: true
            - {name: door, type: digital, mode: edge, pin: 17, topic: t, interval: 50ms, simulated: true}
            """);
    try (var machines = new Machines(root);
        Inputs _ = new Inputs(plan, machines, sink, new SimpleMeterRegistry())) {
      awaitTold("any", "1075.2");
      awaitTold("mcp", "2.5");
      awaitTold("door", "0");
      var registry = machines.simulated().board().context().registry();
      I2C chip = registry.get(Pi4jBoard.i2cId(1, 0x40), I2C.class);
      Spi adc = registry.get(Pi4jBoard.spiId(0, 0), Spi.class);
      MockDigitalInput pin = registry.get(Pi4jBoard.pinId(17), MockDigitalInput.class);

      synchronized (chip) {
        chip.writeRegister(0x10, new byte[] {(byte) 0xff, (byte) 0x9c});
      }
      synchronized (adc) {
        adc.write(new byte[] {0, 0x01, 0x00});
      }
      pin.mockState(DigitalState.HIGH);
      pin.mockState(DigitalState.LOW);

      awaitTold("any", "1075.2", "-10", "1075.2");
      awaitTold("mcp", "2.5", "1.25", "2.5");
      awaitTold("door", "0", "1", "0");
    }
  }

  @Test
  void pinThatIsUsedTwiceIsNamedWithBothLines() {
    InputPlan plan =
        InputsReader.read(
            new YamlSource(
                "edge.yaml",
                """
                - {name: door, type: digital, pin: 17, topic: t}
                - {name: gate, type: digital, pin: 17, topic: t}
                """),
            _ -> true);

    assertThat(plan.inputs()).extracting(InputSettings::name).containsExactly("door");
    assertThat(plan.faulty())
        .extracting(FaultyInput::problem)
        .containsExactly("edge.yaml line 2: pin 17 is used twice: 'door' in line 1 has it already");
  }

  @Test
  void busThatIsNotThereIsAFaultOfItsInputsOnly() {
    InputPlan plan =
        plan(
            """
            - {name: load, type: load, topic: "t/{quantity}"}
            - {name: any, type: i2c-register, bus: 250, address: 0x40, register: 1, topic: t, retries: 0}
            - {name: adc, type: mcp3008, bus: 6, channel: 1, topic: t, retries: 0}
            - {name: door, type: digital, pin: 17, topic: t, retries: 0}
            """);
    try (var machines = new Machines(Path.of("/"));
        Inputs inputs = new Inputs(plan, machines, sink, new SimpleMeterRegistry())) {
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(sink.told("any")).isNotEmpty());
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(sink.told("adc")).isNotEmpty());
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(sink.told("door")).isNotEmpty());
      assertThat(sink.readings("any").getFirst().path("quality").asText()).isEqualTo("bad");
      assertThat(sink.readings("door").getFirst().path("quality").asText()).isEqualTo("bad");
      assertThat(sink.readings("load").getFirst().path("quality").asText()).isEqualTo("good");
      assertThat(inputs.note().orElseThrow())
          .startsWith("3 without a value:")
          .contains("any (edge.yaml line 2: ");
    }
  }
}
