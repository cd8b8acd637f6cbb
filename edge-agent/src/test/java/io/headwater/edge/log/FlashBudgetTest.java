package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.clock.Capture;
import io.headwater.process.ByteSize;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.StreamPartition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A log on flash of which more is written than its budget allows. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FlashBudgetTest {
  private static final StreamPartition A = new StreamPartition("a", 0);
  private static final Duration CONFIGURED = Duration.ofMillis(20);
  private static final Duration LONGEST = Duration.ofHours(1);

  @TempDir private Path folder;
  private SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final AtomicLong nanos = new AtomicLong();
  private long terabytes;

  private static CompletableFuture<Append.Outcome> append(EdgeLog log, Durability durability) {
    var outcome = new CompletableFuture<Append.Outcome>();
    assertThat(
            log.offer(
                new Append(
                    A,
                    null,
                    "x".getBytes(StandardCharsets.UTF_8),
                    Capture.ofWall(1, ClockQuality.SYNCED),
                    "t",
                    "c",
                    null,
                    durability,
                    List.of(),
                    outcome::complete)))
        .isTrue();
    return outcome;
  }

  private double commits(String kind) {
    return registry.get("edge.log.commits").tag("kind", kind).counter().count();
  }

  private double unforced() {
    return registry.get("edge.log.unforced").gauge().value();
  }

  private static LogSettings settings() {
    LogSettings base = LogSettings.DEFAULTS;
    return new LogSettings(
        base.fileSize(),
        base.retention(),
        Duration.ZERO,
        base.queue(),
        base.sessionBacklog(),
        CONFIGURED,
        Optional.empty(),
        SpaceSettings.DEFAULTS,
        new FlashBudget(Optional.of(ByteSize.ofMebibytes(1)), LONGEST));
  }

  private FlashThrottle throttle() {
    var throttle =
        new FlashThrottle(
            settings().flashBudget(),
            CONFIGURED,
            nanos::get,
            new FlashWrites(new DeviceWrites(folder.resolve("io"))));
    throttle.look();
    return throttle;
  }

  private EdgeLog open(FlashThrottle throttle) {
    registry = new SimpleMeterRegistry(); // the gauges of another log stay with that
    return EdgeLog.open(folder.resolve("log"), settings(), new EdgeLogMetrics(registry), throttle);
  }

  private void written(long bytes) throws IOException {
    Files.writeString(folder.resolve("io"), "write_bytes: " + bytes + "\n");
  }

  /** Time passes in which far too much is written. */
  private void writeTooMuch(Duration interval) throws IOException {
    terabytes++;
    written(terabytes << 40);
    nanos.addAndGet(Math.max(TimeUnit.MINUTES.toNanos(1), 2 * interval.toNanos()));
  }

  @Test
  void intervalIsForcedLessOftenAndFsyncAsEver() throws Exception {
    written(0);
    FlashThrottle throttle = throttle();
    try (EdgeLog log = open(throttle)) {
      append(log, Durability.INTERVAL).join();
      Awaitility.await().until(() -> unforced() == 0);
      assertThat(commits("interval")).as("forced because its time is over").isEqualTo(1);
    }

    while (throttle.interval().compareTo(LONGEST.dividedBy(2)) < 0) {
      writeTooMuch(throttle.interval());
      throttle.look();
    }
    try (EdgeLog log = open(throttle)) {
      writeTooMuch(throttle.interval());
      Awaitility.await().until(() -> log.syncInterval().equals(LONGEST));
      double timed = commits("interval");
      double normal = commits("normal");

      CompletableFuture.allOf(
              Stream.generate(() -> append(log, Durability.INTERVAL))
                  .limit(50)
                  .toArray(CompletableFuture<?>[]::new))
          .join();

      assertThat(commits("normal") - normal).as("commits of 50 readings").isLessThan(5);
      Awaitility.await().during(CONFIGURED.multipliedBy(10)).until(() -> unforced() == 50);
      assertThat(commits("interval")).isEqualTo(timed);

      double full = commits("full");
      long end = 51;
      for (int i = 1; i <= 3; i++) {
        CompletableFuture<Append.Outcome> patient = append(log, Durability.INTERVAL);
        append(log, Durability.FSYNC).join();
        assertThat(patient).as("forced with it").isCompleted();
        assertThat(commits("full")).isEqualTo(full + i);
        assertThat(log.ends()).containsEntry(A, end + 2L * i);
      }
    }
  }

  @Test
  void intervalInForceIsAGauge() throws Exception {
    written(0);
    FlashThrottle throttle = throttle();
    try (EdgeLog _ = open(throttle)) {
      assertThat(registry.get("edge.log.sync.interval").gauge().value()).isEqualTo(0.02);

      writeTooMuch(CONFIGURED);

      Awaitility.await()
          .until(() -> registry.get("edge.log.sync.interval").gauge().value() == 0.04);
    }
  }
}
