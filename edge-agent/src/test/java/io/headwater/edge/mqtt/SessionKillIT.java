package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogRow;
import io.headwater.edge.log.LogSettings;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.Seed;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The real agent, killed again and again at random instants, also while it starts, under mixed QoS,
 * retained messages and wills, with a subscriber that stays: nothing acknowledged is lost, QoS 2 is
 * logged once and delivered once, in the order of the log; each retained message is the last one
 * acknowledged or a later one; wills of clients that were connected fire once.
 *
 * <p>{@code -Dheadwater.kills=2000} goes on for longer.
 */
@NullMarked
@Timeout(value = 2, unit = TimeUnit.HOURS)
class SessionKillIT {
  private static final Logger LOGGER = LoggerFactory.getLogger(SessionKillIT.class);
  private static final int KILLS = Integer.getInteger("headwater.kills", 100);

  /** What of the JVM's work pays in a life of less than a second. */
  private static final String SHORT_LIFE = "-XX:TieredStopAtLevel=1";

  @TempDir private Path folder;
  private final ReturningClient.Trial trial = new ReturningClient.Trial();

  /** Of the client that publishes retained messages: it is back once they have been looked at. */
  private final ReturningClient.Trial retainedTrial = new ReturningClient.Trial();

  private final Seed seed = Seed.next();

  /** Is there to be cut off: each connection has a will of its own. */
  private static final class Dying extends ReturningClient {
    private final Set<String> cut = Collections.synchronizedSet(new LinkedHashSet<>());
    private volatile boolean done;
    private @Nullable String connected;
    private int number;

    Dying(Trial trial) {
      super(trial, "dying");
    }

    /** The wills of connections that were cut off. */
    Set<String> cut() {
      synchronized (cut) {
        return Set.copyOf(cut);
      }
    }

    @Override
    byte[] connect(String id) {
      number++;
      return Packets.connectWithWill(id + number, "w/0", "w:" + number);
    }

    @Override
    void connected(RawClient client, boolean sessionPresent) {
      connected = "w:" + number;
    }

    @Override
    void received(RawClient client, String packet) {
      throw new AssertionError("unexpected " + packet);
    }

    @Override
    void lost() {
      if (connected != null && !trial.isEnding()) {
        cut.add(connected);
      }
      connected = null;
    }

    @Override
    boolean isDone() {
      return done;
    }
  }

  private ChildProcess launch(Path cache, String option) {
    return ChildProcess.start(
        folder,
        Map.of(
            "HEADWATER_BUILD",
            "never",
            "HEADWATER_JAVA_OPTIONS",
            SHORT_LIFE + " -Xlog:aot*=off -Xlog:cds*=off " + option + cache),
        Headwater.home().resolve("headwater").toString(),
        "edge",
        "--data=" + folder.resolve("edge"),
        "--port=0",
        "--bridge=localhost:1",
        "--set=log.file-size=1MiB",
        "--set=http=127.0.0.1:0");
  }

  private void awaitReady(ChildProcess agent) {
    String address = agent.awaitReady(Duration.ofSeconds(60)).getOrDefault("mqtt", "");
    trial.listensOn(Integer.parseInt(address.substring(address.lastIndexOf(':') + 1)));
  }

  private void kill(ChildProcess agent) {
    trial.listensOn(0);
    retainedTrial.listensOn(0);
    agent.kill();
  }

