package io.headwater.edge.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class DrainEstimateTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final DrainEstimate drain = new DrainEstimate();
  private long now;
  private long depth;
  private long settled;

  private void pass(int seconds, long arrivePerSecond, long settlePerSecond) {
    for (int i = 0; i < seconds; i++) {
      now += SECOND;
      long settles = Math.min(settlePerSecond, depth + arrivePerSecond);
      depth += arrivePerSecond - settles;
      settled += settles;
      drain.sample(now, depth, settled);
    }
  }

  @Test
  void nothingIsKnownAtFirst() {
    assertThat(drain.seconds()).isEqualTo(DrainEstimate.UNKNOWN);
    depth = 100_000;
    pass(3, 0, 1_000);
    assertThat(drain.seconds()).as("after two seconds").isEqualTo(DrainEstimate.UNKNOWN);
  }

  @Test
  void whatArrivesMeanwhileCounts() {
    depth = 100_000;
    pass(11, 500, 1_000);

    assertThat(drain.seconds()).isEqualTo((100_000 - 11 * 500) / 500);
  }

  @Test
  void backlogThatGrowsDrainsNever() {
    depth = 10_000;
    pass(20, 1_000, 500);

    assertThat(drain.seconds()).isEqualTo(DrainEstimate.UNKNOWN);
  }

  @Test
  void whatIsOnItsWayIsNoBacklog() {
    pass(20, 1_000, 1_000);
    assertThat(drain.seconds()).isZero();

    depth += 900;
    pass(20, 1_000, 1_000);
    assertThat(depth).isEqualTo(900);
    assertThat(drain.seconds()).as("less than a second's worth, for long").isZero();
  }

  @Test
  void onlyTheLastHalfMinuteCounts() {
    depth = 1_000_000;
    pass(100, 0, 10);
    pass(31, 0, 1_000);

    assertThat(drain.seconds()).isEqualTo((1_000_000 - 100 * 10 - 31 * 1_000) / 1_000);
  }

  @Test
  void newConnectionBeginsAnew() {
    depth = 10_000;
    pass(20, 0, 100);
    assertThat(drain.seconds()).isPositive();

    drain.restart();

    assertThat(drain.isDue(now)).isTrue();
    assertThat(drain.seconds()).isEqualTo(DrainEstimate.UNKNOWN);
  }
}
