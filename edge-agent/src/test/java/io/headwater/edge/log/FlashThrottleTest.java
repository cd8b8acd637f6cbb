package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.process.ByteSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class FlashThrottleTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofSeconds(60);
  private static final ByteSize BUDGET = ByteSize.ofMebibytes(1440); // a MiB a minute

  @TempDir private Path folder;
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // it may run over
  private long written;

  private FlashThrottle throttle(Optional<ByteSize> budget) throws IOException {
    write(0);
    var throttle =
        new FlashThrottle(
            new FlashBudget(budget, LONGEST),
            SECOND,
            nanos::get,
            new FlashWrites(new DeviceWrites(folder.resolve("io"))));
    write(1L << 40); // the start
    throttle.look();
    return throttle;
  }

  private void write(long bytes) throws IOException {
    written += bytes;
    Files.writeString(folder.resolve("io"), "write_bytes: " + written + "\n");
  }

  /** Minutes pass in which so much is written; it is looked every second. */
  private void pass(FlashThrottle throttle, int minutes, double mebibytesPerMinute)
      throws IOException {
    for (int second = 0; second < minutes * 60; second++) {
      if (second % 10 == 9) {
        write((long) (mebibytesPerMinute * (1 << 20) / 6));
      }
      nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
      throttle.look();
    }
  }

  @Test
  void nothingChangesWithinTheBudget() throws Exception {
    FlashThrottle throttle = throttle(Optional.of(BUDGET));

    pass(throttle, 30, 0.9);

    assertThat(throttle.interval()).isEqualTo(SECOND);
    assertThat(throttle.lingerNanos()).isZero();
    assertThat(throttle.syncNanos()).isEqualTo(SECOND.toNanos());
  }

  @Test
  void nothingChangesWithoutABudget() throws Exception {
    FlashThrottle throttle = throttle(Optional.empty());

    pass(throttle, 30, 1_000);

    assertThat(throttle.interval()).isEqualTo(SECOND);
  }

  @Test
  void intervalGrowsByDoublingUpToTheLongest() throws Exception {
    FlashThrottle throttle = throttle(Optional.of(BUDGET));

    pass(throttle, 1, 1.5);
    assertThat(throttle.interval()).isEqualTo(Duration.ofSeconds(2));
    pass(throttle, 1, 1.5);
    assertThat(throttle.interval()).isEqualTo(Duration.ofSeconds(4));
    pass(throttle, 20, 1.5);
    assertThat(throttle.interval()).isEqualTo(LONGEST);
  }

  @Test
  void waitingForCompanyIsPartOfTheInterval() throws Exception {
    FlashThrottle throttle = throttle(Optional.of(BUDGET));

    pass(throttle, 1, 1.5);
    assertThat(Duration.ofNanos(throttle.lingerNanos())).isEqualTo(Duration.ofMillis(200));
    pass(throttle, 20, 1.5);
    assertThat(Duration.ofNanos(throttle.lingerNanos())).isEqualTo(Duration.ofSeconds(1));
    assertThat(Duration.ofNanos(throttle.syncNanos())).isEqualTo(Duration.ofSeconds(59));
  }

  @Test
  void intervalStaysWhereTheBudgetIsKept() throws Exception {
    FlashThrottle throttle = throttle(Optional.of(BUDGET));
    pass(throttle, 2, 1.5);

    pass(throttle, 60, 0.75);

    assertThat(throttle.interval())
        .as("a shorter one would write too much")
        .isEqualTo(Duration.ofSeconds(4));
  }

  @Test
  void itGoesBackByItself() throws Exception {
    FlashThrottle throttle = throttle(Optional.of(BUDGET));
    pass(throttle, 20, 1.5);

    pass(throttle, 15, 0.25);
    assertThat(throttle.interval()).isLessThan(LONGEST).isGreaterThan(SECOND);
    pass(throttle, 70, 0.25);
    assertThat(throttle.interval()).isEqualTo(SECOND);
  }

  @Test
  void commitsAreEstimatedWhereTheSystemDoesNotTell() {
    var writes = new FlashWrites(new DeviceWrites(folder.resolve("none")));
    var change = StateWrite.unawaited(List.of());

    writes.committed(List.of());
    assertThat(writes.bytes()).isEqualTo(3 * 4096);
    writes.committed(List.of(change, change));
    assertThat(writes.bytes()).isEqualTo(6 * 4096 + 4L * change.size());
  }
}
