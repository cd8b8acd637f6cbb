package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.process.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Outputs of an agent, commanded by MQTT clients. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class OutputsToLogTest {
  private static final String OUTPUTS =
      """
      inputs:
        - {name: door, type: digital, pin: 17, mode: level, interval: 50ms, topic: house/door/lamp, simulated: true}
      outputs:
        - {name: pump, type: digital, pin: 23, topic: plant/pump/set, state: plant/pump/state, simulated: true}
        - {name: lamp, type: digital, pin: 24, topic: house/door/lamp, state: house/lamp/state, safe: on, simulated: true}
        - {name: fan, type: pwm, channel: 0, topic: plant/fan/set, state: plant/fan/state, simulated: true}
        - {name: gate, type: digital, pin: 17, topic: plant/gate/set, state: plant/gate/state}
      """;

  @TempDir private Path folder;

  private static void awaitLast(TestClient client, String topic, String text) {
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> assertThat(client.values(topic)).isNotEmpty().last().asString().contains(text));
  }

  @Test
  void clientsCommandOutputsAndSeeTheirStates() throws IOException {
    try (TestAgent agent = new TestAgent(folder, "edge", OUTPUTS)) {
      try (var client = new TestClient(agent.port(), "panel")) {
        client.subscribe("plant/+/state").subscribe("house/lamp/state");
        awaitLast(client, "plant/pump/state", "\"value\":0");

        assertThat(client.publish("plant/pump/set", "on")).isTrue();
        assertThat(client.publish("plant/fan/set", "42")).isTrue();
        awaitLast(
            client,
            "plant/pump/state",
            "{\"name\":\"pump\",\"value\":1,\"quality\":\"good\",\"by\":\"command\",\"simulated\":true}");
        awaitLast(client, "plant/fan/state", "\"value\":42,\"unit\":\"%\"");
        awaitLast(client, "house/lamp/state", "\"value\":0"); // by what the input reads

        assertThat(client.publish("plant/pump/set", "perhaps", 0)).isTrue();
        awaitLast(client, "plant/pump/state", "\"refused\":\"'perhaps' is not on, off");
        assertThat(client.values("plant/pump/state").getLast()).contains("\"value\":1");
        assertThat(agent.metric("edge_outputs_commands_total", "result=\"bad-payload\""))
            .as("and faults of the door, if the board took its time to open")
            .isPositive();
      }
      try (var late = new TestClient(agent.port(), "late")) {
        late.subscribe("plant/fan/state");
        awaitLast(late, "plant/fan/state", "\"value\":42");
      }
      assertThat(agent.get("/health").body())
          .contains("1 cannot be set: gate (")
          .contains("pin 17 is used twice: input 'door'")
          .contains("3 simulated: pump, lamp, fan");
      assertThat(agent.get("/health").statusCode()).isEqualTo(200);
      assertThat(agent.get("/metrics").body())
          .contains("edge_outputs{state=\"good\"} 3")
          .contains("edge_outputs{state=\"misdeclared\"} 1")
          .contains("edge_output_value{output=\"fan\"} 42")
          .contains("edge_output_faulty{output=\"fan\"} 0")
          .contains("edge_outputs_commands_total{result=\"set\",type=\"pwm\"} 1")
          .contains("edge_outputs_waiting_commands{bus=\"gpio\"}")
          .contains("edge_outputs_watchdog_times_total 0");
      assertThat(agent.values("$output/pump")).isNotEmpty();
    }
  }

  @Test
  void endAndStartOfTheAgentAreSafe() throws IOException {
    try (TestAgent agent = new TestAgent(folder, "edge", OUTPUTS);
        var panel = new TestClient(agent.port(), "panel")) {
      panel.subscribe("plant/pump/state");
      panel.publish("plant/pump/set", "on");
      awaitLast(panel, "plant/pump/state", "\"by\":\"command\"");
    }
    try (TestAgent agent = new TestAgent(folder, "edge", OUTPUTS)) {
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> {
            List<String> states = agent.values("$output/pump");
            assertThat(states.getLast()).contains("\"value\":0").contains("\"by\":\"start\"");
            assertThat(states.get(states.size() - 2))
                .as("the end of the agent before")
                .contains("\"value\":0")
                .contains("\"by\":\"stop\"");
          });
    }
  }

  @Test
  void exampleOfAllOutputsIsRight() throws IOException {
    Path example = Path.of("examples", "outputs.yaml");
    EdgeConfig config =
        Config.read("edge", EdgeConfig.DEFAULTS, Optional.of(example), Map.of(), List.of());

    assertThat(Files.readString(example)).contains("outputs:");
    var plan = config.outputPlan(config.inputPlan());
    assertThat(plan.faulty()).isEmpty();
    assertThat(plan.outputs()).hasSize(3);
  }
}
