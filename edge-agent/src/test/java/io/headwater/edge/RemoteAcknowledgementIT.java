package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.edge.log.Append;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogSettings;
import io.headwater.edge.mqtt.MqttSettings;
import io.headwater.edge.mqtt.Publish;
import io.headwater.edge.remote.RemoteSettings;
import io.headwater.edge.remote.RemoteTopic;
import io.headwater.edge.remote.Remotes;
import io.headwater.process.HostPort;
import io.headwater.testsupport.Mosquitto;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is acknowledged to the other broker, with a log that commits when the test says so. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class RemoteAcknowledgementIT {
  private enum Answer {
    COMMIT,
    FAIL,
    WAIT,
    NO_ROOM
  }

  @TempDir private Path folder;

  private final List<String> offered = new CopyOnWriteArrayList<>();
  private final List<Consumer<Append.Outcome>> waiting = new CopyOnWriteArrayList<>();
  private final AtomicInteger failed = new AtomicInteger();
  private volatile Answer answer = Answer.COMMIT;
  private SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private Mosquitto broker;
  private TestClient far;
  private EdgeLog log;

  @BeforeEach
  void open() {
    broker = Mosquitto.start(folder);
    far = new TestClient(broker.port(), "far");
    log =
        EdgeLog.open(
            folder.resolve("log"),
            LogSettings.DEFAULTS,
            new EdgeLogMetrics(new SimpleMeterRegistry()));
  }

  @AfterEach
  void close() {
    log.close();
    far.close();
    broker.close();
  }

  private Remotes connect(int port, int qos) {
    registry = new SimpleMeterRegistry();
    var topic =
        new RemoteTopic(
            "in/#", RemoteTopic.Direction.IN, Optional.of(qos), Optional.empty(), Optional.empty());
    var settings =
        new RemoteSettings(
            "far",
            List.of(new HostPort("127.0.0.1", port)),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            List.of(topic));
    var remotes =
        new Remotes(
            folder, List.of(settings), "gw", MqttSettings.DEFAULTS, log, this::offer, registry);
    soon().until(() -> registry.get("edge.remote.connected").gauge().value() == 1);
    return remotes;
  }

  private boolean offer(Publish publish) {
    Answer now = answer;
    if (now == Answer.NO_ROOM) {
      return false;
    }
    offered.add(new String(publish.payload(), StandardCharsets.UTF_8));
    switch (now) {
      case COMMIT -> publish.done().accept(Append.Outcome.COMMITTED);
      case FAIL -> {
        failed.incrementAndGet();
        publish.done().accept(Append.Outcome.FAILED);
      }
      default -> waiting.add(publish.done());
    }
    return true;
  }

  private static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(20));
  }

  private double count(String name) {
    return registry.find(name).counters().stream().mapToDouble(each -> each.count()).sum();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void onlyWhatIsCommittedIsAcknowledged(int qos) {
    answer = Answer.WAIT;
    try (Remotes _ = connect(broker.port(), qos)) {
      far.publish("in/x", "one", qos);
      soon().until(() -> offered.equals(List.of("one")));
    }
    answer = Answer.COMMIT;
    try (Remotes _ = connect(broker.port(), qos)) {
      soon().until(() -> count("edge.remote.received") == 1);
      assertThat(offered).containsExactly("one", "one");
    }
    far.publish("in/x", "two", qos);
    try (Remotes _ = connect(broker.port(), qos)) {
      soon().until(() -> count("edge.remote.received") == 1);
      assertThat(offered).containsExactly("one", "one", "two");
    }
  }

  /** A client that is reconnected would wait for the first one for ever. */
  @Test
  void messagesUnderWayDoNotBlockTheNextConnection() throws Exception {
    answer = Answer.WAIT;
    try (Relay door = new Relay(broker.port());
        Remotes _ = connect(door.port(), 1)) {
      far.publish("in/x", "0");
      soon().until(() -> offered.size() == 1);

      door.shut();
      soon().until(() -> registry.get("edge.remote.connected").gauge().value() == 0);
      answer = Answer.COMMIT;
      waiting.forEach(done -> done.accept(Append.Outcome.COMMITTED)); // too late for its broker
      door.open();
      for (int i = 1; i < 300; i++) {
        assertThat(far.publish("in/x", Integer.toString(i))).isTrue();
      }

      soon().until(() -> offered.contains("299"));
      assertThat(offered).hasSize(301).startsWith("0", "0", "1", "2");
      assertThat(offered.subList(1, 301)).doesNotHaveDuplicates();
    }
  }

  @Test
  void whatCannotBeCommittedComesAgain() {
    answer = Answer.FAIL;
    try (Remotes _ = connect(broker.port(), 1)) {
      far.publish("in/x", "one");
      far.publish("in/x", "two");
      soon().until(() -> failed.get() >= 2);
      assertThat(count("edge.remote.received")).isZero();
      assertThat(count("edge.remote.dropped")).isZero();

      answer = Answer.COMMIT;
      soon().until(() -> offered.getLast().equals("two") && count("edge.remote.received") >= 2);
      assertThat(offered).contains("one");
      assertThat(count("edge.remote.failures")).isPositive();
    }
  }

  @Test
  void whatFindsNoRoomWaitsAndAtQos0IsCounted() {
    try (Remotes _ = connect(broker.port(), 1)) {
      answer = Answer.NO_ROOM;
      for (int i = 0; i < 1200; i++) {
        far.publish("in/x", "q0", 0);
      }
      far.publish("in/x", "last");
      soon().until(() -> count("edge.remote.dropped") >= 200);
      assertThat(offered).isEmpty();

      answer = Answer.COMMIT;
      soon().until(() -> offered.contains("last"));
      assertThat(offered).hasSize(1001);
      assertThat(count("edge.remote.dropped")).isEqualTo(200);
    }
  }
}
