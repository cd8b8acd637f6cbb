package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.edge.TestHost.Heard;
import io.headwater.edge.TestHost.Value;
import io.headwater.testsupport.CertificateAuthority;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.Mosquitto;
import io.headwater.testsupport.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The agent as an edge node of Debian's Mosquitto, while it is killed, its connection breaks and
 * its primary host comes and goes: {@link TestHost} holds each word to the specification.
 *
 * <p>{@code -Dheadwater.node.kills=100} goes on for longer.
 */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class EdgeNodeIT {
  private static final int KILLS = Integer.getInteger("headwater.node.kills", 4);
  private static final List<String> TOPICS = List.of("sensors/a", "sensors/b");

  @TempDir private Path folder;

  private static ConditionFactory soon(String what) {
    return await(what).atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20));
  }

  private static String node(String more, int... ports) {
    return """
    sparkplug:
      node:
        addresses: [%s]
        group: plant
        node: gateway
        topics: ["sensors/#"]
    %s
    """
        .formatted(
            Arrays.stream(ports)
                .mapToObj(port -> "\"localhost:" + port + '"')
                .collect(Collectors.joining(", ")),
            more.indent(4));
  }

  private static final String HOST = "primary-host: scada\n";

  /** A cable that is pulled is noticed after two of them. */
  private static final String SHORT_KEEP_ALIVE = "keep-alive: 2s\n";

  /** A sensor that publishes numbers, each once, to two topics in turn. */
  private static final class Sensor implements AutoCloseable {
    private final TestClient client;
    private final Set<Double> acknowledged = ConcurrentHashMap.newKeySet();
    private final Thread thread;
    private volatile boolean stop;

    Sensor(int port) {
      client = new TestClient(port, "sensor");
      thread = Thread.ofVirtual().start(this::run);
    }

    private void run() {
      for (int i = 1; !stop; i++) {
        if (client.publish(TOPICS.get(i % TOPICS.size()), Integer.toString(i))) {
          acknowledged.add((double) i);
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      }
    }

    Set<Double> stop() {
      stop = true;
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
      return acknowledged;
    }

    @Override
    public void close() {
      stop();
      client.close();
    }
  }

  /**
   * Each number at least once if it was acknowledged, and as news once at most; what was said again
   * is the same, and historical. In each connection the backlog comes before the news, in the order
   * of the log.
   */
  private static void assertWhole(Heard heard, Set<Double> acknowledged, String hint) {
    var first = new HashMap<Double, Value>();
    var last = new HashMap<Long, Value>();
    for (Value each : heard.values()) {
      assertThat(each.name())
          .as("%s; %s", each, hint)
          .isEqualTo(TOPICS.get((int) each.value() % TOPICS.size()));
      Value before = first.putIfAbsent(each.value(), each);
      if (before != null) {
        assertThat(each.isHistorical()).as("%s again; %s", each, hint).isTrue();
        assertThat(each.timestamp()).as("%s; %s", each, hint).isEqualTo(before.timestamp());
        assertThat(each.bdSeq())
            .as("%s again in one connection; %s", each, hint)
            .isNotEqualTo(before.bdSeq());
      }
      Value previous = last.put(each.bdSeq(), each);
      if (previous != null) {
        assertThat(each.value()).as("after %s; %s", previous, hint).isGreaterThan(previous.value());
        assertThat(!previous.isHistorical() && each.isHistorical())
            .as("%s after the news %s; %s", each, previous, hint)
            .isFalse();
      }
    }
    assertThat(first.keySet()).as(hint).containsAll(acknowledged);
  }

  private static List<Long> connections(List<Long> births) {
    return births.stream().distinct().toList();
  }

  private static boolean hasNews(TestHost host, long bdSeq) {
    return host.heard().values().stream()
        .anyMatch(each -> each.bdSeq() == bdSeq && !each.isHistorical());
  }

  private ChildProcess launch(Path config) {
    return ChildProcess.start(
        folder,
        Map.of("HEADWATER_BUILD", "never", "HEADWATER_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1"),
        Headwater.home().resolve("headwater").toString(),
        "edge",
        "--config=" + config);
  }

  @Test
  void killedAgainAndAgainItIsBornFirstAndSaysAllThatItHasAcknowledged() throws Exception {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    int port = Mosquitto.freePort();
    try (Mosquitto broker = Mosquitto.start(folder);
        TestHost host = new TestHost(broker.port())) {
      host.says(true, 1000);
      Path config =
          Files.writeString(
              folder.resolve("edge.yaml"),
              """
              data: %s
              gateway: killed
              listen:
                mqtt: 127.0.0.1:%d
              http: 127.0.0.1:0
              uplink:
                bridges: []
              %s
              """
                  .formatted(folder.resolve("edge"), port, node(HOST, broker.port())));
      ChildProcess agent = launch(config);
      agent.awaitReady(Duration.ofSeconds(60));
      try (Sensor sensor = new Sensor(port)) {
        for (int kill = 0; kill < KILLS; kill++) {
          long bdSeq = kill % 256;
          soon("news of life " + kill).until(() -> hasNews(host, bdSeq));
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(500)));
          agent.kill();
          agent.close();
          agent = launch(config);
          agent.awaitReady(Duration.ofSeconds(60));
        }
        soon("news of the last life").until(() -> hasNews(host, KILLS % 256));
        Set<Double> acknowledged = sensor.stop();
        soon("all has come")
            .untilAsserted(() ->
                assertThat(
                        host.heard().values().stream()
                            .map(Value::value)
                            .collect(Collectors.toSet()))
                    .containsAll(acknowledged));
        Heard heard = host.heard();
        assertWhole(heard, acknowledged, seed.toString());
        assertThat(heard.values())
            .as("what came while it was down")
            .anyMatch(each -> each.isHistorical());
        List<Long> lives = LongStream.rangeClosed(0, KILLS).mapToObj(i -> i % 256).toList();
        assertThat(connections(heard.births())).isEqualTo(lives);
        assertThat(heard.deaths()).as("wills").isEqualTo(lives.subList(0, KILLS));
        assertThat(heard.online()).isTrue();

        // An orderly stop is a farewell, and nothing is said twice after it.
        int said = heard.values().size();
        agent.terminate();
        agent.close();
        soon("the farewell").until(() -> host.heard().deaths().size() == KILLS + 1);
        agent = launch(config);
        agent.awaitReady(Duration.ofSeconds(60));
        soon("the next birth").until(() -> host.heard().births().contains((KILLS + 1L) % 256));
        assertThat(host.heard().bornValues().keySet())
            .as("known from the log, before anything is said")
            .containsExactlyInAnyOrderElementsOf(TOPICS);
        try (var other = new TestClient(port, "other")) {
          assertThat(other.publish("sensors/a", "1000000")).isTrue();
        }
        soon("the next value").until(() -> host.heard().values().size() > said);
        assertThat(host.heard().values().subList(said, host.heard().values().size()))
            .as("after a farewell nothing is said again")
            .map(Value::value)
            .containsExactly(1000000.0);
      } finally {
        agent.close();
      }
    }
  }

  /** By a reset, and by a cable that is pulled, which nobody tells. */
  @Test
  void lostConnectionIsFollowedByABirthAndTheBacklog() throws Exception {
    try (Mosquitto broker = Mosquitto.start(folder);
        Relay door = new Relay(broker.port());
        TestHost host = new TestHost(broker.port());
        TestAgent agent = new TestAgent(folder, "gateway", node(SHORT_KEEP_ALIVE, door.port()));
        Sensor sensor = new Sensor(agent.port())) {
      soon("news").until(() -> hasNews(host, 0));

      door.shut();
      soon("its will").until(() -> host.heard().deaths().contains(0L));
      soon("the loss is told")
          .until(() -> agent.get("/health").body().contains("plant/gateway is not connected"));
      int before = sensor.acknowledged.size();
      soon("readings meanwhile").until(() -> sensor.acknowledged.size() > before + 20);
      door.open();
      soon("a second life").until(() -> host.heard().online());
      long second = host.heard().births().getLast();
      soon("its news").until(() -> hasNews(host, second));

      door.pull();
      soon("the loss is noticed")
          .until(() -> agent.get("/health").body().contains("plant/gateway is not connected"));
      door.plugIn();
      soon("a third life").until(() -> host.heard().births().getLast() > second);
      long third = host.heard().births().getLast();
      soon("its news").until(() -> hasNews(host, third));
      Set<Double> acknowledged = sensor.stop();
      soon("all has come")
          .untilAsserted(() ->
              assertThat(host.heard().values().stream().map(Value::value))
                  .containsAll(acknowledged));

      Heard heard = host.heard();
      assertWhole(heard, acknowledged, "");
      for (long life : List.of(second, third)) {
        assertThat(heard.values().stream().filter(each -> each.bdSeq() == life).findFirst())
            .get()
            .satisfies(each -> assertThat(each.isHistorical()).isTrue());
      }
      assertThat(connections(heard.births())).isSorted().doesNotHaveDuplicates();
      int births = heard.births().size();
      host.asksForBirth();
      soon("a birth that is asked for").until(() -> host.heard().births().size() == births + 1);
      assertThat(host.heard().births().getLast()).as("in the same connection").isEqualTo(third);
      assertThat(host.heard().bornValues().values())
          .as("what is newest")
          .containsExactlyInAnyOrderElementsOf(
              TOPICS.stream().map(topic -> heard.of(topic).getLast()).toList());
    }
  }

  @Test
  void tlsToThePrimaryBrokerIsMutualAndAWrongAuthorityIsNamed() throws Exception {
    var site = new CertificateAuthority(folder, "site");
    CertificateAuthority.Issued issued = site.issue("gateway"); // of both: a third takes seconds
    int plain = Mosquitto.freePort();
    try (Mosquitto broker =
            Mosquitto.startOnly(
                folder,
                """
                user root
                per_listener_settings true
                listener %d 127.0.0.1
                allow_anonymous true
                listener $PORT 127.0.0.1
                cafile %s
                certfile %s
                keyfile %s
                require_certificate true
                use_identity_as_username true
                """
                    .formatted(plain, issued.ca(), issued.certificate(), issued.key()));
        TestHost host = new TestHost(plain)) {
      String wrong = "tls: {cert: %s, key: %s}\n".formatted(issued.certificate(), issued.key());
      try (TestAgent agent = new TestAgent(folder, "wrong", node(wrong, broker.port()))) {
        soon("the reason")
            .untilAsserted(() ->
                assertThat(agent.get("/health").body())
                    .contains("plant/gateway is not connected: localhost:" + broker.port())
                    .contains("unable to find valid certification path"));
      }
      String right =
          "tls: {ca: %s, cert: %s, key: %s}\n"
              .formatted(issued.ca(), issued.certificate(), issued.key());
      try (TestAgent agent = new TestAgent(folder, "right", node(right, broker.port()));
          TestClient sensor = new TestClient(agent.port(), "sensor")) {
        assertThat(sensor.publish("sensors/a", "1")).isTrue();
        soon("the value").until(() -> host.heard().values().size() == 1);
        assertThat(host.heard().of("sensors/a")).containsExactly(1.0);
      }
      soon("its farewell").until(() -> !host.heard().online());
      assertThat(host.heard().deaths()).containsExactly(0L);
    }
  }

  @Test
  void retainedStateOfThePrimaryHostIsObeyed() throws Exception {
    try (Mosquitto broker = Mosquitto.start(folder);
        TestHost host = new TestHost(broker.port())) {
      host.says(false, 5000);
      try (TestAgent agent = new TestAgent(folder, "gateway", node(HOST, broker.port()));
          TestClient sensor = new TestClient(agent.port(), "sensor")) {
        assertThat(sensor.publish("sensors/a", "1")).isTrue();
        soon("it holds back")
            .until(() -> agent.get("/health").body().contains("waits for the primary host"));
        assertThat(host.heard().births()).isEmpty();

        host.says(true, 5001);
        soon("the backlog").until(() -> host.heard().values().size() == 1);
        assertThat(host.heard().values().getFirst().isHistorical()).isTrue();
        assertThat(sensor.publish("sensors/a", "2")).isTrue();
        soon("news").until(() -> host.heard().values().size() == 2);
        assertThat(host.heard().values().getLast().isHistorical()).isFalse();

        host.says(false, 5001);
        soon("its death").until(() -> !host.heard().online());
        soon("it holds back")
            .until(() -> agent.get("/health").body().contains("waits for the primary host"));
        assertThat(sensor.publish("sensors/b", "3")).isTrue();
        assertThat(sensor.publish("sensors/b", "4")).isTrue();
        assertThat(host.heard().online()).isFalse();

        // The host's clock was set back meanwhile: its retained word is the newest all the same.
        host.says(true, 4000);
        soon("all the rest").until(() -> host.heard().of("sensors/b").contains(4.0));
        Heard heard = host.heard();
        assertThat(connections(heard.births())).hasSize(2);
        assertThat(heard.deaths()).containsExactly(heard.births().getFirst());
        assertThat(heard.of("sensors/b")).containsExactly(3.0, 4.0);
        assertThat(heard.values())
            .filteredOn(each -> each.name().equals("sensors/b"))
            .allMatch(Value::isHistorical);
      }
    }
  }

  /** Where the host is not, the agent does not stay. */
  @Test
  void nodeGoesFromBrokerToBrokerUntilItsHostIsThere() throws Exception {
    try (Mosquitto first = Mosquitto.start(folder);
        Mosquitto second = Mosquitto.start(folder);
        TestHost atFirst = new TestHost(first.port());
        TestHost atSecond = new TestHost(second.port())) {
      atFirst.says(false, 1000);
      atSecond.says(true, 1000);
      try (TestAgent agent =
              new TestAgent(folder, "gateway", node(HOST, first.port(), second.port()));
          TestClient sensor = new TestClient(agent.port(), "sensor")) {
        assertThat(sensor.publish("sensors/a", "1")).isTrue();
        soon("the value at the second").until(() -> atSecond.heard().of("sensors/a").size() == 1);
        assertThat(atFirst.heard().births()).isEmpty();

        atSecond.says(false, 2000);
        atFirst.says(true, 2000);
        assertThat(sensor.publish("sensors/a", "2")).isTrue();
        soon("the value at the first").until(() -> atFirst.heard().of("sensors/a").contains(2.0));
        assertThat(atSecond.heard().online()).isFalse();
      }
    }
  }

  /** Each throws the other out; neither storms the broker, and both say why. */
  @Test
  void twoAgentsOfOneNameSlowDownAndSayWhy() throws Exception {
    try (Mosquitto broker = Mosquitto.start(folder);
        TestHost host = new TestHost(broker.port());
        TestAgent one = new TestAgent(folder, "one", node("", broker.port()));
        TestAgent two = new TestAgent(folder, "two", node("", broker.port()))) {
      for (TestAgent each : List.of(one, two)) {
        soon("the reason")
            .until(() ->
                each.get("/health")
                    .body()
                    .contains("Has another client its identifier 'headwater-plant-gateway'?"));
      }
      assertThat(host.heard().births().size()).as("births within seconds").isLessThan(20);
    }
  }
}
