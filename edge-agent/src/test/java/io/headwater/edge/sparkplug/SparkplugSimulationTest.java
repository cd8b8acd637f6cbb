package io.headwater.edge.sparkplug;

import static io.headwater.edge.sparkplug.TestPayloads.data;
import static io.headwater.edge.sparkplug.TestPayloads.death;
import static io.headwater.edge.sparkplug.TestPayloads.declare;
import static io.headwater.edge.sparkplug.TestPayloads.message;
import static io.headwater.edge.sparkplug.TestPayloads.nodeBirth;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headwater.edge.sparkplug.SparkplugDecoder.Said;
import io.headwater.edge.sparkplug.SparkplugTopic.MessageType;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.Metric;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Edge nodes on a network that loses, doubles and delays messages, and that restart: each birth
 * deals the aliases anew, and each value says which metric it belongs to. Births, deaths and
 * requests for births are lost as well. That a node connects is always seen, as by the agent's own
 * server.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class SparkplugSimulationTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int METRICS = 8;
  private static final int DEVICES = 2;
  private static final long MILLI = 1_000_000;
  private static final long LONGEST_DELAY_MILLIS = 3_000;
  private static final long RUN_MILLIS = 900_000;
  private static final long QUIET_MILLIS = 700_000;
  private static final long HOUR_MILLIS = 3_600_000;

  private static final SparkplugSettings SETTINGS =
      new SparkplugSettings(
          true, Duration.ofSeconds(2), Duration.ofSeconds(10), 10, 100, Optional.empty());

  private record Event(long at, long order, Runnable what) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
    }
  }

  static Stream<Long> seeds() {
    Long replayed = Long.getLong("headwater.seed");
    return replayed != null ? Stream.of(replayed) : IntStream.range(0, 40).mapToObj(i -> (long) i);
  }

  /** One run. */
  private static final class Run {
    private final long seed;
    private final SplittableRandom random;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final SparkplugDecoder decoder =
        new SparkplugDecoder(SETTINGS, _ -> true, new SparkplugMetrics(registry));
    private final Map<String, Node> nodes = new HashMap<>();
    private final Map<String, Node> twins = new HashMap<>();
    private long millis = 1_000;
    private long order;
    private boolean isFaulty = true;
    private long sent;
    private long values;
    private long valuesBeforeQuiet;
    private int births;

    private final boolean isMad;

    /**
     * A run.
     *
     * @param isMad clocks jump, and two nodes have one name
     */
    private Run(long seed, boolean isMad) {
      this.seed = seed;
      this.isMad = isMad;
      this.random = new SplittableRandom(seed);
    }

    private boolean happens(double probability) {
      return isFaulty && random.nextDouble() < probability;
    }

    private void at(long when, Runnable what) {
      events.add(new Event(when, order++, what));
    }

    /** Sends a message over the network. */
    private void send(Node node, MessageType type, String device, Payload payload) {
      sent += payload.getMetricsCount();
      if (happens(0.03)) {
        return;
      }
      for (int i = happens(0.03) ? 2 : 1; i > 0; i--) {
        long delay = happens(0.05) ? random.nextLong(LONGEST_DELAY_MILLIS) : 0;
        at(
            millis + delay,
            () ->
                heard(
                    decoder.take(
                        new SparkplugTopic("plant", type, node.name, device),
                        payload.toByteArray(),
                        node.client,
                        millis * MILLI)));
      }
    }

    /** What the hub would get. */
    private void heard(List<Said> said) {
      for (Said each : said) {
        JsonNode json = parse(each.payload());
        if (json.has("online")) {
          continue;
        }
        values++;
        String device = json.path("device").asText();
        String name = json.path("name").asText();
        long value = json.path("value").asLong();
        String owner = json.path("node").asText() + "/" + device + "/" + name;
        assertThat(Node.key(json.path("node").asText(), device, name))
            .as("seed %d: %s must not get the value %d", seed, owner, value)
            .isEqualTo(value / 1_000_000);
        assertThat(each.topic())
            .isEqualTo(
                device.isEmpty()
                    ? "sparkplug/node/plant/" + json.path("node").asText() + "/" + name
                    : "sparkplug/device/plant/"
                        + json.path("node").asText()
                        + "/"
                        + device
                        + "/"
                        + name);
      }
    }

    private void ask() {
      for (Said request : decoder.poll(millis * MILLI, millis)) {
        SparkplugTopic topic = SparkplugTopic.parse(request.topic()).orElseThrow();
        assertThat(topic.type()).isEqualTo(MessageType.NCMD);
        Node node = Objects.requireNonNull(nodes.get(topic.node()));
        if (!happens(0.1)) {
          at(millis + 1 + random.nextLong(200), node::rebirth);
        }
        Node twin = twins.get(topic.node());
        if (twin != null && !happens(0.1)) {
          at(millis + 1 + random.nextLong(200), twin::rebirth);
        }
      }
    }

    private void run() {
      for (int i = 0; i < 2; i++) {
        var node = new Node(this, "node" + i, "client" + i);
        nodes.put(node.name, node);
        at(millis, node::start);
        at(millis + 5, node::work);
      }
      long quiet = millis + QUIET_MILLIS;
      if (isMad) {
        var twin = new Node(this, "node0", "twin");
        twins.put(twin.name, twin);
        for (long begin = 100_000; begin < QUIET_MILLIS; begin += 200_000) {
          at(millis + begin, twin::start);
          at(millis + begin + 50_000, twin::leave);
        }
        at(millis + 100_005, twin::work);
      }
      at(
          quiet,
          () -> {
            isFaulty = false;
            valuesBeforeQuiet = values;
          });
      long end = millis + RUN_MILLIS;
      for (Event next = events.remove(); next.at() <= end; next = events.remove()) {
        millis = next.at();
        next.what().run();
        ask();
      }
    }
  }

  /** An edge node, as a program of somebody else's. */
  private static final class Node {
    private final Run run;
    private final String name;
    private final String client;
    private long bdSeq = -1;
    private long offset;
    private boolean isGone;
    private long seq;
    private long clock;
    private long counter;
    private final Map<String, List<Integer>> aliases = new HashMap<>();
    private boolean isUp;

    private Node(Run run, String name, String client) {
      this.run = run;
      this.name = name;
      this.client = client;
    }

    /** Which metric a value belongs to, as each value says. */
    static long key(String node, String device, String metric) {
      return (node.charAt(4) - '0') * 100L
          + (device.isEmpty() ? 0 : 1 + device.charAt(1) - '0') * 10L
          + (metric.charAt(1) - '0');
    }

    private long value(String device, int metric) {
      return key(name, device, "m" + metric) * 1_000_000 + counter++ % 1_000_000;
    }

    private long timestamp() {
      if (run.isMad && run.happens(0.002)) {
        offset = run.random.nextLong(-HOUR_MILLIS, HOUR_MILLIS);
        clock = 0;
      }
      clock = Math.max(clock + 1, HOUR_MILLIS + run.millis + offset);
      return clock;
    }

    private long number() {
      long number = seq;
      seq = (seq + 1) % 256;
      return number;
    }

    private void start() {
      isUp = true;
      isGone = false;
      bdSeq = (bdSeq + 1) % 256;
      run.decoder.connected(client, run.millis * MILLI);
      birth();
    }

    private void stop() {
      isUp = false;
      run.send(this, MessageType.NDEATH, "", death(bdSeq, timestamp()));
    }

    private void leave() {
      isGone = true;
      if (isUp) {
        stop();
      }
    }

    private void rebirth() {
      if (isUp) {
        birth();
      }
    }

    private void birth() {
      run.births++;
      seq = 0;
      long time = timestamp();
      run.send(this, MessageType.NBIRTH, "", nodeBirth(bdSeq, number(), time, declared("")));
      for (int i = 0; i < DEVICES; i++) {
        deviceBirth("d" + i);
      }
    }

    private void deviceBirth(String device) {
      long time = timestamp();
      run.send(this, MessageType.DBIRTH, device, message(number(), time, declared(device)));
    }

    /** Deals the aliases of a node, or of a device, anew. */
    private Metric.Builder[] declared(String device) {
      int base = device.isEmpty() ? 0 : (1 + device.charAt(1) - '0') * METRICS;
      List<Integer> dealt = new ArrayList<>(IntStream.range(base, base + METRICS).boxed().toList());
      Collections.shuffle(dealt, new Random(run.random.nextLong()));
      aliases.put(device, dealt);
      return IntStream.range(0, METRICS)
          .mapToObj(i -> declare("m" + i, dealt.get(i), value(device, i)))
          .toArray(Metric.Builder[]::new);
    }

    private void work() {
      run.at(run.millis + 20 + run.random.nextLong(400), this::work);
      if (!isUp) {
        return;
      }
      if (run.happens(0.003)) {
        stop();
        run.at(
            run.millis + 10 + run.random.nextLong(2_000),
            () -> {
              if (!isGone) {
                start();
              }
            });
        return;
      }
      String device = run.random.nextBoolean() ? "" : "d" + run.random.nextInt(DEVICES);
      if (!device.isEmpty() && run.random.nextDouble() < 0.01) {
        deviceBirth(device);
        return;
      }
      var values = new HashMap<Long, Long>();
      for (int i = 0; i < 1 + run.random.nextInt(3); i++) {
        int metric = run.random.nextInt(METRICS);
        values.put(
            (long) Objects.requireNonNull(aliases.get(device)).get(metric), value(device, metric));
      }
      long time = timestamp();
      run.send(
          this,
          device.isEmpty() ? MessageType.NDATA : MessageType.DDATA,
          device,
          data(number(), time, values));
    }
  }

  private static JsonNode parse(byte[] json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void noValueIsEverUnderAWrongName(long seed) {
    var run = new Run(seed, false);
    run.run();

    assertUnderstoodWhenQuiet(run);
    assertThat(run.births).as("seed %d: restarts and rebirths", seed).isGreaterThan(20);
    assertThat(run.values).as("seed %d", seed).isGreaterThan(run.sent / 4);
  }

  /** Two nodes of one name, deaths of each other's, and clocks that jump by up to an hour. */
  @ParameterizedTest
  @MethodSource("seeds")
  void norFromNodesOfOneNameWithClocksThatJump(long seed) {
    var run = new Run(seed, true);
    run.run();

    assertUnderstoodWhenQuiet(run);
    assertThat(run.values).as("seed %d", seed).isGreaterThan(run.sent / 10);
  }

  private static void assertUnderstoodWhenQuiet(Run run) {
    long seed = run.seed;
    assertThat(run.decoder.asked()).as("seed %d: when it is quiet", seed).isEmpty();
    assertThat(run.decoder.believed()).as("seed %d", seed).isEqualTo(2);
    assertThat(run.registry.get("edge.sparkplug.rebirths").counter().count())
        .as("seed %d", seed)
        .isGreaterThan(10);
    assertThat(run.values - run.valuesBeforeQuiet)
        .as("seed %d: all is taken when it is quiet", seed)
        .isGreaterThan(1_000);
  }
}
