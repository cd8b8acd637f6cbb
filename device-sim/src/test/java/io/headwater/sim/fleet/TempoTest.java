package io.headwater.sim.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.headwater.testsupport.Seed;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class TempoTest {
  private static final long SECOND = 1_000_000_000;

  @Test
  void nothingIsDueBeforeItBeginsAndThenTheClockAloneDecides() {
    assertThat(Tempo.NONE.beatAt(5)).isNegative();
    assertThat(Tempo.NONE.nanosAt(0)).isEqualTo(Tempo.NEVER);
    Tempo tempo = Tempo.NONE.from(10 * SECOND, 2);
    assertThat(tempo.beatAt(9 * SECOND)).isNegative();
    assertThat(tempo.beatAt(10 * SECOND)).isZero();
    assertThat(tempo.beatAt(13 * SECOND)).isEqualTo(6);
    assertThat(tempo.nanosAt(6)).isEqualTo(13 * SECOND);
  }

  @Test
  void aChangeKeepsThePartOfTheIntervalThatIsLeftAndWhatWasDue() {
    Tempo tempo = Tempo.NONE.from(0, 1).from(2 * SECOND, 4);
    assertThat(tempo.nanosAt(1.5)).isEqualTo(SECOND * 3 / 2);
    // Half a beat was left when it became four times as fast.
    assertThat(tempo.nanosAt(2.5)).isEqualTo(2 * SECOND + SECOND / 8);
    assertThat(tempo.beatAt(3 * SECOND)).isEqualTo(6);
  }

  @Test
  void aPauseDelaysAllThatIsNotDueYet() {
    Tempo paused = Tempo.NONE.from(0, 1).from(2 * SECOND, 0);
    assertThat(paused.nanosAt(2)).isEqualTo(2 * SECOND);
    assertThat(paused.nanosAt(2.5)).isEqualTo(Tempo.NEVER);
    assertThat(paused.beatAt(100 * SECOND)).isEqualTo(2);
    Tempo resumed = paused.from(7 * SECOND, 1);
    assertThat(resumed.nanosAt(2)).isEqualTo(2 * SECOND);
    assertThat(resumed.nanosAt(2.5)).isEqualTo(7 * SECOND + SECOND / 2);
  }

  @Test
  void timesAndBeatsAgreeAfterAnyChanges() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    Tempo tempo = Tempo.NONE;
    long now = 0;
    for (int i = 0; i < 50; i++) {
      tempo = tempo.from(now, 0.1 + random.nextDouble(100));
      now += random.nextLong(10 * SECOND);
    }
    double before = -1;
    for (long nanos = 0; nanos < now; nanos += now / 1_000) {
      double beat = tempo.beatAt(nanos);
      assertThat(beat).as("%s", seed).isGreaterThan(before);
      assertThat(tempo.nanosAt(beat)).as("%s", seed).isCloseTo(nanos, within(1_000L));
      before = beat;
    }
  }

  @Test
  void jitterIsRepeatableDelaysByItsPartAtMostAndKeepsTheOrder() {
    Seed seed = Seed.next();
    Schedule schedule = Schedule.of(0.9, seed.random());
    assertThat(Schedule.of(0.9, seed.random())).as("%s", seed).isEqualTo(schedule);
    assertThat(schedule.phase()).as("%s", seed).isBetween(0.0, 1.0);
    double sum = 0;
    double before = -1;
    for (int sequence = 1; sequence <= 10_000; sequence++) {
      double beat = schedule.beat(sequence);
      double late = beat - schedule.phase() - (sequence - 1);
      assertThat(late).as("%s", seed).isBetween(0.0, 0.9);
      assertThat(beat).as("%s", seed).isGreaterThan(before);
      before = beat;
      sum += late;
    }
    assertThat(sum / 10_000).as("%s", seed).isCloseTo(0.45, within(0.02));
    var even = new Schedule(0.25, 0, 1);
    assertThat(even.beat(1)).isEqualTo(0.25);
    assertThat(even.beat(4)).isEqualTo(3.25);
  }
}
