package io.headwater.edge.clock;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** A device whose clocks a test moves. Confined to one thread. */
final class TestDevice {
  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Path folder;
  private long trueMs = Instant.parse("2026-11-27T08:00:00Z").toEpochMilli();
  private long boot = 1;
  private long bootedMs = trueMs;
  private long suspendedMs;
  private long wallMs;
  private boolean synchronised;
  ClockKeeper keeper;

  TestDevice(Path folder, ClockSettings settings) {
    this.folder = folder;
    this.keeper = start(settings);
  }

  private ClockKeeper start(ClockSettings settings) {
    var kernel =
        new KernelClock() {
          @Override
          public long boot() {
            return boot;
          }

          @Override
          public long uptimeNanos() {
            return TimeUnit.MILLISECONDS.toNanos(trueMs - bootedMs);
          }

          @Override
          public OptionalLong maxErrorMs() {
            return synchronised ? OptionalLong.of(3) : OptionalLong.empty();
          }
        };
    return new ClockKeeper(
        settings,
        folder,
        () -> Instant.ofEpochMilli(wallMs),
        kernel,
        () -> TimeUnit.MILLISECONDS.toNanos(trueMs - bootedMs - suspendedMs),
        registry);
  }

  long trueMs() {
    return trueMs;
  }

  /** Time goes on. */
  void pass(long millis) {
    trueMs += millis;
    wallMs += millis;
  }

  /** Time goes on without the device; it looks at the clock once it is back. */
  void suspend(long millis) {
    pass(millis);
    suspendedMs += millis;
    keeper.tick();
  }

  /** Somebody sets the wall clock, and nothing synchronises it. */
  void set(Instant wall) {
    wallMs = wall.toEpochMilli();
    synchronised = false;
  }

  void set(String wall) {
    set(Instant.parse(wall));
  }

  /** The wall clock is synchronised from now on. */
  void synchronise() {
    wallMs = trueMs;
    synchronised = true;
    keeper.tick();
  }

  /** Nothing has synchronised it for hours; it runs on. */
  void loseSynchronisation() {
    synchronised = false;
    keeper.tick();
  }

  /** The agent ends and starts in the same boot. */
  void restart(ClockSettings settings) {
    keeper.close();
    keeper = start(settings);
  }

  /** The power fails; what was not written down is gone. */
  void reboot(Instant wall, ClockSettings settings) {
    boot++;
    bootedMs = trueMs;
    suspendedMs = 0;
    set(wall);
    keeper = start(settings);
  }
}
