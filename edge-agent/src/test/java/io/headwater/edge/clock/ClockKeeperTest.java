package io.headwater.edge.clock;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.clock.ClockSettings.Trust;
import io.headwater.testsupport.Seed;
import io.headwater.uplink.ClockQuality;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ClockKeeperTest {
  private static final ClockSettings DEFAULTS = ClockSettings.DEFAULTS;
  private static final long DAY = Duration.ofDays(1).toMillis();

  @TempDir Path folder;

  private TestDevice unsynchronised(String wall) {
    var device = new TestDevice(folder, DEFAULTS);
    device.set(wall);
    device.keeper.tick();
    return device;
  }

  @Test
  void readingsBeforeTheSynchronisationAreCorrectedByIt() {
    TestDevice device = unsynchronised("1970-01-01T00:00:10Z");
    long taken = device.trueMs();
    Capture early = device.keeper.now();
    assertThat(early.quality()).isEqualTo(ClockQuality.UNSYNCED);
    assertThat(device.keeper.quality()).isEqualTo(ClockQuality.UNSYNCED);
    assertThat(device.keeper.errorMs()).isEmpty();

    device.pass(DAY);
    device.synchronise();

    assertThat(device.keeper.boots().time(early))
        .isEqualTo(new CaptureTime(taken, ClockQuality.CORRECTED));
    assertThat(device.keeper.quality()).isEqualTo(ClockQuality.SYNCED);
    assertThat(device.keeper.now().wallMs()).isEqualTo(device.trueMs());
    assertThat(device.keeper.errorMs()).hasValue(3);
    assertThat(device.registry.get("edge.clock.steps").counter().count()).isPositive();
  }

  @Test
  void readingsOfAnOutageInWhichSynchronisationEndsKeepTheirTime() {
    TestDevice device = unsynchronised("1970-01-01T00:00:10Z");
    device.synchronise();
    device.pass(DAY);
    device.loseSynchronisation();
    device.pass(DAY);

    assertThat(device.keeper.quality()).isEqualTo(ClockQuality.CORRECTED);
    assertThat(device.keeper.boots().time(device.keeper.now()))
        .isEqualTo(new CaptureTime(device.trueMs(), ClockQuality.CORRECTED));
    assertThat(device.keeper.errorMs().orElseThrow()).isGreaterThan(17_000);
  }

  @Test
  void aClockThatIsSetByHandIsNotTrustedForAMoment() {
    TestDevice device = unsynchronised("2026-01-01T00:00:10Z");
    device.synchronise();
    device.pass(10);
    device.set("2026-11-20T00:00:00Z");

    Capture atOnce = device.keeper.now();

    assertThat(device.keeper.boots().time(atOnce))
        .isEqualTo(new CaptureTime(device.trueMs(), ClockQuality.CORRECTED));
  }

  @Test
  void theBridgesClockServesWhileThereIsNoOther() {
    TestDevice device = unsynchronised("2040-01-01T00:00:00Z");
    long taken = device.trueMs();
    Capture early = device.keeper.now();
    device.pass(1_000);
    long sent = nanos(early, 1_000);
    device.pass(100);

    device.keeper.bridgeAnswered(sent, nanos(early, 1_100), device.trueMs() - 50);

    assertThat(device.keeper.boots().time(early))
        .isEqualTo(new CaptureTime(taken, ClockQuality.BRIDGE));
    assertThat(device.keeper.quality()).isEqualTo(ClockQuality.BRIDGE);
    assertThat(device.keeper.millis()).isEqualTo(device.trueMs());
    assertThat(device.keeper.now().wallMs()).as("as it is").isGreaterThan(device.trueMs() + DAY);
    assertThat(device.registry.get("edge.clock.bridge.difference").gauge().value())
        .isGreaterThan(13 * 365 * 86_400.0);

    device.synchronise();
    assertThat(device.keeper.boots().time(early))
        .isEqualTo(new CaptureTime(taken, ClockQuality.CORRECTED));
  }

  private static long nanos(Capture since, long plusMs) {
    return TimeUnit.MILLISECONDS.toNanos(since.uptimeMs() + plusMs);
  }

  @Test
  void theBridgesClockIsNotTakenWhereThatIsForbidden() {
    var device = new TestDevice(folder, new ClockSettings(Trust.SYNCHRONISED, false));
    device.set("2040-01-01T00:00:00Z");
    device.keeper.bridgeAnswered(0, 10, device.trueMs());

    assertThat(device.keeper.quality()).isEqualTo(ClockQuality.UNSYNCED);
  }

  @Test
  void aClockChipIsTrustedWhereItIsSaidSoButNotInThePast() {
    var device = new TestDevice(folder, new ClockSettings(Trust.ALWAYS, true));
    device.set(Instant.ofEpochMilli(device.trueMs()));
    device.keeper.tick();
    assertThat(device.keeper.quality()).isEqualTo(ClockQuality.SYNCED);

    device.restart(new ClockSettings(Trust.NEVER, true));
    assertThat(device.keeper.now().quality()).isEqualTo(ClockQuality.UNSYNCED);

    device.reboot(Instant.EPOCH, new ClockSettings(Trust.ALWAYS, true));
    assertThat(device.keeper.quality()).as("its battery is empty").isEqualTo(ClockQuality.UNSYNCED);
  }

  @Test
  void whatABootsStartWasIsKnownAfterTheNextOne() {
    TestDevice device = unsynchronised("1970-01-01T00:00:10Z");
    long taken = device.trueMs();
    Capture early = device.keeper.now();
    device.pass(5_000);
    device.synchronise();

    device.reboot(Instant.EPOCH, DEFAULTS);
    assertThat(device.keeper.boots().time(early))
        .isEqualTo(new CaptureTime(taken, ClockQuality.CORRECTED));
    Capture lost = device.keeper.now();
    device.reboot(Instant.EPOCH, DEFAULTS);
    device.synchronise();

    assertThat(device.keeper.boots().time(lost).quality()).isEqualTo(ClockQuality.UNSYNCED);
  }

  @Test
  void ageIsNeverMoreThanIsCertain() {
    TestDevice device = unsynchronised("1970-01-01T00:00:10Z");
    Capture early = device.keeper.now();
    device.pass(5_000);
    device.set("2040-01-01T00:00:10Z");
    assertThat(device.keeper.leastAgeMs(early)).as("the same boot").isEqualTo(5_000);

    device.reboot(Instant.parse("2040-01-01T00:00:10Z"), DEFAULTS);
    device.pass(3_000);
    assertThat(device.keeper.leastAgeMs(early)).as("running time").isEqualTo(3_000);
    assertThat(device.keeper.leastAgeMs(Capture.ofWall(0, ClockQuality.UNSYNCED))).isEqualTo(0);
    Capture right = Capture.ofWall(device.trueMs() - DAY, ClockQuality.SYNCED);
    assertThat(device.keeper.leastAgeMs(right)).as("by a wrong clock").isEqualTo(0);

    device.synchronise();
    assertThat(device.keeper.leastAgeMs(right)).isEqualTo(DAY);
    assertThat(device.keeper.leastAgeMs(early)).as("nobody knows").isEqualTo(3_000);
  }

  private record Taken(Capture capture, long trueMs) {}

  /**
   * A device's life over many boots: the clock jumps by decades, is synchronised now and then, the
   * agent restarts, the device sleeps, its power fails.
   */
  @RepeatedTest(30)
  void whateverTheClockDoesAReadingsTimeIsRightOrMarkedAsUnknown() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    var device = new TestDevice(folder, DEFAULTS);
    List<Taken> taken = new ArrayList<>();
    Set<Long> known = new HashSet<>();
    for (int step = 0; step < 400; step++) {
      switch (random.nextInt(12)) {
        case 0 -> device.set(wrong(random));
        case 1 -> {
          device.set(wrong(random));
          device.keeper.tick();
        }
        case 2 -> {
          device.synchronise();
          known.add(device.keeper.now().boot());
        }
        case 3 -> device.loseSynchronisation();
        case 4 -> device.restart(DEFAULTS);
        case 5 -> {
          if (random.nextInt(3) == 0) {
            device.reboot(wrong(random), DEFAULTS);
          }
        }
        case 6 -> device.suspend(random.nextLong(DAY));
        case 7 -> device.keeper.tick();
        default -> device.pass(random.nextLong(random.nextBoolean() ? 2_000 : DAY));
      }
      taken.add(new Taken(device.keeper.now(), device.trueMs()));
      Taken any = taken.get(random.nextInt(taken.size()));
      assertThat(device.keeper.leastAgeMs(any.capture()))
          .as("%s, step %d, %s", seed, step, any)
          .isBetween(0L, device.trueMs() - any.trueMs() + 1_000);
    }
    long unknown = 0;
    for (Taken each : taken) {
      CaptureTime time = device.keeper.boots().time(each.capture());
      if (known.contains(each.capture().boot())) {
        assertThat(Math.abs(time.millis() - each.trueMs()))
            .as("%s, %s is %s", seed, each, time)
            .isLessThanOrEqualTo(1_001);
      } else {
        unknown++;
        assertThat(time.quality()).as("%s, %s", seed, each).isEqualTo(ClockQuality.UNSYNCED);
      }
    }
    assertThat(unknown).as("%s", seed).isLessThan(taken.size());
  }

  private static Instant wrong(SplittableRandom random) {
    return Instant.EPOCH.plus(Duration.ofDays(random.nextInt(80 * 365)));
  }
}
