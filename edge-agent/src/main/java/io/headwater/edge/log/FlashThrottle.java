package io.headwater.edge.log;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says how often readings of the classes {@code interval} and {@code memory} are committed and
 * forced to disk, so that the flash's budget is kept. Those of class {@code fsync} are not its
 * business.
 *
 * <p>Each interval is judged by what was written since it began: above the budget it is doubled, a
 * minute after the step before at the earliest; below half of the budget it is halved, after ten.
 * Below half, because twice as many forces write at most twice as much: so it does not swing.
 *
 * <p>Confined to the writer's thread, but for {@link #interval}.
 */
final class FlashThrottle {
  private static final Logger LOGGER = LoggerFactory.getLogger(FlashThrottle.class);
  private static final long DAY_NANOS = TimeUnit.DAYS.toNanos(1);
  static final long WIDER_AFTER_NANOS = TimeUnit.MINUTES.toNanos(1);
  static final long NARROWER_AFTER_NANOS = TimeUnit.MINUTES.toNanos(10);

  /** The share of a wider interval in which commits wait for company, and the most of it. */
  private static final int LINGER_SHARE = 10;

  private static final long MOST_LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final long budget;
  private final long shortestNanos;
  private final long longestNanos;
  private final LongSupplier nanoTime;
  private final FlashWrites writes;
  private volatile long intervalNanos;
  private boolean begun;
  private long sinceNanos;
  private long sinceBytes;
  private long lookedNanos;

  /**
   * @param syncInterval while the budget is kept
   * @param nanoTime of {@link System#nanoTime}
   */
  FlashThrottle(
      FlashBudget budget, Duration syncInterval, LongSupplier nanoTime, FlashWrites writes) {
    this.budget = budget.bytesPerDay().map(size -> size.bytes()).orElse(Long.MAX_VALUE);
    this.shortestNanos = syncInterval.toNanos();
    this.longestNanos = Math.max(shortestNanos, budget.longestInterval().toNanos());
    this.nanoTime = nanoTime;
    this.writes = writes;
    this.intervalNanos = shortestNanos;
  }

  /** By this system's time and counters. */
  static FlashThrottle of(LogSettings settings) {
    return new FlashThrottle(
        settings.flashBudget(),
        settings.syncInterval(),
        System::nanoTime,
        new FlashWrites(new DeviceWrites(DeviceWrites.OF_THIS_PROCESS)));
  }

  /** After so long a reading is on disk at the latest. For any thread. */
  Duration interval() {
    return Duration.ofNanos(intervalNanos);
  }

  /** How long a commit that nobody has forced may stay so: what comes before it counts, too. */
  long syncNanos() {
    return intervalNanos - lingerNanos();
  }

  /** How long a commit that need not be forced waits for company. */
  long lingerNanos() {
    return intervalNanos == shortestNanos
        ? 0
        : Math.min(MOST_LINGER_NANOS, intervalNanos / LINGER_SHARE);
  }

  /** A commit has been made. */
  void committed(List<Write> group) {
    writes.committed(group);
  }

  /** To be called every few seconds at least. What was written before the first does not count. */
  void look() {
    if (budget == Long.MAX_VALUE) {
      return;
    }
    long now = nanoTime.getAsLong();
    if (!begun) {
      begun = true; // a start writes more than its share
      begin(now);
    }
    if (now - lookedNanos < Math.max(WIDER_AFTER_NANOS, 2 * intervalNanos)) {
      return;
    }
    lookedNanos = now;
    long elapsed = now - sinceNanos;
    double bytesPerDay = (writes.bytes() - sinceBytes) * ((double) DAY_NANOS / elapsed);
    if (bytesPerDay > budget) {
      step(Math.min(longestNanos, 2 * intervalNanos), bytesPerDay);
      begin(now);
    } else if (elapsed >= NARROWER_AFTER_NANOS) {
      if (bytesPerDay < budget / 2.0) {
        step(Math.max(shortestNanos, intervalNanos / 2), bytesPerDay);
      }
      begin(now);
    }
  }

  private void begin(long now) {
    lookedNanos = now;
    sinceNanos = now;
    sinceBytes = writes.bytes();
  }

  private void step(long nanos, double bytesPerDay) {
    if (nanos != intervalNanos) {
      LOGGER
          .atInfo()
          .addKeyValue("writtenBytesPerDay", (long) bytesPerDay)
          .addKeyValue("budget", budget)
          .addKeyValue("syncIntervalMs", TimeUnit.NANOSECONDS.toMillis(nanos))
          .log("The flash budget asks for another interval between two forces");
      intervalNanos = nanos;
    }
  }
}
