package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.headwater.edge.mqtt.Hops;
import io.headwater.testsupport.Mosquitto;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The agent as a client of Debian's Mosquitto, and of other agents. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class RemotesIT {
  private static final int N = 300;

  @TempDir private Path folder;

  private static ConditionFactory soon(String what) {
    return await(what).atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(50));
  }

  private static String both(String name, int port) {
    return """
    remotes:
      - name: %s
        addresses: [127.0.0.1:%d]
        topics:
          - {pattern: "#", direction: both, qos: 1, local-prefix: shared/, remote-prefix: site/}
    """
        .formatted(name, port);
  }

  private static List<String> numbers(String prefix, int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> prefix + i).toList();
  }

  /** Publishes one after the other, each until it is acknowledged. */
  private static CompletableFuture<Void> publishAll(
      TestClient client, String topic, List<String> values) {
    return CompletableFuture.runAsync(() -> {
      for (String value : values) {
        assertThat(client.publish(topic, value)).as(value).isTrue();
      }
    });
  }

  @Test
  void eachMessageGoesOnceInEachDirectionAndNoneGoesRound() throws Exception {
    try (Mosquitto broker = Mosquitto.start(folder);
        TestAgent one = new TestAgent(folder, "one", both("far", broker.port()));
        TestAgent two = new TestAgent(folder, "two", both("far", broker.port()));
        TestClient far = new TestClient(broker.port(), "far").subscribe("site/#");
        TestClient near = new TestClient(one.port(), "near");
        TestClient watching = new TestClient(one.port(), "watching").subscribe("shared/#");
        TestClient other = new TestClient(two.port(), "other")) {
      soon("connections").until(() -> one.isConnected("far") && two.isConnected("far"));

      CompletableFuture.allOf(
              publishAll(far, "site/down", numbers("f", 0, N)),
              publishAll(near, "shared/up", numbers("n", 0, N)),
              publishAll(other, "shared/other", numbers("o", 0, N)))
          .join();
      soon("all has come everywhere")
          .untilAsserted(() -> {
            assertThat(one.rows()).hasSizeGreaterThanOrEqualTo(3 * N);
            assertThat(two.rows()).hasSizeGreaterThanOrEqualTo(3 * N);
            assertThat(far.received()).hasSizeGreaterThanOrEqualTo(3 * N);
          });
      // What goes round would be in front of these.
      far.publish("site/down", "end");
      near.publish("shared/up", "end");
      soon("the last ones")
          .untilAsserted(() -> {
            assertThat(two.values("$remote/far")).endsWith("end").hasSize(2 * N + 2);
            assertThat(one.values("$remote/far")).hasSize(2 * N + 1);
          });

      assertThat(one.values("near")).hasSize(N + 1);
      assertThat(two.values("other")).hasSize(N);
      assertThat(one.rows()).hasSize(3 * N + 2);
      assertThat(two.rows()).hasSize(3 * N + 2);
      soon("the last ones at the broker").until(() -> far.received().size() >= 3 * N + 2);
      assertThat(far.received()).hasSize(3 * N + 2);
      assertThat(far.values("site/up")).isEqualTo(one.values("near"));
      // In order, mapped, and through the agent's own subscriptions as well.
      assertThat(watching.values("shared/down")).startsWith("f0", "f1").hasSize(N + 1);
      assertThat(watching.received()).map(RemotesIT::hops).filteredOn("1"::equals).hasSize(N + 1);
      assertThat(watching.received()).map(RemotesIT::hops).filteredOn("2"::equals).hasSize(N);
      assertThat(one.metric("edge_remote_sent_messages_total", "far")).isEqualTo(N + 1);
      assertThat(one.metric("edge_remote_received_messages_total", "far")).isEqualTo(2 * N + 1);
      assertThat(one.metric("edge_remote_dropped_messages_total", "far")).isZero();
      soon("nothing is due").until(() -> one.metric("edge_remote_behind_records", "far") == 0);
    }
  }

  /**
   * Mosquitto acknowledges before it writes, so what it had acknowledged to the agent or to a
   * publisher when it was killed may be lost in it. All else must arrive.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aKilledBrokerLosesNothingThatItHadNotTaken(boolean persistent) throws Exception {
    // Its queue has no end: what it drops when that is full has no place in this count.
    String queue = "max_queued_messages 0\n";
    try (Mosquitto broker =
            persistent ? Mosquitto.persistent(folder, queue) : Mosquitto.start(folder, queue);
        Relay door = new Relay(broker.port());
        TestAgent agent = new TestAgent(folder, "one", both("far", door.port()));
        TestClient near = new TestClient(agent.port(), "near")) {
      var far = new TestClient(broker.port(), "far").subscribe("site/up");
      soon("a connection").until(() -> agent.isConnected("far"));
      // Up: the sensor never notices. Down: whatever Mosquitto acknowledges until it is killed.
      var up = publishAll(near, "shared/up", numbers("u", 0, 4 * N));
      var stop = new AtomicBoolean();
      var published = new AtomicInteger();
      var publisher = new TestClient(broker.port(), "publisher");
      var down =
          CompletableFuture.runAsync(() -> {
            while (!stop.get() && publisher.publish("site/down", "d" + published.get())) {
              published.incrementAndGet();
            }
          });
      soon("traffic in both directions")
          .until(() ->
              agent.metric("edge_remote_sent_messages_total", "far") > N / 2
                  && agent.metric("edge_remote_received_messages_total", "far") > N / 2);

      broker.kill();
      stop.set(true);
      door.shut();
      soon("the loss is noticed").until(() -> !agent.isConnected("far"));
      down.join();
      long taken = agent.metric("edge_remote_sent_messages_total", "far");
      assertThat(agent.get("/health").statusCode()).isEqualTo(200);
      broker.restart();
      soon("clients come back").until(() -> far.isConnected() && publisher.isConnected());
      far.subscribe("site/up");
      door.open();
      soon("the agent comes back").until(() -> agent.isConnected("far"));
      publishAll(publisher, "site/down", numbers("later", 0, N)).join();
      up.join();

      soon("all that Mosquitto had not taken before has come")
          .untilAsserted(() -> {
            assertThat(far.values("site/up")).containsAll(numbers("u", (int) taken, 4 * N));
            assertThat(agent.values("$remote/far")).containsAll(numbers("later", 0, N));
          });
      assertThat(agent.values("near")).isEqualTo(numbers("u", 0, 4 * N));
      var missing = new HashSet<>(numbers("d", 0, published.get()));
      missing.removeAll(agent.values("$remote/far"));
      // Lost in Mosquitto, if any: only what it sent last.
      assertThat(missing)
          .as("%d of %d are missing", missing.size(), published.get())
          .isSubsetOf(numbers("d", published.get() - missing.size(), published.get()));
      // No loop: again is only what was under way at the kill.
      assertThat(far.values("site/up")).hasSizeLessThanOrEqualTo(4 * N + 100);
      assertThat(agent.values("$remote/far"))
          .hasSizeLessThanOrEqualTo(published.get() + N + 200)
          .doesNotContainAnyElementsOf(numbers("u", 0, 4 * N));
      assertThat(agent.metric("edge_remote_dropped_messages_total", "far")).isZero();
      far.close();
      publisher.close();
    }
  }

  /** A circle without a broker that knows no-local: only the hops end it. */
  @Test
  void aCircleOfAgentsEndsByItsHops() throws Exception {
    int port = Mosquitto.freePort();
    String out =
        """
        remotes:
          - name: next
            addresses: [127.0.0.1:%d]
            topics:
              - {pattern: "#", direction: out}
        """;
    try (TestAgent one = new TestAgent(folder, "one", out.formatted(port));
        TestAgent two = new TestAgent(folder, "two", port, out.formatted(one.port()));
        TestClient near = new TestClient(one.port(), "near")) {
      near.publish("a", "round");

      soon("the circle ends")
          .until(() -> one.metric("edge_remote_dropped_messages_total", "reason=\"hops\"") == 1);
      assertThat(one.rows()).hasSize(5); // after 0, 2, 4, 6 and 8 links
      assertThat(two.rows()).hasSize(4);
      assertThat(two.metric("edge_remote_dropped_messages_total", "reason=\"hops\"")).isZero();
    }
  }

  /** What is published while the broker is away, and while the agent is down. */
  @Test
  void anOutageIsMadeUpForInOrder() throws Exception {
    String remotes;
    try (Mosquitto broker = Mosquitto.persistent(folder, "")) {
      remotes = both("far", broker.port());
      try (TestAgent agent = new TestAgent(folder, "one", remotes);
          TestClient near = new TestClient(agent.port(), "near")) {
        soon("a connection").until(() -> agent.isConnected("far"));
        broker.kill();
        soon("the loss is noticed").until(() -> !agent.isConnected("far"));
        publishAll(near, "shared/up", numbers("u", 0, N)).join();
      }
      broker.restart();
      try (TestClient far = new TestClient(broker.port(), "far").subscribe("site/#");
          TestClient later = new TestClient(broker.port(), "later");
          TestAgent agent = new TestAgent(folder, "one", remotes)) {
        soon("all has come").until(() -> far.values("site/up").size() >= N);
        assertThat(far.values("site/up")).isEqualTo(numbers("u", 0, N));
        assertThat(later.publish("site/down", "x")).isTrue();
        soon("in works, too").until(() -> agent.values("$remote/far").contains("x"));
      }
    }
  }

  @Test
  void everyQosIsCarriedToTheFirstAddressThatWorks() throws Exception {
    try (Mosquitto broker = Mosquitto.start(folder);
        TestClient far = new TestClient(broker.port(), "far").subscribe("#", 2);
        TestAgent agent =
            new TestAgent(
                folder,
                "one",
                """
                remotes:
                  - name: far
                    addresses: [127.0.0.1:%d, 127.0.0.1:%d]
                    topics:
                      - {pattern: zero, direction: out, qos: 0}
                      - {pattern: one, direction: out, qos: 1}
                      - {pattern: two, direction: out, qos: 2}
                      - {pattern: "in/#", direction: in, qos: 2}
                """
                    .formatted(Mosquitto.freePort(), broker.port()));
        TestClient near = new TestClient(agent.port(), "near")) {
      soon("a connection").until(() -> agent.isConnected("far"));
      for (String topic : List.of("zero", "one", "two", "other")) {
        near.publish(topic, topic);
      }
      for (int qos = 0; qos <= 2; qos++) {
        far.publish("in/" + qos, "in" + qos, qos);
      }

      soon("all has come").until(() -> agent.values("$remote/far").size() == 3);
      soon("all has gone").until(() -> far.received().size() == 6);
      assertThat(far.received())
          .filteredOn(publish -> !publish.getTopic().toString().startsWith("in/"))
          .map(publish -> publish.getTopic() + " " + publish.getQos().getCode())
          .containsExactly("zero 0", "one 1", "two 2");
      assertThat(agent.metric("edge_remote_sent_messages_total", "far")).isEqualTo(3);
    }
  }

  @Test
  void whatTheBrokerForbidsIsCountedAndTheRestGoesOn() throws Exception {
    Path acl = Files.writeString(folder.resolve("acl"), "topic read #\ntopic write site/allowed\n");
    try (Mosquitto broker = Mosquitto.start(folder, "user root\nacl_file " + acl + "\n");
        TestAgent agent = new TestAgent(folder, "one", both("far", broker.port()));
        TestClient far = new TestClient(broker.port(), "far").subscribe("site/#");
        TestClient near = new TestClient(agent.port(), "near")) {
      soon("a connection").until(() -> agent.isConnected("far"));
      near.publish("shared/forbidden", "no");
      near.publish("shared/allowed", "yes");

      soon("the allowed one").until(() -> !far.received().isEmpty());
      assertThat(far.values("site/")).containsExactly("yes");
      assertThat(agent.metric("edge_remote_dropped_messages_total", "reason=\"refused\""))
          .isEqualTo(1);
      assertThat(agent.isConnected("far")).isTrue();
    }
  }

  @Test
  void noClientPassesForARemote() throws Exception {
    try (TestAgent agent = new TestAgent(folder, "one", "")) {
      var client =
          Mqtt5Client.builder()
              .identifier("$remote/far")
              .serverHost("127.0.0.1")
              .serverPort(agent.port())
              .buildBlocking();

      assertThatThrownBy(client::connect).hasStackTraceContaining("CLIENT_IDENTIFIER_NOT_VALID");
    }
  }

  private static String hops(Mqtt5Publish publish) {
    return publish.getUserProperties().asList().stream()
        .filter(property -> property.getName().toString().equals(Hops.PROPERTY))
        .map(property -> property.getValue().toString())
        .findFirst()
        .orElse("0");
  }
}
