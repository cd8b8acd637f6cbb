package io.headwater.edge.mqtt;

import static io.headwater.edge.mqtt.RawClient.connect;
import static io.headwater.edge.mqtt.RawClient.ping;
import static io.headwater.edge.mqtt.RawClient.publish;
import static io.headwater.edge.mqtt.RawClient.subscribe;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.edge.clock.DeviceClock;
import io.headwater.edge.log.Append;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogSettings;
import io.headwater.process.ByteSize;
import io.headwater.process.HostPort;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What clients may take of the server: first they are read no further, then refused by a code. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class MqttQuotaTest {
  private static final int PAYLOAD = 500;
  private static final long PUBLISH = 500 + 1 + 128;

  private final List<Consumer<Append.Outcome>> taken = new CopyOnWriteArrayList<>();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @TempDir Path logs;
  private EdgeLog log;

  @SuppressWarnings("NullAway.Init") // each test listens first, by limits of its own
  private MqttListener listener;

  @BeforeEach
  void openLog() {
    log = EdgeLog.open(logs, LogSettings.DEFAULTS, new EdgeLogMetrics(new SimpleMeterRegistry()));
  }

  private void listen(int connections, Duration holdLimit, MqttLimits limits) {
    listener =
        new MqttListener(
            new HostPort("127.0.0.1", 0),
            new MqttSettings(
                connections, new ByteSize(1024), 100, Duration.ofSeconds(5), holdLimit, limits),
            publish -> taken.add(publish.done()),
            new LocalDelivery(),
            log,
            DeviceClock.of(Clock.systemUTC()),
            new MqttMetrics(registry));
  }

  private static MqttLimits limits(long bytesInFlight, long inAll, int filters) {
    return new MqttLimits(
        2,
        Duration.ofMillis(300),
        new ByteSize(bytesInFlight),
        new ByteSize(inAll),
        20,
        3,
        filters,
        filters + 1,
        filters + 3);
  }

  @AfterEach
  void close() {
    listener.close();
    log.close();
  }

  private RawClient client() throws IOException {
    return RawClient.open(listener.address().port());
  }

  private double refused(String reason) {
    return registry.counter("edge.mqtt.refused", "reason", reason).count();
  }

  private double flightBytes() {
    return registry.get("edge.mqtt.flight.bytes").gauge().value();
  }

  private static byte[] large(int level, int packetId) {
    return publish(level, 1, packetId, "t", "x".repeat(PAYLOAD));
  }

  @Test
  void connectionIsReadNoFurtherAboveItsBytesInFlight() throws Exception {
    listen(10, Duration.ofSeconds(20), limits(3 * PUBLISH, 100_000, 10));
    try (var client = client().connected(5, "a");
        var other = client().connected(5, "b")) {
      for (int i = 1; i <= 8; i++) {
        client.send(large(5, i));
      }
      await().until(() -> taken.size() == 3);
      other.send(large(5, 1)); // others have their own
      await().until(() -> taken.size() == 4);
      assertThat(flightBytes()).isEqualTo(4 * PUBLISH);

      for (int i = 1; i <= 8; i++) {
        int next = i;
        await().until(() -> taken.size() > next);
        taken.get(i == 1 ? 0 : i <= 3 ? i - 1 : i).accept(Append.Outcome.COMMITTED);
        assertThat(client.receive()).startsWith("40").contains("000" + i);
      }
      taken.get(3).accept(Append.Outcome.COMMITTED);
      assertThat(other.receive()).startsWith("40");
      assertThat(flightBytes()).isZero();
    }
  }

  @Test
  void publishThatFindsNoRoomForTooLongIsRefused() throws Exception {
    listen(10, Duration.ofMillis(200), limits(3 * PUBLISH, 3 * PUBLISH, 10));
    try (var holder = client().connected(5, "holder");
        var fresh = client().connected(5, "a");
        var old = client().connected(4, "b")) {
      holder.send(large(5, 1), large(5, 2), large(5, 3));
      await().until(() -> taken.size() == 3);

      fresh.send(large(5, 7));
      old.send(large(4, 7));

      assertThat(fresh.receive()).startsWith("40").contains("0007" + "97");
      assertThat(old.receive()).isEqualTo("closed");
      assertThat(refused("queue-full")).isEqualTo(2);
      taken.forEach(each -> each.accept(Append.Outcome.COMMITTED));
      fresh.send(large(5, 8));
      await().until(() -> taken.size() == 4);
    }
  }

  @Test
  void incompletePacketForWhichThereIsNoRoomEndsItsConnection() throws Exception {
    listen(10, Duration.ofMillis(200), limits(3 * PUBLISH, 3 * PUBLISH, 10));
    try (var holder = client().connected(5, "holder");
        var fresh = client().connected(5, "a")) {
      holder.send(large(5, 1), large(5, 2), large(5, 3));
      await().until(() -> taken.size() == 3);

      fresh.send(Arrays.copyOf(large(5, 7), 100));

      assertThat(fresh.receive()).startsWith("e0").contains("97");
      assertThat(fresh.receive()).isEqualTo("closed");
      assertThat(refused("memory")).isOne();
    }
    taken.forEach(each -> each.accept(Append.Outcome.COMMITTED));
    await().until(() -> flightBytes() == 0);
  }

  @Test
  void incompletePacketEndsItsConnectionInTime() throws Exception {
    listen(10, Duration.ofSeconds(5), limits(10_000, 100_000, 10));
    try (var slow = client().connected(5, "a");
        var good = client().connected(5, "b")) {
      slow.send(Arrays.copyOf(large(5, 7), 100));

      assertThat(slow.receive()).isEqualTo("closed");

      assertThat(refused("packet-timeout")).isOne();
      assertThat(good.send(ping()).receive()).isEqualTo("d000");
      await().until(() -> flightBytes() == 0);
    }
  }

  @Test
  void connectionAboveTheLimitIsToldSo() throws Exception {
    listen(2, Duration.ofSeconds(5), limits(10_000, 100_000, 10));
    var all = new ArrayList<RawClient>();
    try {
      all.add(client().connected(5, "a"));
      all.add(client().connected(5, "b"));
      try (var fresh = client();
          var old = client()) {
        fresh.send(connect(5, "c"), publish(5, 1, 1, "t", "x"));
        assertThat(fresh.receive().substring(0, 8)).matches("20..0097");
        assertThat(fresh.receive()).isEqualTo("closed");
        old.send(connect(4, "d"));
        assertThat(old.receive()).isEqualTo("20020003");
        assertThat(old.receive()).isEqualTo("closed");
      }
      assertThat(refused("connections")).isEqualTo(2);
      for (int i = 0; i < ConnectionCounts.TOLD; i++) {
        all.add(client());
      }
      await().until(() -> refused("connections") == 2 + ConnectionCounts.TOLD);
      try (var tooMany = client()) {
        assertThat(tooMany.receive()).isEqualTo("closed");
      }
      for (RawClient each : all.subList(0, 2)) {
        assertThat(each.send(ping()).receive()).isEqualTo("d000");
      }
      all.removeFirst().close();
      for (RawClient each : all.subList(1, all.size())) {
        each.close();
      }
      await()
          .untilAsserted(() -> {
            try (var again = client()) {
              again.send(connect(4, "e"));
              assertThat(again.receive()).isEqualTo("20020000");
            }
          });
      assertThat(taken).isEmpty();
    } finally {
      for (RawClient each : all) {
        each.close();
      }
    }
  }

  @Test
  void topicsAreBoundedInBytesAndLevels() throws Exception {
    listen(10, Duration.ofSeconds(5), limits(10_000, 100_000, 10));
    try (var client = client().connected(5, "a")) {
      client.send(
          publish(5, 1, 1, "a/b/c/d", "x"),
          publish(5, 1, 2, "ä".repeat(10) + "b", "x"),
          publish(5, 1, 3, "ä".repeat(10), "x"),
          publish(5, 1, 4, "a/b/c", "x"));
      assertThat(client.receive()).startsWith("40").contains("0001" + "90");
      assertThat(client.receive()).startsWith("40").contains("0002" + "90");
      await().until(() -> taken.size() == 2);
      assertThat(refused("topic_name_invalid")).isEqualTo(2);
    }
  }

  /** They are kept in memory for sessions that are away, too. */
  @Test
  void sharedSubscriptionsOfClientsThatAreAwayCount() throws Exception {
    listen(10, Duration.ofSeconds(20), limits(10_000, 100_000, 2)); // five filters in all
    var answers = new ArrayList<String>();
    for (String id : List.of("a", "b", "c", "d")) {
      byte[] connect = connect(4, id);
      connect[9] &= (byte) ~2; // the session stays
      try (var client = client().send(connect)) {
        assertThat(client.receive()).startsWith("2002");
        client.send(subscribe(4, 1, "$share/" + id + "1/x", "$share/" + id + "2/x"));
        answers.add(client.receive());
      }
    }

    // The third begins below the limit.
    assertThat(answers)
        .containsExactly(
            "90040001" + "0101", "90040001" + "0101", "90040001" + "0101", "90040001" + "8080");
  }

  @Test
  void filtersAreBoundedPerPacketPerClientAndInAll() throws Exception {
    listen(10, Duration.ofSeconds(5), limits(10_000, 100_000, 3));
    try (var two = client().connected(5, "b")) {
      try (var one = client().connected(5, "a");
          var old = client().connected(4, "c")) {
        one.send(subscribe(5, 1, "a", "b", "c", "d"));
        assertThat(one.receive()).as("3 in one").matches("90..0001.*01010197");
        one.send(subscribe(5, 2, "d", "e", "a"));
        assertThat(one.receive()).as("4 of a client").matches("90..0002.*019701");
        old.send(subscribe(4, 3, "a", "b", "c"));
        assertThat(old.receive()).as("6 in all").isEqualTo("90050003010180");
        two.send(subscribe(5, 4, "a"));
        assertThat(two.receive()).matches("90..0004.*97");
      }
      await()
          .untilAsserted(() -> {
            two.send(subscribe(5, 5, "a"));
            assertThat(two.receive()).as("others left").isEqualTo("900400050001");
          });
    }
  }

  @Test
  void clientIdentifierIsBounded() throws Exception {
    listen(10, Duration.ofSeconds(5), limits(10_000, 100_000, 3));
    try (var fresh = client();
        var old = client();
        var good = client()) {
      fresh.send(connect(5, "i".repeat(257)));
      assertThat(fresh.receive().substring(0, 8)).matches("20..0085");
      old.send(connect(4, "i".repeat(257)));
      assertThat(old.receive()).isEqualTo("20020002");
      good.connected(4, "i".repeat(256));
    }
  }
}
