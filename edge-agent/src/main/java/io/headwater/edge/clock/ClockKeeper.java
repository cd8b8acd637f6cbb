package io.headwater.edge.clock;

import io.headwater.process.Threads;
import io.headwater.uplink.ClockQuality;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows what time it is, and how far that can be trusted; see the package comment. Thread-safe. Its
 * thread looks at the kernel every second and writes down what is worth it; {@link #bridgeAnswered}
 * is for the forwarder's thread.
 */
public final class ClockKeeper implements DeviceClock, AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(ClockKeeper.class);
  private static final Duration PACE = Duration.ofSeconds(1);
  private static final long WRITE_AGAIN_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** A wall clock that differs by more from where it must be has been set. */
  private static final long STEP_MS = 1000;

  /** Worth a write: what is nearer would only wear the card. */
  private static final long WORTH_MS = 1000;

  private static final int TRIES = 3;
  private static final long LEAST_SUSPENDED_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** An earlier time is wrong, whoever vouches for it: this software did not exist. */
  static final Instant EARLIEST = Instant.parse("2026-01-01T00:00:00Z");

  /**
   * The clocks against each other.
   *
   * @param aheadNanos how far uptime is ahead of the nano time: suspended time
   * @param wallAtBootMs the wall clock less the uptime
   * @param errorMs by which the wall clock may be wrong; empty if it is not trusted
   */
  private record Look(long aheadNanos, long wallAtBootMs, OptionalLong errorMs) {}

  private final ClockSettings settings;
  private final InstantSource wall;
  private final KernelClock kernel;
  private final LongSupplier nanoTime;
  private final Path folder;
  private final long boot;
  private final BootTimes boots;
  private final BridgeClock bridge;
  private final ClockMetrics metrics;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile Look look;

  // Of the clock's thread.
  private @Nullable Thread thread;
  private @Nullable BootTime written;
  private ClockQuality told;
  private long writeAtNanos;

  /**
   * Begins to look.
   *
   * @param folder of the log, where the times of boots are kept
   * @param wall the device's wall clock
   */
  public static ClockKeeper start(
      ClockSettings settings, Path folder, InstantSource wall, MeterRegistry registry) {
    var keeper =
        new ClockKeeper(settings, folder, wall, new LinuxClock(), System::nanoTime, registry);
    keeper.thread = Threads.start("edge-clock-0", keeper::run);
    return keeper;
  }

  /** For tests, which move time and call {@link #tick}. */
  ClockKeeper(
      ClockSettings settings,
      Path folder,
      InstantSource wall,
      KernelClock kernel,
      LongSupplier nanoTime,
      MeterRegistry registry) {
    this.settings = settings;
    this.folder = folder;
    this.wall = wall;
    this.kernel = kernel;
    this.nanoTime = nanoTime;
    this.boot = kernel.boot();
    this.boots = BootTimes.read(folder);
    this.written = boots.of(boot).orElse(null);
    this.bridge = new BridgeClock(boot, boots.of(boot));
    this.writeAtNanos = nanoTime.getAsLong();
    this.look = look(0);
    learn(look);
    this.told = quality();
    LOGGER
        .atInfo()
        .addKeyValue("quality", told.text())
        .addKeyValue("boot", Long.toHexString(boot))
        .log("The clock");
    this.metrics = new ClockMetrics(registry, this::quality, this::errorMs);
  }

  private void run() {
    try {
      while (!closing.await(PACE.toMillis(), TimeUnit.MILLISECONDS)) {
        tick();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Looks once more. */
  void tick() {
    Look before = look;
    Look now = look(before.aheadNanos());
    long step = now.wallAtBootMs() - before.wallAtBootMs();
    if (Math.abs(step) > STEP_MS) {
      metrics.stepped();
      LOGGER
          .atInfo()
          .addKeyValue("seconds", step / 1000)
          .addKeyValue("trusted", now.errorMs().isPresent())
          .log("The wall clock has jumped");
    }
    learn(now);
    look = now;
    ClockQuality quality = quality();
    if (quality != told) {
      LOGGER
          .atInfo()
          .addKeyValue("before", told.text())
          .addKeyValue("quality", quality.text())
          .log("The clock can be trusted otherwise than before");
      told = quality;
    }
    if (nanoTime.getAsLong() - writeAtNanos >= 0) {
      write();
    }
  }

  /** Two clocks are read one after the other: of some tries the one that took least time counts. */
  private Look look(long aheadBefore) {
    long ahead = 0;
    long wallAtBoot = 0;
    long least = Long.MAX_VALUE;
    for (int i = 0; i < TRIES; i++) {
      long before = nanoTime.getAsLong();
      long uptime = kernel.uptimeNanos();
      long millis = wall.millis();
      long took = nanoTime.getAsLong() - before;
      if (took < least) {
        least = took;
        ahead = uptime - before - took / 2;
        // What was not suspended is not ahead of before: the rest comes from the reading.
        ahead = Math.abs(ahead - aheadBefore) < LEAST_SUSPENDED_NANOS ? aheadBefore : ahead;
        wallAtBoot = millis - TimeUnit.NANOSECONDS.toMillis(before + took / 2 + ahead);
      }
    }
    long now = wallAtBoot + TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() + ahead);
    return new Look(ahead, wallAtBoot, trusted(now));
  }

  private OptionalLong trusted(long wallMs) {
    if (wallMs < EARLIEST.toEpochMilli()) {
      return OptionalLong.empty();
    }
    return switch (settings.trust()) {
      case SYNCHRONISED -> kernel.maxErrorMs();
      case ALWAYS -> OptionalLong.of(kernel.maxErrorMs().orElse(0));
      case NEVER -> OptionalLong.empty();
    };
  }

  private void learn(Look now) {
    now.errorMs()
        .ifPresent(error ->
            boots.learn(
                new BootTime(
                    boot,
                    now.wallAtBootMs(),
                    error,
                    uptimeMs(now, nanoTime.getAsLong()),
                    ClockQuality.SYNCED)));
  }

  private static long uptimeMs(Look look, long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos + look.aheadNanos());
  }

  private void write() {
    BootTime now = boots.of(boot).orElse(null);
    BootTime before = written;
    if (now == null
        || (before != null
            && before.source() == now.source()
            && Math.abs(before.startMs() - now.startMs()) < WORTH_MS)) {
      return;
    }
    try {
      boots.write(folder);
      written = now;
    } catch (IOException e) {
      writeAtNanos = nanoTime.getAsLong() + WRITE_AGAIN_NANOS;
      LOGGER
          .atWarn()
          .addKeyValue("folder", folder)
          .addKeyValue("error", e.toString())
          .log("When this boot began cannot be written down; it is known until the agent ends");
    }
  }

  /**
   * A bridge has told its time.
   *
   * @param sentNanos of what it has answered, by the nano time; a little too early does no harm
   * @param receivedNanos of its answer
   */
  public void bridgeAnswered(long sentNanos, long receivedNanos, long bridgeMs) {
    if (!settings.bridge() || bridgeMs < EARLIEST.toEpochMilli()) {
      return;
    }
    Look now = look;
    Optional<BootTime> told =
        bridge.answered(uptimeMs(now, sentNanos), uptimeMs(now, receivedNanos), bridgeMs);
    told.ifPresent(time -> {
      boots.learn(time);
      metrics.bridgeDiffers(now.wallAtBootMs() - time.startMs());
    });
  }

  /**
   * {@inheritDoc}
   *
   * <p>A wall clock that was set since the last look is not trusted before the next.
   */
  @Override
  public Capture now() {
    Look now = look;
    long uptime = uptimeMs(now, nanoTime.getAsLong());
    long millis = wall.millis();
    boolean right =
        now.errorMs().isPresent() && Math.abs(millis - uptime - now.wallAtBootMs()) <= STEP_MS;
    return new Capture(boot, uptime, millis, right ? ClockQuality.SYNCED : ClockQuality.UNSYNCED);
  }

  /** This moment, in milliseconds since 1970, as well as it is known. */
  public long millis() {
    return boots.time(now()).millis();
  }

  /** How far that can be trusted. */
  public ClockQuality quality() {
    return look.errorMs().isPresent()
        ? ClockQuality.SYNCED
        : boots.of(boot).map(time -> time.at(0).quality()).orElse(ClockQuality.UNSYNCED);
  }

  /** By how much it may be wrong; empty if nobody knows. */
  OptionalLong errorMs() {
    Look now = look;
    if (now.errorMs().isPresent()) {
      return now.errorMs();
    }
    return boots
        .of(boot)
        .map(time -> OptionalLong.of(time.errorMs(uptimeMs(now, nanoTime.getAsLong()))))
        .orElse(OptionalLong.empty());
  }

  @Override
  public BootTimes boots() {
    return boots;
  }

  @Override
  public long leastAgeMs(Capture capture) {
    Capture now = now();
    if (capture.boot() == boot) {
      return Math.max(0, now.uptimeMs() - capture.uptimeMs());
    }
    long sinceBoot = capture.boot() == 0 ? 0 : now.uptimeMs();
    CaptureTime then = boots.time(capture);
    CaptureTime present = boots.time(now);
    return then.isTrusted() && present.isTrusted()
        ? Math.max(sinceBoot, present.millis() - then.millis())
        : sinceBoot;
  }

  /** Writes down what is not yet. */
  @Override
  public void close() {
    closing.countDown();
    Thread running = thread;
    if (running != null) {
      try {
        running.join();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    write();
  }
}
