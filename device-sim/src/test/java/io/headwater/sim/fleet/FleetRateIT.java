package io.headwater.sim.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.process.HostPort;
import io.headwater.sim.fleet.FleetSettings.Pace;
import io.headwater.sim.judge.Ledger;
import io.headwater.testsupport.ChildProcess;
import io.netty.util.ResourceLeakDetector;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import org.HdrHistogram.Histogram;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A mass fleet against a sink in another process, at QoS 1. The long form: {@code
 * -Dheadwater.fleet.connections=10000 -Dheadwater.fleet.rate=50000 -Dheadwater.fleet.seconds=30}.
 */
@Timeout(400)
class FleetRateIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int CONNECTIONS = Integer.getInteger("headwater.fleet.connections", 2_000);
  private static final int RATE = Integer.getInteger("headwater.fleet.rate", 10_000);
  private static final int SECONDS = Integer.getInteger("headwater.fleet.seconds", 5);

  /** So much worse than what an idle machine does that only a broken pacer gets there. */
  private static final double P99_MILLIS = Integer.getInteger("headwater.fleet.p99", 50);

  private static final int STRETCHES = 6;

  private static ResourceLeakDetector.Level leakDetection;

  @TempDir private Path folder;

  /** Following every buffer costs several times what is measured here. */
  @BeforeAll
  static void followNoBuffers() {
    leakDetection = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
  }

  @AfterAll
  static void followBuffersAgain() {
    ResourceLeakDetector.setLevel(leakDetection);
  }

  @Test
  void offersWhatIsScheduledWhenItIsDueAndHasItAcknowledged() {
    var ledger = new Ledger();
    try (var process =
        ChildProcess.start(
            folder,
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            CountingSink.class.getName())) {
      HostPort sink = HostPort.parse(process.awaitReady(LIMIT).getOrDefault("mqtt", ""));
      FleetSettings settings =
          FleetSettings.of(sink, "mass-", CONNECTIONS, RATE, "sensors/demo", 1)
              .with(new Pace(0.2, 4_000, 16, Duration.ofSeconds(10)));
      try (var fleet = new Fleet(settings, ledger, Clock.systemUTC())) {
        fleet.connect(LIMIT);
        Awaitility.await()
            .atMost(LIMIT)
            .untilAsserted(() -> assertThat(fleet.counts().connected()).isEqualTo(CONNECTIONS));
        fleet.begin();
        // Other processes may take the machine away for a while, so one good stretch is enough.
        Stretch stretch;
        int tried = 0;
        do {
          stretch = measure(fleet);
          System.out.println(stretch);
        } while (!stretch.isGood() && ++tried < STRETCHES);
        fleet.stop();
        boolean drained = fleet.drain(LIMIT);
        Fleet.Counts end = fleet.counts();
        String text = stretch + "\n" + end;
        assertThat(drained).as(text).isTrue();
        assertThat(end.acknowledged()).as(text).isEqualTo(end.readings());
        assertThat(end.attempts()).as(text).isEqualTo(end.readings());
        assertThat(end.connectionsLost()).as(text).isZero();
        assertThat(stretch.isGood()).as(text).isTrue();
      }
    }
  }

  /** Rates a second, times in microseconds. */
  private record Stretch(
      double offered, double acknowledged, Histogram errors, Histogram latencies) {
    boolean isGood() {
      return Math.abs(offered - RATE) < 0.01 * RATE
          && Math.abs(acknowledged - RATE) < 0.02 * RATE
          // Nearly all of the schedule is measured, not held back.
          && errors.getTotalCount() > (long) (0.9 * RATE * SECONDS)
          && errors.getValueAtPercentile(99) / 1e3 < P99_MILLIS;
    }

    @Override
    public String toString() {
      return "%d connections, %.0f readings/s offered of %d, %.0f/s acknowledged; "
              .formatted(CONNECTIONS, offered, RATE, acknowledged)
          + "schedule error %s; latency %s; load %.1f"
              .formatted(
                  millis(errors),
                  millis(latencies),
                  ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }
  }

  private static Stretch measure(Fleet fleet) {
    pass(Duration.ofSeconds(2)); // compilers, or what the stretch before has left behind
    fleet.newScheduleErrors();
    fleet.newLatencies();
    Fleet.Counts before = fleet.counts();
    long from = System.nanoTime();
    pass(Duration.ofSeconds(SECONDS));
    Fleet.Counts after = fleet.counts();
    double seconds = (System.nanoTime() - from) / 1e9;
    return new Stretch(
        (after.readings() - before.readings()) / seconds,
        (after.acknowledged() - before.acknowledged()) / seconds,
        fleet.newScheduleErrors(),
        fleet.newLatencies());
  }

  private static String millis(Histogram micros) {
    return "p50 %.2f p99 %.2f p99.9 %.2f max %.1f ms"
        .formatted(
            micros.getValueAtPercentile(50) / 1e3,
            micros.getValueAtPercentile(99) / 1e3,
            micros.getValueAtPercentile(99.9) / 1e3,
            micros.getMaxValue() / 1e3);
  }

  private static void pass(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    Awaitility.await().atMost(LIMIT.plus(time)).until(() -> System.nanoTime() - end >= 0);
  }
}
