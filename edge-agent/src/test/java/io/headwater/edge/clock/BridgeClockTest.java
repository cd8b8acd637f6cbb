package io.headwater.edge.clock;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.Seed;
import io.headwater.uplink.ClockQuality;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class BridgeClockTest {
  private static final long START = 1_790_000_000_000L;

  private final BridgeClock clock = new BridgeClock(1, Optional.empty());

  @Test
  void theBootBeganInTheMiddleOfWhatAnAnswerAllows() {
    BootTime told = clock.answered(1_000, 1_200, START + 1_100).orElseThrow();

    assertThat(told.startMs()).isEqualTo(START);
    assertThat(told.errorMs()).isBetween(100L, 102L);
    assertThat(told.source()).isEqualTo(ClockQuality.BRIDGE);
  }

  @Test
  void anAnswerThatWasLongUnderWayTellsNothing() {
    assertThat(clock.answered(0, 2 * BridgeClock.MOST_ERROR_MS + 10, START)).isEmpty();
    assertThat(clock.answered(0, 5_000, START + 2_500)).isPresent();
  }

  @Test
  void theNarrowerAnswerCountsUntilDriftHasMadeItWide() {
    assertThat(clock.answered(0, 20, START + 10)).isPresent();
    assertThat(clock.answered(1_000, 1_100, START + 1_050)).isEmpty();

    // 100 ppm of ten days are 86 s.
    long later = TimeUnit.DAYS.toMillis(10);
    BootTime told = clock.answered(later, later + 100, START + later + 30_050).orElseThrow();

    assertThat(told.startMs()).isEqualTo(START + 30_000);
    assertThat(told.errorMs(0)).isGreaterThan(30_000);
  }

  @Test
  void aContradictionCountsOnceItIsRepeated() {
    assertThat(clock.answered(0, 20, START + 10)).isPresent();

    assertThat(clock.answered(1_000, 1_020, START + 9_000)).as("alone").isEmpty();
    assertThat(clock.answered(2_000, 2_020, START + 2_010)).as("as before").isEmpty();
    assertThat(clock.answered(3_000, 3_020, START + 99_000)).as("alone again").isEmpty();
    assertThat(clock.answered(4_000, 4_020, START + 100_000)).as("repeated").isPresent();
  }

  @Test
  void anotherRunOfTheAgentGoesOnWithWhatIsKnownOfTheBoot() {
    BootTime told = clock.answered(0, 20, START + 10).orElseThrow();
    var again = new BridgeClock(1, Optional.of(told));

    assertThat(again.answered(1_000, 1_020, START + 9_000)).as("contradicts it").isEmpty();
  }

  /** Also where the ways up and down take differently long, and the quartz runs wrong. */
  @RepeatedTest(20)
  void theTruthLiesWithinTheError() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    double drift = random.nextDouble(-99e-6, 99e-6);
    Optional<BootTime> known = Optional.empty();
    double trueMs = random.nextInt(1 << 30);
    double start = START - trueMs * drift;
    for (int i = 0; i < 2_000; i++) {
      trueMs += random.nextInt(100) == 0 ? random.nextInt(1 << 26) : random.nextInt(5_000);
      double up = random.nextDouble(0.1, random.nextInt(50) == 0 ? 15_000 : 300);
      double down = random.nextDouble(0.1, random.nextInt(50) == 0 ? 15_000 : 300);
      long sent = (long) uptime(trueMs, drift);
      trueMs += up;
      long bridge = (long) (START + trueMs);
      trueMs += down;
      long received = (long) uptime(trueMs, drift);
      Optional<BootTime> told = clock.answered(sent, received, bridge);
      known = told.isPresent() ? told : known;
      if (known.isPresent()) {
        double off = known.get().startMs() + uptime(trueMs, drift) - (START + trueMs);
        long error = known.get().errorMs((long) uptime(trueMs, drift));
        assertThat(Math.abs(off))
            .as("%s, answer %d, %s, drift %s, %s", seed, i, known.get(), drift, start)
            .isLessThanOrEqualTo((double) (error + 1));
      }
    }
    assertThat(known).as("%s", seed).isPresent();
  }

  private static double uptime(double trueMs, double drift) {
    return trueMs * (1 + drift);
  }
}
