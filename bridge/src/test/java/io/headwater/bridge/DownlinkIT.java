package io.headwater.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.process.HostPort;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.OutsideSoftware;
import io.headwater.uplink.UplinkTopics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hub, bridge and agent as processes, Mosquitto's clients as devices, the command line as people.
 */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class DownlinkIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String GATEWAY = "gw-down";

  @TempDir private static Path shared;
  private static ChildProcess hub;
  private static String kafka = "";
  private static ChildProcess bridge;
  private static int bridgePort;
  private static ChildProcess agent;
  private static int agentPort;

  @BeforeAll
  static void start() throws IOException {
    hub = Headwater.startHub(shared);
    kafka = Objects.requireNonNull(hub.awaitReady(LIMIT).get("kafka"));
    assertThat(run("topics", "create", "setpoints", "--partitions", "2")).contains("Created");
    bridge = startBridge();
    agent = startAgent();
  }

  @AfterAll
  static void stop() {
    for (ChildProcess each : Arrays.asList(agent, bridge, hub)) {
      if (each != null) {
        each.close();
      }
    }
  }

  private static ChildProcess startBridge() throws IOException {
    Path config =
        Files.writeString(
            shared.resolve("bridge.yaml"),
            """
            http: 127.0.0.1:0
            uplink:
              session-timeout: 6s
            down:
              - topic: setpoints
                gateway: "*"
                mqtt: set/{key}
            """);
    ChildProcess started =
        Headwater.start(
            shared,
            "bridge",
            "--config",
            config.toString(),
            "--data",
            shared.resolve("bridge").toString(),
            "--port",
            Integer.toString(bridgePort),
            "--hub",
            kafka);
    bridgePort = port(started);
    return started;
  }

  private static ChildProcess startAgent() {
    ChildProcess started =
        Headwater.start(
            shared,
            "edge",
            "--data",
            shared.resolve("edge").toString(),
            "--port",
            Integer.toString(agentPort),
            "--bridge",
            "127.0.0.1:" + bridgePort,
            "--set",
            "http=127.0.0.1:0",
            "--set",
            "gateway=" + GATEWAY,
            "--set",
            "uplink.heartbeat=2s");
    agentPort = port(started);
    return started;
  }

  private static int port(ChildProcess process) {
    return HostPort.parse(Objects.requireNonNull(process.awaitReady(LIMIT).get("mqtt"))).port();
  }

  private static ChildProcess launch(String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.add("--hub");
    all.add(kafka);
    return Headwater.start(shared, all.toArray(String[]::new));
  }

  private static String run(String... arguments) {
    try (ChildProcess process = launch(arguments)) {
      assertThat(process.awaitExit(LIMIT)).as(process.output()).isZero();
      return process.output();
    }
  }

  private static ChildProcess subscribe(int port, String topic, String... more) {
    var command =
        new ArrayList<>(
            List.of(
                OutsideSoftware.find("mosquitto_sub").toString(),
                "-h",
                "127.0.0.1",
                "-p",
                Integer.toString(port),
                "-q",
                "1",
                "-t",
                topic));
    command.addAll(List.of(more));
    return ChildProcess.start(shared, command.toArray(String[]::new));
  }

  private static void publish(int port, String topic, String message, String... more) {
    var command =
        new ArrayList<>(
            List.of(
                OutsideSoftware.find("mosquitto_pub").toString(),
                "-h",
                "127.0.0.1",
                "-p",
                Integer.toString(port),
                "-q",
                "1",
                "-t",
                topic,
                "-m",
                message));
    command.addAll(List.of(more));
    try (ChildProcess process = ChildProcess.start(shared, command.toArray(String[]::new))) {
      assertThat(process.awaitExit(LIMIT)).as(process.output()).isZero();
    }
  }

  @Test
  void commandsAreDoneOnceAndInOrderThoughAgentAndBridgeAreKilled() throws IOException {
    assertThat(run("commands", "send", GATEWAY, "ping", "--wait")).contains("answered", "pong");
    // Nobody is subscribed: the first waits at the agent, the others behind it at the bridge.
    for (String words : List.of("one", "two", "three")) {
      run("commands", "send", GATEWAY, words, "--device", "valve");
    }
    await()
        .atMost(LIMIT)
        .until(() -> Files.size(shared.resolve("edge").resolve("commands.db-wal")) > 20_000);
    agent.kill();
    bridge.kill();
    bridge = startBridge();
    agent = startAgent();
    try (ChildProcess device = subscribe(agentPort, "commands/valve")) {
      await().atMost(LIMIT).until(() -> device.output().lines().count() >= 3);
      agent.kill();
      agent = startAgent();
      assertThat(run("commands", "send", GATEWAY, "four", "--device", "valve", "--wait"))
          .contains("delivered");
      assertThat(device.output().lines()).containsExactly("one", "two", "three", "four");
    }
    assertThat(run("commands", "list", "--gateway", GATEWAY, "--pending").lines())
        .noneMatch(line -> line.contains(" valve "));
    try (ChildProcess late =
        launch("commands", "send", GATEWAY, "x", "--device=nobody", "--expiry=2s", "--wait")) {
      assertThat(late.awaitExit(LIMIT)).isEqualTo(1);
      assertThat(late.output()).contains("expired");
    }
    try (ChildProcess device = subscribe(agentPort, "commands/lamp");
        ChildProcess asked =
            launch("commands", "send", GATEWAY, "on", "--device=lamp", "--answer", "--wait")) {
      await().atMost(LIMIT).until(() -> device.output().contains("on"));
      publish(agentPort, "commands/lamp/response", "is on");
      assertThat(asked.awaitExit(LIMIT)).as(asked.output()).isZero();
      assertThat(asked.output()).contains("answered", "is on");
    }
  }

  @Test
  void valuesOfAHubTopicAreThereForWhoSubscribesLater() throws IOException {
    Path lines = Files.writeString(shared.resolve("values.txt"), "a:1\nb:2\na:3\n");
    run("produce", "setpoints", "--file=" + lines, "--key-separator=:");
    try (ChildProcess app = subscribe(agentPort, "set/#", "-F", "%t=%p")) {
      await().atMost(LIMIT).until(() -> app.output().lines().count() >= 2);
      assertThat(app.output().lines()).contains("set/a=3", "set/b=2");
      Path more = Files.writeString(shared.resolve("more.txt"), "a:4\n");
      run("produce", "setpoints", "--file=" + more, "--key-separator=:");
      await().atMost(LIMIT).until(() -> app.output().contains("set/a=4"));
    }
    agent.kill(); // what it held was in memory
    agent = startAgent();
    try (ChildProcess app = subscribe(agentPort, "set/a", "-C", "1")) {
      assertThat(app.awaitExit(LIMIT)).isZero();
      assertThat(app.output().strip()).isEqualTo("4");
    }
  }

  @Test
  void readingsComeOnceMoreOnRequestAndAForgottenGatewayIsGone() {
    for (int i = 0; i < 5; i++) {
      publish(agentPort, "sensors/lab/dev/temp", "t" + i);
    }
    await()
        .atMost(LIMIT)
        .untilAsserted(() ->
            assertThat(run("gateways", "describe", GATEWAY))
                .containsPattern("sensors\\.temp +0 +5"));
    assertThat(run("gateways", "list")).containsPattern(GATEWAY + " +[0-9a-f]{2} ");

    assertThat(run("gateways", "refetch", GATEWAY, "--stream=sensors.temp", "--from=1", "--to=4"))
        .containsPattern("complete +3 +0");

    assertThat(run("consume", "sensors.temp", "--until-end", "--output=json").lines())
        .hasSize(8)
        .filteredOn(line -> line.contains("\"key\":\"track\",\"value\":\"refetch\""))
        .hasSize(3)
        .allMatch(line -> line.contains("\"key\":\"refetch\",\"value\":\""));
    assertThat(run("gateways", "describe", GATEWAY)).containsPattern("sensors\\.temp +0 +5 +5 +0");

    try (ChildProcess refused = launch("gateways", "forget", GATEWAY, "--yes")) {
      assertThat(refused.awaitExit(LIMIT)).isEqualTo(1);
      assertThat(refused.output()).contains("is online");
    }
    assertThat(run("gateways", "forget", GATEWAY, "--yes", "--even-if-online")).contains("Forgot");
    // It is online, so presence has it; of its readings nothing is known any more.
    assertThat(run("gateways", "list"))
        .containsPattern(GATEWAY + " +[0-9a-f]{2} +online( +0){4} +-");

    // It goes on: what it knows to be settled does not come again.
    publish(agentPort, "sensors/lab/dev/temp", "t5");
    await()
        .atMost(LIMIT)
        .untilAsserted(() ->
            assertThat(run("consume", "sensors.temp", "--until-end").lines())
                .filteredOn(line -> line.equals("t5"))
                .hasSize(1));
  }

  @Test
  void garbageUpTheWireHarmsNobody() {
    String lane = UplinkTopics.up(GATEWAY);
    String state = UplinkTopics.state(GATEWAY);
    for (String topic : List.of(lane, state)) {
      for (String garbage :
          List.of("H\u0001\u0006", "H\u0001\b junk", "H\u0001\n", "\u0006\u0006\u0006")) {
        publish(bridgePort, topic, garbage, "-u", GATEWAY, "-i", GATEWAY);
      }
    }
    assertThat(run("commands", "send", GATEWAY, "status", "--wait")).contains("\"depth\"");
  }
}
