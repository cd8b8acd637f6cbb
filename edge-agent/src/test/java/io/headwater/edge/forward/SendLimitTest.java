package io.headwater.edge.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.forward.ForwarderSettings.Limit;
import io.headwater.process.ByteSize;
import io.headwater.testsupport.Seed;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class SendLimitTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private static SendLimit limit(long readings, long bytes) {
    return new SendLimit(new Limit(Optional.of(readings), Optional.of(new ByteSize(bytes))), 0);
  }

  @Test
  void withoutALimitEverythingMayGo() {
    var none = new SendLimit(Limit.NONE, 0);

    none.sent(1_000_000_000, 1L << 50);

    assertThat(none.allows(Urgency.SPARE, 0)).isTrue();
    assertThat(none.readings(Urgency.PROMPT, 0)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void burstIsOneSecondsWorth() {
    SendLimit limit = limit(1_000, 1 << 20);

    assertThat(limit.readings(Urgency.PROMPT, 100 * SECOND)).isEqualTo(1_000);
    limit.sent(1_000, 10);

    assertThat(limit.allows(Urgency.PROMPT, 100 * SECOND)).isFalse();
    assertThat(limit.readings(Urgency.PROMPT, 100 * SECOND + SECOND / 2)).isEqualTo(500);
  }

  @Test
  void backlogLeavesHalfOfTheBurstToLiveReadings() {
    SendLimit limit = limit(1_000, 1 << 20);

    assertThat(limit.readings(Urgency.SPARE, 0)).isEqualTo(500);
    limit.sent(500, 10);

    assertThat(limit.allows(Urgency.SPARE, 0)).isFalse();
    assertThat(limit.readings(Urgency.PROMPT, 0)).isEqualTo(500);
  }

  @Test
  void oneReadingASecondGoesToTheBacklogIfNobodyElseWantsIt() {
    SendLimit limit = limit(1, 1 << 20);
    limit.sent(2, 10);

    assertThat(limit.allows(Urgency.SPARE, SECOND)).isFalse();
    assertThat(limit.readings(Urgency.SPARE, 2 * SECOND)).isEqualTo(1);
  }

  @Test
  void whatWasOverdrawnIsWaitedFor() {
    SendLimit limit = limit(1_000, 10_000);

    limit.sent(1, 30_000); // one large reading

    assertThat(limit.bytes(Urgency.PROMPT, 2 * SECOND)).isZero();
    assertThat(limit.bytes(Urgency.PROMPT, 2 * SECOND + SECOND / 10)).isEqualTo(1_000);
    assertThat(limit.readings(Urgency.PROMPT, 0)).isEqualTo(999);
  }

  @Test
  void lessThanATenthOfASecondIsNotWorthABatch() {
    SendLimit limit = limit(1_000, 1 << 20);
    limit.sent(1_000, 0);

    assertThat(limit.readings(Urgency.PROMPT, SECOND / 10 - SECOND / 1_000)).isZero();
    assertThat(limit.readings(Urgency.PROMPT, SECOND / 10)).isEqualTo(100);
  }

  /** Whoever asks when, and takes how much: never more than the rate and one second's burst. */
  @RepeatedTest(20)
  void rateIsKeptOverAnyTime() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    long rate = random.nextLong(5, 100_000);
    SendLimit limit = limit(rate, Long.MAX_VALUE);
    long now = 0;
    long sent = 0;
    for (int step = 0; step < 10_000; step++) {
      now += random.nextLong(SECOND / 50);
      Urgency urgency = random.nextBoolean() ? Urgency.PROMPT : Urgency.SPARE;
      long batch = Math.min(random.nextLong(1, 1_000), limit.readings(urgency, now));
      limit.sent(batch, 0);
      sent += batch;
      assertThat((double) sent)
          .as("%s step %d", seed, step)
          .isLessThanOrEqualTo(rate + rate * (now / (double) SECOND) + 1);
    }
    // And it is used: a batch of up to 1,000 each 10 ms is what this test asks for at most.
    assertThat((double) sent)
        .as("%s", seed)
        .isGreaterThan(0.5 * Math.min(rate, 20_000) * (now / (double) SECOND));
  }
}
