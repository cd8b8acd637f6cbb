package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogSettings;
import io.headwater.edge.log.LogSlice;
import io.headwater.process.Threads;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkRecord;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An agent with a full log is killed again and again: each reading that it acknowledged is there,
 * or in a gap where its route allows that. {@code -Dheadwater.kills} says how often, {@code
 * -Dheadwater.seed} another run.
 */
@Timeout(value = 2, unit = TimeUnit.HOURS)
class FullDiskKillIT {
  private static final int KILLS = Math.min(8, Integer.getInteger("headwater.kills", 8));
  private static final long SEED = Long.getLong("headwater.seed", System.nanoTime());
  private static final int UNDER_WAY = 20;

  /** As the routes below say. */
  private enum Policy {
    REJECT,
    OLDEST,
    NEWEST,
    CRITICAL;

    String text() {
      return switch (this) {
        case REJECT -> "reject";
        case OLDEST -> "drop-oldest";
        case NEWEST -> "drop-newest";
        case CRITICAL -> "critical";
      };
    }
  }

  private static final class Told {
    private final TreeSet<Integer> acknowledged = new TreeSet<>();
    private int refused;
    private int open;
  }

  /** A publish that is not answered yet. */
  private record Sent(Policy policy, int number) {}

  @TempDir private Path folder;
  private final SplittableRandom random = new SplittableRandom(SEED);
  private final Map<Policy, Told> told = new EnumMap<>(Policy.class);
  private int next;

  private ChildProcess start() throws IOException {
    var config =
        new StringBuilder(
            """
            data: %s
            listen: {mqtt: "127.0.0.1:0"}
            http: 127.0.0.1:0
            log: {file-size: 256KiB, space: {limit: 8MiB, free: 0, reserve: 1MiB, scarce: 512KiB}}
            uplink: {bridges: ["localhost:1"]}
            routes:
            """
                .formatted(folder.resolve("edge")));
    for (Policy policy : Policy.values()) {
      String name = policy.text();
      config.append(
          "  - {topic: %s/x, stream: %s, key: k, when-full: %s}\n".formatted(name, name, name));
    }
    Path file = Files.writeString(folder.resolve("edge.yaml"), config);
    return Headwater.start(folder, "edge", "--config=" + file);
  }

  /** Publishes until that is enough, or the agent is gone. */
  private void publish(ChildProcess agent, int most) throws IOException {
    String address = agent.awaitReady(Duration.ofSeconds(30)).getOrDefault("mqtt", "");
    int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    var underWay = new ArrayDeque<Sent>();
    try (RawClient client = RawClient.open(port).connected(5, "sensor")) {
      for (int i = 0; i < most || !underWay.isEmpty(); ) {
        if (i < most && underWay.size() < UNDER_WAY) {
          send(client, underWay);
          i++;
        } else if (!answered(client, underWay)) {
          break;
        }
      }
    } catch (IOException _) {
      // Killed.
    }
    underWay.forEach(sent -> of(sent.policy()).open++);
  }

  private void send(RawClient client, ArrayDeque<Sent> underWay) throws IOException {
    int kind = random.nextInt(20);
    Policy policy =
        kind == 0
            ? Policy.CRITICAL
            : kind < 3 ? Policy.REJECT : kind < 6 ? Policy.NEWEST : Policy.OLDEST;
    int number = next++;
    // What must stay is little, or there would be nothing left to give up for the others.
    int size = policy == Policy.OLDEST ? random.nextInt(8000) : 50;
    underWay.add(new Sent(policy, number));
    client.send(
        RawClient.publish(
            5,
            1,
            1 + number % 60_000,
            policy.text() + "/x",
            "%09d".formatted(number) + "x".repeat(size)));
  }

  private boolean answered(RawClient client, ArrayDeque<Sent> underWay) throws IOException {
    String answer = client.receive();
    if ("closed".equals(answer)) {
      return false;
    }
    Sent sent = underWay.removeFirst();
    assertThat(answer)
        .as("seed %d", SEED)
        .startsWith("40")
        .contains("%04x".formatted(1 + sent.number() % 60_000));
    if (answer.startsWith("4002") || "00".equals(answer.substring(8, 10))) {
      of(sent.policy()).acknowledged.add(sent.number());
    } else {
      assertThat(answer.substring(8, 10)).as("seed %d: quota exceeded", SEED).isEqualTo("97");
      of(sent.policy()).refused++;
    }
    return true;
  }

  private Told of(Policy policy) {
    return told.computeIfAbsent(policy, _ -> new Told());
  }

  @Test
  void everyAcknowledgedReadingIsThereOrInAGapAfterEachKill() throws Exception {
    for (int kill = 0; kill <= KILLS; kill++) {
      try (ChildProcess agent = start()) {
        if (kill == 0) {
          publish(agent, 4000); // until it is full, and some more
        } else {
          agent.awaitReady(Duration.ofSeconds(30));
          long after = 100L + random.nextInt(1500);
          Thread killer =
              Threads.start(
                  "killer",
                  () -> {
                    try {
                      TimeUnit.MILLISECONDS.sleep(after);
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                    agent.kill();
                  });
          publish(agent, Integer.MAX_VALUE);
          killer.join();
        }
        agent.kill();
      }
    }
    check();
  }

  private void check() {
    try (EdgeLog log =
        EdgeLog.open(
            folder.resolve("edge").resolve("log"),
            LogSettings.DEFAULTS,
            new EdgeLogMetrics(new SimpleMeterRegistry()))) {
      for (Policy policy : Policy.values()) {
        check(log, policy);
      }
    }
    assertThat(of(Policy.OLDEST).refused).as("seed %d: refused", SEED).isZero();
    assertThat(of(Policy.NEWEST).refused).as("seed %d: refused", SEED).isZero();
  }

  private void check(EdgeLog log, Policy policy) {
    var partition = new StreamPartition(policy.text(), 0);
    var rows = new ArrayList<Integer>();
    long given = 0;
    long end = log.ends().getOrDefault(partition, 0L);
    for (long at = 0; at < end; ) {
      LogSlice slice = log.read(partition, at, 500, 1 << 20);
      for (UplinkRecord record : slice.records()) {
        rows.add(Integer.parseInt(new String(record.value(), 0, 9, StandardCharsets.UTF_8)));
      }
      for (Gap gap : slice.gaps()) {
        assertThat(gap.reason()).as("seed %d: %s", SEED, policy).isEqualTo(GapReason.DISK_FULL);
        given += gap.nextOffset() - gap.firstOffset();
      }
      at = slice.nextOffset();
    }
    Told of = of(policy);
    String what = "seed %d: %s".formatted(SEED, policy);
    assertThat(rows).as(what).isSorted().doesNotHaveDuplicates();
    assertThat(rows.size() + given)
        .as("%s: rows and %d in gaps", what, given)
        .isBetween((long) of.acknowledged.size(), (long) of.acknowledged.size() + of.open);
    switch (policy) {
      case REJECT, CRITICAL -> {
        assertThat(given).as(what).isZero();
        assertThat(rows).as(what).containsAll(of.acknowledged);
      }
      case OLDEST -> {
        assertThat(given).as(what).isPositive();
        List<Integer> newest = List.copyOf(of.acknowledged.tailSet(rows.getFirst()));
        assertThat(rows).as("%s: the oldest are given up", what).containsAll(newest);
      }
      case NEWEST -> assertThat(rows).as(what).isNotEmpty();
    }
  }
}
