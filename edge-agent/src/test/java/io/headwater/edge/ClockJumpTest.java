package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.headwater.uplink.ClockQuality;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The wall clock jumps by decades while sessions, retained messages and readings wait. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ClockJumpTest {
  private static final String NOBODY = "clock: {trust: never}";
  private static final Instant EARLY = Instant.parse("1970-01-01T00:00:10Z");
  private static final Instant LATE = Instant.parse("2040-01-01T00:00:10Z");

  @TempDir private Path folder;

  private final AtomicReference<Instant> wall = new AtomicReference<>(EARLY);

  private TestAgent agent() throws IOException {
    return new TestAgent(folder, "edge", 0, NOBODY, wall::get);
  }

  private static Mqtt5BlockingClient client(
      TestAgent agent, String id, List<Mqtt5Publish> received) {
    var client =
        Mqtt5Client.builder()
            .identifier(id)
            .serverHost("127.0.0.1")
            .serverPort(agent.port())
            .buildAsync();
    client.publishes(MqttGlobalPublishFilter.ALL, received::add);
    return client.toBlocking();
  }

  private static boolean connect(Mqtt5BlockingClient client) {
    return client
        .connectWith()
        .cleanStart(false)
        .sessionExpiryInterval(3600)
        .send()
        .isSessionPresent();
  }

  private static void publish(Mqtt5BlockingClient client, String value, boolean retain) {
    client
        .publishWith()
        .topic("state/door")
        .qos(MqttQos.AT_LEAST_ONCE)
        .retain(retain)
        .messageExpiryInterval(600)
        .payload(value.getBytes(StandardCharsets.UTF_8))
        .send();
  }

  private static List<String> values(List<Mqtt5Publish> received) {
    return received.stream()
        .map(each -> new String(each.getPayloadAsBytes(), StandardCharsets.UTF_8))
        .toList();
  }

  @Test
  void nothingThatHasAnExpiryIsLostByAJumpOfYears() throws IOException {
    List<Mqtt5Publish> received = new CopyOnWriteArrayList<>();
    try (TestAgent agent = agent()) {
      Mqtt5BlockingClient slow = client(agent, "slow", received);
      connect(slow);
      slow.subscribeWith().topicFilter("state/#").qos(MqttQos.AT_LEAST_ONCE).send();
      slow.disconnect();
      Mqtt5BlockingClient sensor = client(agent, "sensor", new CopyOnWriteArrayList<>());
      connect(sensor);
      publish(sensor, "early", true);
      wall.set(LATE);
      publish(sensor, "late", false);
      sensor.disconnect();
    }
    wall.set(LATE.plus(Duration.ofDays(5000)));
    try (TestAgent agent = agent()) {
      Mqtt5BlockingClient slow = client(agent, "slow", received);
      assertThat(connect(slow)).as("its session is there").isTrue();
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> assertThat(values(received)).containsExactly("early", "late"));
      List<Mqtt5Publish> fresh = new CopyOnWriteArrayList<>();
      Mqtt5BlockingClient newcomer = client(agent, "newcomer", fresh);
      connect(newcomer);
      wall.set(EARLY);
      newcomer.subscribeWith().topicFilter("state/#").qos(MqttQos.AT_LEAST_ONCE).send();
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> assertThat(values(fresh)).containsExactly("early"));
      slow.disconnect();
      newcomer.disconnect();
      assertThat(agent.rows())
          .hasSize(2)
          .allSatisfy(row -> assertThat(row.record().clock()).isEqualTo(ClockQuality.UNSYNCED));
      assertThat(agent.get("/metrics").body())
          .contains("edge_clock{quality=\"unsynced\"} 1")
          .contains("edge_clock_error_seconds NaN")
          .contains("edge_clock_steps_total");
    }
  }
}
