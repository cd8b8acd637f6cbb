package io.headwater.edge.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.pi4j.io.gpio.digital.DigitalState;
import com.pi4j.plugin.mock.provider.gpio.digital.MockDigitalOutput;
import com.pi4j.plugin.mock.provider.pwm.MockPwm;
import io.headwater.edge.input.Machines;
import io.headwater.edge.input.board.Pi4jBoard;
import io.headwater.process.YamlSource;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Outputs as they are declared, on Pi4J's mock, whose pins are looked at here. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SimulatedOutputsTest {
  @TempDir private Path root;

  private final StateSink sink = new StateSink();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private static OutputPlan plan(String yaml) {
    OutputPlan plan = OutputsReader.read(new YamlSource("edge.yaml", yaml), _ -> true, Map.of());
    assertThat(plan.faulty()).isEmpty();
    return plan;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void awaitTold(String output, String... told) {
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(10))
        .untilAsserted(() -> assertThat(sink.told(output)).containsSubsequence(told));
  }

  private static MockDigitalOutput pin(Pi4jBoard board, int number) {
    return board.context().registry().get(Pi4jBoard.pinId(number), MockDigitalOutput.class);
  }

  private static MockPwm pwm(Pi4jBoard board, int chip, int channel) {
    return board
        .pwmContext(chip)
        .orElseThrow()
        .registry()
        .get(Pi4jBoard.pwmId(chip, channel), MockPwm.class);
  }

  @Test
  void pinsAndPwmFollowTheirTopics() {
    OutputPlan plan =
        plan(
            """
            - {name: pump, type: digital, pin: 23, topic: pump/set, state: pump/state, simulated: true}
            - {name: valve, type: digital, pin: 24, topic: valve/set, state: valve/state, safe: on, inverted: true, simulated: true}
            - {name: fan, type: pwm, channel: 0, frequency: 25000, topic: fan/set, state: fan/state, safe: 30, simulated: true}
            - {name: heater, type: pwm, chip: 1, channel: 0, topic: heater/set, state: heater/state, simulated: true}
            """);
    MockDigitalOutput pump;
    MockDigitalOutput valve;
    MockPwm fan;
    MockPwm heater;
    try (var machines = new Machines(root)) {
      try (Outputs outputs = new Outputs(plan, machines, sink, registry)) {
        for (String each : List.of("pump", "valve", "fan", "heater")) {
          awaitTold(
              each, each.equals("fan") ? "start 30" : each.equals("valve") ? "start 1" : "start 0");
        }
        Pi4jBoard board = machines.simulated().board();
        pump = pin(board, 23);
        valve = pin(board, 24);
        fan = pwm(board, 0, 0);
        heater = pwm(board, 1, 0);
        assertThat(pump.state()).isEqualTo(DigitalState.LOW);
        assertThat(valve.state()).as("on, inverted").isEqualTo(DigitalState.LOW);
        assertThat(fan.isOn()).isTrue();
        assertThat(fan.dutyCycle()).isEqualTo(30);
        assertThat(fan.frequency()).isEqualTo(25_000);
        assertThat(heater.isOn()).isFalse();
        assertThat(outputs.note()).contains("4 simulated: pump, valve, fan, heater");

        outputs.command("pump/set", bytes("on"));
        outputs.command("valve/set", bytes("{\"value\": 0}"));
        outputs.command("fan/set", bytes("75.4"));
        outputs.command("heater/set", bytes("100"));
        outputs.command("nobody/set", bytes("on"));
        awaitTold("pump", "start 0", "command 1");
        awaitTold("valve", "start 1", "command 0");
        awaitTold("fan", "start 30", "command 75");
        awaitTold("heater", "start 0", "command 100");
        assertThat(pump.state()).isEqualTo(DigitalState.HIGH);
        assertThat(valve.state()).isEqualTo(DigitalState.HIGH);
        assertThat(fan.dutyCycle()).isEqualTo(75);
        assertThat(heater.isOn()).isTrue();
        assertThat(heater.dutyCycle()).isEqualTo(100);

        outputs.command("fan/set", bytes("101"));
        outputs.command("heater/set", bytes("0"));
        awaitTold("fan", "command 75", "refused 75");
        awaitTold("heater", "command 100", "command 0");
        assertThat(fan.dutyCycle()).isEqualTo(75);
        assertThat(heater.isOn()).isFalse();
      }
      assertThat(pump.state()).isEqualTo(DigitalState.LOW);
      assertThat(valve.state()).isEqualTo(DigitalState.LOW);
      assertThat(fan.dutyCycle()).isEqualTo(30);
      for (String each : List.of("pump", "valve", "fan", "heater")) {
        assertThat(sink.told(each).getLast()).startsWith("stop ");
      }
    }
    assertThat(registry.get("edge.output.value").tag("output", "fan").gauge().value())
        .isEqualTo(30);
  }

  @Test
  void outputWithoutCommandsFallsSafeByItself() {
    OutputPlan plan =
        plan(
            "- {name: pump, type: digital, pin: 23, topic: pump/set, state: pump/state,"
                + " watchdog: 100ms, simulated: true}");
    try (var machines = new Machines(root);
        Outputs outputs = new Outputs(plan, machines, sink, registry)) {
      awaitTold("pump", "start 0");
      outputs.command("pump/set", bytes("1"));
      awaitTold("pump", "command 1", "watchdog 0");
      assertThat(pin(machines.simulated().board(), 23).state()).isEqualTo(DigitalState.LOW);
    }
  }

  @Test
  void outputsWhoseChipIsNotThereAreSimulatedIfAskedFor() {
    OutputPlan plan =
        plan(
            """
            - {name: pump, type: digital, pin: 23, topic: pump/set, state: pump/state}
            - {name: fan, type: pwm, channel: 0, topic: fan/set, state: fan/state}
            """);
    try (var machines = new Machines(root)) {
      assertThat(plan.simulateMissing(machines).outputs())
          .extracting(OutputSettings::simulated)
          .containsExactly(true, true);
    }
  }

  @Test
  void whatIsNotThereIsAFaultOfItsOutputOnly() {
    OutputPlan plan =
        plan(
            """
            - {name: pump, type: digital, pin: 23, topic: pump/set, state: pump/state, simulated: true}
            - {name: fan, type: pwm, chip: 250, channel: 0, topic: fan/set, state: fan/state}
            """);
    try (var machines = new Machines(Path.of("/"));
        Outputs outputs = new Outputs(plan, machines, sink, registry)) {
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(sink.states("fan")).isNotEmpty());
      assertThat(sink.states("fan").getFirst().path("quality").asText()).isEqualTo("bad");
      awaitTold("pump", "start 0");
      outputs.command("pump/set", bytes("on"));
      awaitTold("pump", "command 1");
      assertThat(outputs.note().orElseThrow())
          .startsWith("1 cannot be set: fan (edge.yaml line 2: ");
      assertThat(registry.get("edge.outputs").tag("state", "faulty").gauge().value()).isEqualTo(1);
    }
  }
}
