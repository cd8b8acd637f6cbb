package io.headwater.edge.down;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.headwater.edge.clock.DeviceClock;
import io.headwater.edge.log.Append;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogSettings;
import io.headwater.edge.mqtt.LocalDelivery;
import io.headwater.edge.mqtt.MqttListener;
import io.headwater.edge.mqtt.MqttMetrics;
import io.headwater.edge.mqtt.MqttSettings;
import io.headwater.process.HostPort;
import io.headwater.uplink.Command;
import io.headwater.uplink.CommandKind;
import io.headwater.uplink.CommandOutcome;
import io.headwater.uplink.CommandResult;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CommandRunnerTest {
  private static final long NOW = 1_700_000_000_000L; // a bridge's clock; ours does not matter

  @TempDir private Path folder;
  private final LinkedBlockingQueue<CommandResult> results = new LinkedBlockingQueue<>();
  private final List<String> readings = new CopyOnWriteArrayList<>();
  private LocalDelivery delivery;
  private EdgeLog log;
  private MqttListener listener;
  private CommandRunner runner;

  @BeforeEach
  void open() throws SQLException {
    delivery = new LocalDelivery();
    log =
        EdgeLog.open(
            folder.resolve("log"),
            LogSettings.DEFAULTS,
            new EdgeLogMetrics(new SimpleMeterRegistry()));
    listener =
        new MqttListener(
            new HostPort("127.0.0.1", 0),
            MqttSettings.DEFAULTS,
            publish -> {
              readings.add(publish.topic());
              publish.done().accept(Append.Outcome.COMMITTED);
              return true;
            },
            delivery,
            log,
            DeviceClock.of(Clock.systemUTC()),
            new MqttMetrics(new SimpleMeterRegistry()));
    run(CommandSettings.DEFAULTS);
  }

  private void run(CommandSettings settings) throws SQLException {
    runner =
        new CommandRunner(
            CommandStore.open(folder),
            "gw",
            settings,
            delivery,
            () -> new byte[] {'s'},
            results::add,
            new DownMetrics(new SimpleMeterRegistry()));
  }

  @AfterEach
  void close() {
    runner.close();
    listener.close();
    log.close();
  }

  private static Command command(String id, String device, boolean answer, long leftMs) {
    return new Command(
        "gw",
        id,
        device,
        CommandKind.MESSAGE,
        answer,
        NOW,
        NOW + leftMs,
        ("do " + id).getBytes(StandardCharsets.UTF_8));
  }

  private CommandResult next() throws InterruptedException {
    CommandResult result = results.poll(20, TimeUnit.SECONDS);
    assertThat(result).isNotNull();
    return result;
  }

  private static String text(byte @Nullable [] bytes) {
    return new String(Objects.requireNonNull(bytes), StandardCharsets.UTF_8);
  }

  /** A device by a client that is not ours. */
  private final class Device implements AutoCloseable {
    private final Mqtt5BlockingClient client;
    private final List<Mqtt5Publish> received = new CopyOnWriteArrayList<>();

    Device(String name) {
      client =
          MqttClient.builder()
              .useMqttVersion5()
              .identifier(name)
              .serverHost("127.0.0.1")
              .serverPort(listener.address().port())
              .buildBlocking();
      client.connect();
      client
          .toAsync()
          .subscribeWith()
          .topicFilter("commands/" + name)
          .qos(MqttQos.AT_LEAST_ONCE)
          .callback(received::add)
          .send()
          .join();
    }

    void answer(Mqtt5Publish command, String words) {
      client
          .publishWith()
          .topic(command.getResponseTopic().orElseThrow())
          .qos(MqttQos.AT_LEAST_ONCE)
          .correlationData(command.getCorrelationData().orElseThrow())
          .payload(words.getBytes(StandardCharsets.UTF_8))
          .send();
    }

    @Override
    public void close() {
      client.disconnect();
    }
  }

  @Test
  void aRepeatIsAnsweredAndNotDoneAgainAlsoAfterARestart() throws Exception {
    try (var device = new Device("valve")) {
      runner.take(command("c1", "valve", false, 60_000));
      assertThat(next().outcome()).isEqualTo(CommandOutcome.DELIVERED);

      runner.take(command("c1", "valve", false, 60_000));
      assertThat(next().outcome()).isEqualTo(CommandOutcome.DELIVERED);
      runner.close();
      run(CommandSettings.DEFAULTS);
      runner.take(command("c1", "valve", false, 60_000));

      assertThat(next())
          .isEqualTo(new CommandResult("gw", "c1", CommandOutcome.DELIVERED, "", null));
      assertThat(device.received)
          .extracting(p -> text(p.getPayloadAsBytes()))
          .containsOnly("do c1");
      assertThat(device.received).hasSize(1);
    }
  }

  @Test
  void aCommandWaitsForItsDeviceAndOverARestartForTheBridgesWord() throws Exception {
    runner.take(command("c1", "valve", false, 60_000));
    runner.take(new Command("gw", "p", "", CommandKind.PING, false, NOW, NOW + 9, new byte[0]));
    assertThat(text(next().answer())).isEqualTo("pong");
    runner.close();
    run(CommandSettings.DEFAULTS);
    try (var device = new Device("valve")) {
      runner.take(new Command("gw", "s", "", CommandKind.STATUS, false, NOW, NOW + 9, new byte[0]));
      assertThat(text(next().answer())).isEqualTo("s");
      assertThat(device.received).isEmpty(); // how long it may still wait is not known yet

      runner.take(command("c1", "valve", false, 60_000));

      assertThat(next().outcome()).isEqualTo(CommandOutcome.DELIVERED);
      assertThat(device.received).hasSize(1);
    }
  }

  @Test
  void theDevicesAnswerIsTheResultAndNoReading() throws Exception {
    try (var device = new Device("valve")) {
      runner.take(command("c1", "valve", true, 60_000));
      await().until(() -> device.received.size() == 1);
      device.answer(device.received.getFirst(), "opened");

      CommandResult result = next();
      assertThat(result.outcome()).isEqualTo(CommandOutcome.ANSWERED);
      assertThat(text(result.answer())).isEqualTo("opened");

      device.answer(device.received.getFirst(), "again");
      assertThat(results).isEmpty();
      assertThat(readings).isEmpty();
    }
  }

  @Test
  void whatHasNoTimeLeftExpires() throws Exception {
    runner.take(command("c1", "nobody", false, 300));
    runner.take(command("c2", "nobody", false, -1));

    assertThat(List.of(next(), next()))
        .extracting(CommandResult::outcome)
        .containsOnly(CommandOutcome.EXPIRED);
  }

  @Test
  void whatWasPerhapsHandedOverIsUnknownUnlessItMayBeRepeated() throws Exception {
    runner.close();
    try (CommandStore store = CommandStore.open(folder)) {
      store.put(
          new StoredCommand(
              1,
              "c1",
              "valve",
              false,
              NOW + 60_000,
              new byte[] {'x'},
              StoredCommand.State.HANDED,
              null,
              "",
              null));
    }
    run(CommandSettings.DEFAULTS);
    try (var device = new Device("valve")) {
      runner.take(command("c1", "valve", false, 60_000));
      assertThat(next().outcome()).isEqualTo(CommandOutcome.UNKNOWN);
      assertThat(device.received).isEmpty();
    }
  }

  @Test
  void aDamagedMemoryIsPutAside() throws Exception {
    runner.close();
    for (String suffix : List.of("-wal", "-shm")) {
      Files.deleteIfExists(folder.resolve(CommandStore.FILE + suffix));
    }
    Files.writeString(folder.resolve(CommandStore.FILE), "no database at all".repeat(100));

    run(CommandSettings.DEFAULTS);

    runner.take(new Command("gw", "p", "", CommandKind.PING, false, NOW, NOW + 9, new byte[0]));
    assertThat(text(next().answer())).isEqualTo("pong");
    assertThat(folder.resolve(CommandStore.FILE + ".corrupt-1")).exists();
  }
}
