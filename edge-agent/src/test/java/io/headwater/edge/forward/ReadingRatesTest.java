package io.headwater.edge.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 10, unit = TimeUnit.SECONDS)
class ReadingRatesTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final ReadingRates rates = new ReadingRates();

  @Test
  void oneLookTellsNothing() {
    assertThat(rates.in()).isEqualTo(ReadingRates.UNKNOWN);
    rates.sample(0, 100, 50);
    assertThat(rates.in()).isEqualTo(ReadingRates.UNKNOWN);
    assertThat(rates.out()).isEqualTo(ReadingRates.UNKNOWN);
  }

  @Test
  void onlyTheLastTenSecondsCount() {
    for (int second = 0; second <= 60; second++) {
      rates.sample(second * SECOND, 1_000L * second, second < 50 ? 0 : 30L * (second - 50));
    }
    assertThat(rates.in()).isEqualTo(1_000);
    assertThat(rates.out()).isEqualTo(30);
  }
}
