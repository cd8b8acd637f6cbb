package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.edge.clock.BootTimes;
import io.headwater.edge.clock.Capture;
import io.headwater.edge.clock.DeviceClock;
import io.headwater.process.ByteSize;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files go by age once the hub has what is in them, and by nothing but an age that is certain. */
@Timeout(60)
class RetentionAgeTest {
  private static final StreamPartition A = new StreamPartition("a", 0);
  private static final Duration AGE = Duration.ofHours(1);
  private static final LogSettings SETTINGS =
      new LogSettings(
          ByteSize.ofKibibytes(64),
          ByteSize.ofMebibytes(1024),
          Duration.ZERO,
          8192,
          ByteSize.ofMebibytes(1024),
          Duration.ofSeconds(1),
          Optional.of(AGE),
          SpaceSettings.DEFAULTS,
          FlashBudget.NONE);

  @TempDir private Path folder;

  /** How old readings are at least, by their wall clock and what is known of that. */
  private final AtomicLong nowMs = new AtomicLong();

  private final DeviceClock clock =
      new DeviceClock() {
        @Override
        public Capture now() {
          return Capture.UNKNOWN;
        }

        @Override
        public long leastAgeMs(Capture capture) {
          return capture.quality() == ClockQuality.UNSYNCED
              ? 0
              : Math.max(0, nowMs.get() - capture.wallMs());
        }

        @Override
        public BootTimes boots() {
          return BootTimes.none();
        }
      };

  private void fillAFile(EdgeLog log, long wallMs, ClockQuality quality) throws IOException {
    int files = LogFolder.list(folder).size();
    for (int i = 0; i < 100; i++) {
      var done = new CompletableFuture<Append.Outcome>();
      log.offer(
          new Append(A, null, new byte[1000], wallMs, quality, "topic", "client", done::complete));
      assertThat(done.join()).isEqualTo(Append.Outcome.COMMITTED);
    }
    await().until(() -> LogFolder.list(folder).size() > files);
  }

  @Test
  void settledFilesGoByAnAgeThatIsCertain() throws IOException {
    try (EdgeLog log =
        EdgeLog.open(folder, SETTINGS, new EdgeLogMetrics(new SimpleMeterRegistry()), clock)) {
      fillAFile(log, 1, ClockQuality.SYNCED);
      fillAFile(log, AGE.toMillis(), ClockQuality.SYNCED);
      fillAFile(log, 1, ClockQuality.UNSYNCED);
      fillAFile(log, 2 * AGE.toMillis(), ClockQuality.SYNCED);
      int all = LogFolder.list(folder).size();
      nowMs.set(AGE.toMillis() + 500);
      long end = log.ends().getOrDefault(A, 0L);

      // The hub does not have all of the first file: nothing goes.
      log.settle(A, OffsetRanges.of(0, 10));
      await().during(Duration.ofMillis(1500)).until(() -> LogFolder.list(folder).size() == all);
      log.settle(A, OffsetRanges.of(0, end));
      await().until(() -> log.start(A) > 0);
      assertThat(log.start(A)).as("a file goes by its newest reading").isLessThanOrEqualTo(100);

      nowMs.set(Long.MAX_VALUE / 2);
      await().until(() -> log.start(A) > 100);
      await()
          .during(Duration.ofMillis(1500))
          .until(() -> log.start(A) < 300); // nobody knows how old the third is
    }
  }
}