  private static void pause(int millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  @Test
  void nothingAcknowledgedIsLostAndQos2HappensOnce() throws Exception {
    SplittableRandom random = seed.random();
    Path cache = folder.resolve("agent.aot");
    ChildProcess trained = launch(cache, "-XX:AOTCacheOutput="); // each start after it is short
    awaitReady(trained);
    trial.listensOn(0);
    trained.terminate();

    var first = new ReturningPublisher(trial, "1", 1, false);
    var second = new ReturningPublisher(trial, "2", 2, false);
    var retained = new ReturningPublisher(retainedTrial, "r", 1, true);
    var dying = new Dying(trial);
    var subscriber = new ReturningSubscriber(trial);
    var acknowledged = new ArrayList<String>(); // at each kill
    List<Thread> publishers;
    Thread takes;
    Thread dies;
    ChildProcess agent = launch(cache, "-XX:AOTCache=");
    try {
      awaitReady(agent);
      takes = subscriber.begin();
      assertThat(subscriber.subscribed().await(20, TimeUnit.SECONDS)).as("%s", seed).isTrue();
      publishers = List.of(first.begin(), second.begin(), retained.begin());
      dies = dying.begin();
      for (int i = 0; i < KILLS; i++) {
        if (i % 8 == 7) {
          pause(random.nextInt(700)); // while it starts
        } else {
          awaitReady(agent);
          assertRetained(retained);
          retainedTrial.listensOn(trial.port());
          pause(random.nextInt(10, 350));
        }
        kill(agent);
        acknowledged.add(first.count() + "+" + second.count() + "+" + retained.count());
        agent = launch(cache, "-XX:AOTCache=");
        assertNoFailure();
      }
      awaitReady(agent);
      assertRetained(retained);
      retainedTrial.listensOn(trial.port());
      trial.end();
      retainedTrial.end();
      for (Thread publisher : publishers) {
        publisher.join(TimeUnit.SECONDS.toMillis(30));
        assertNoFailure();
        assertThat(publisher.isAlive()).as("all answered in the end; %s", seed).isFalse();
      }
      assertRetained(retained);
      Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .untilAsserted(() -> {
            assertNoFailure();
            assertHas("delivered", subscriber.qos2(), second.acknowledged(), dying.cut());
            assertHas(
                "delivered", subscriber.qos1(), first.acknowledged(), retained.acknowledged());
          });
    } finally {
      trial.end();
      retainedTrial.end();
      subscriber.end();
      dying.done = true;
      agent.kill();
    }
    takes.join(10_000);
    dies.join(10_000);
    assertNoFailure();

    List<String> rows = rows();
    List<String> rows1 = rows.stream().filter(row -> !isOnce(row)).toList();
    List<String> rows2 = rows.stream().filter(SessionKillIT::isOnce).toList();
    assertThat(rows2).as("QoS 2 rows and wills, once each; %s", seed).doesNotHaveDuplicates();
    assertHas("rows", rows2, second.acknowledged(), dying.cut());
    assertHas("rows", rows1, first.acknowledged(), retained.acknowledged());
    // Wills of the clients of the end may have fired after the subscriber's.
    List<String> delivered = subscriber.qos2();
    assertThat(delivered)
        .as("QoS 2 delivered once, in order; %s", seed)
        .isEqualTo(rows2.subList(0, Math.min(rows2.size(), delivered.size())));
    assertThat(firsts(subscriber.qos1()))
        .as("QoS 1 delivered, in order; %s", seed)
        .isEqualTo(firsts(rows1));
    assertThat(rows2)
        .as("messages between the kills, acknowledged %s; %s", acknowledged, seed)
        .hasSizeGreaterThan(KILLS);
    assertThat(dying.cut()).as("wills; %s", seed).hasSizeGreaterThan(KILLS / 2);
    LOGGER
        .atInfo()
        .addKeyValue("kills", KILLS)
        .addKeyValue("rows", rows.size())
        .addKeyValue("rowsQos2", rows2.size())
        .addKeyValue("wills", dying.cut().size())
        .log("Survived");
  }

  @SafeVarargs
  private void assertHas(String what, List<String> have, Set<String>... wanted) {
    var missing = new HashSet<String>();
    for (Set<String> each : wanted) {
      missing.addAll(each);
    }
    synchronized (have) {
      have.forEach(missing::remove);
    }
    assertThat(missing).as("missing from what was %s; %s", what, seed).isEmpty();
  }

  /** Published at QoS 2. */
  private static boolean isOnce(String row) {
    return row.startsWith("2") || row.startsWith("w");
  }

  /** What was acknowledged before the question must be there, or something later. */
  private void assertRetained(ReturningPublisher retained) throws IOException {
    var least = new HashMap<String, Integer>();
    for (int i = 0; i < ReturningPublisher.TOPICS; i++) {
      if (retained.newest(i) > 0) {
        least.put("r/" + i, retained.newest(i));
      }
    }
    var found = new HashMap<String, Integer>();
    try (RawClient client = RawClient.open(trial.port())) {
      client.send(Packets.connect("looks", true, 0, null, 0));
      assertThat(client.receive()).startsWith("20");
      client.send(Packets.subscribe(1, "r/+", 0, 0));
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (!found.keySet().containsAll(least.keySet())) {
        assertThat(System.nanoTime() - end)
            .as("found %s of %s; %s", found, least, seed)
            .isNegative();
        String packet = client.receive();
        if (packet.startsWith(
            "31")) { // retained; what is published meanwhile comes without the flag
          byte[] body = HexFormat.of().parseHex(packet.substring(4));
          String topic = new String(body, 2, body[1], StandardCharsets.UTF_8);
          int start = 2 + body[1] + 1;
          String payload = new String(body, start, body.length - start, StandardCharsets.UTF_8);
          found.putIfAbsent(topic, Integer.parseInt(payload.substring(2)));
        }
      }
    }
    least.forEach((topic, number) ->
        assertThat(found.get(topic))
            .as("retained on %s; %s", topic, seed)
            .isGreaterThanOrEqualTo(number));
  }

  private void assertNoFailure() {
    Throwable thrown = trial.failure() == null ? retainedTrial.failure() : trial.failure();
    if (thrown != null) {
      throw new AssertionError(seed.toString(), thrown);
    }
  }

  private static List<String> firsts(List<String> all) {
    return List.copyOf(new LinkedHashSet<>(all));
  }

  private List<String> rows() {
    var found = new ArrayList<String>();
    try (EdgeLog log =
        EdgeLog.open(
            folder.resolve("edge").resolve("log"),
            LogSettings.DEFAULTS,
            new EdgeLogMetrics(new SimpleMeterRegistry()))) {
      long next = 1;
      for (List<LogRow> rows = log.rows(next, 500, 1 << 20).rows();
          !rows.isEmpty();
          rows = log.rows(next, 500, 1 << 20).rows()) {
        rows.forEach(row -> found.add(new String(row.value(), StandardCharsets.UTF_8)));
        next = rows.getLast().seq() + 1;
      }
    }
    return found;
  }
}
