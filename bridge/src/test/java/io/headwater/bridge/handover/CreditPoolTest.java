package io.headwater.bridge.handover;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.Seed;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class CreditPoolTest {
  private static final long MEMORY = 4 << 20;

  @Test
  void newcomerGetsItsShareAsTheOthersAreAnswered() {
    var pool = new CreditPool(MEMORY);

    assertThat(pool.grant("a", 0).bytes()).isEqualTo(MEMORY / 2);
    assertThat(pool.grant("b", 0).bytes()).as("all is out").isEqualTo(CreditPool.LEAST);
    assertThat(pool.grant("a", 0).bytes()).isEqualTo(MEMORY / 4);
    assertThat(pool.grant("b", 0).bytes()).isEqualTo(MEMORY / 4);
  }

  @Test
  void gatewaysThatAreGoneGiveTheirsBack() {
    var pool = new CreditPool(MEMORY);
    pool.grant("a", 0);
    pool.grant("b", 0);

    pool.giveBack("a");
    assertThat(pool.grant("b", 0).bytes()).isEqualTo(MEMORY / 2);

    assertThat(pool.grant("c", TimeUnit.SECONDS.toNanos(61)).bytes())
        .as("b has not been heard for a minute")
        .isEqualTo(MEMORY / 2);
  }

  @RepeatedTest(20)
  void sumStaysBelowTheMemoryAsLongAsTheLeastSharesDo() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    var pool = new CreditPool(MEMORY);
    int most = (int) (MEMORY / CreditPool.LEAST);
    for (int step = 0; step < 5_000; step++) {
      String gateway = "g" + random.nextInt(most / 2);
      if (random.nextInt(10) == 0) {
        pool.giveBack(gateway);
      } else {
        assertThat(pool.grant(gateway, step).bytes()).isGreaterThanOrEqualTo(CreditPool.LEAST);
      }
      assertThat(pool.granted()).as("%s", seed).isLessThanOrEqualTo(MEMORY);
    }
  }
}
