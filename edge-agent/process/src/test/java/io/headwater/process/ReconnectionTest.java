package io.headwater.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReconnectionTest {
  private static final HostPort A = HostPort.parse("a:1");
  private static final HostPort B = HostPort.parse("b:2");
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final Reconnection two =
      new Reconnection(List.of(A, B), Duration.ofSeconds(10), Duration.ofSeconds(40));

  private static long now() {
    return System.nanoTime();
  }

  /** After at least so many seconds, and half as many again at most twice. */
  private static void assertDueWithin(Reconnection tried, int least, int most) {
    assertThat(tried.isDue(now() + least * SECOND - SECOND / 2)).as("before %d s", least).isFalse();
    assertThat(tried.isDue(now() + most * SECOND)).as("after %d s", most).isTrue();
  }

  @Test
  void addressesFollowOneAnotherSoonAndRoundsAfterAPauseThatDoubles() {
    assertThat(two.isDue(now())).isTrue();
    for (int pause : List.of(10, 20, 40, 40)) {
      assertThat(two.next()).isEqualTo(A);
      two.failed();
      assertThat(two.isDue(now() + SECOND / 5)).isTrue();
      assertThat(two.next()).isEqualTo(B);
      two.failed();
      assertDueWithin(two, pause / 2, pause * 3 / 2);
    }
    two.shortenPause();
    two.failed();
    two.failed();
    assertDueWithin(two, 5, 15);
  }

  @Test
  void afterAGoodAddressAllOthersAreTriedBeforeThePause() {
    two.failed();
    two.beginRound();

    two.failed();

    assertThat(two.isDue(now() + SECOND / 5)).isTrue();
  }

  @Test
  void withoutAddressesNothingIsEverDue() {
    var none = new Reconnection(List.of(), Duration.ofSeconds(1), Duration.ofSeconds(1));
    assertThat(none.isDue(now() + SECOND)).isFalse();
  }
}
