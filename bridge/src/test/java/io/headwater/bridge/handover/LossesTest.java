package io.headwater.bridge.handover;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class LossesTest {
  @Test
  void whatStandsBehindALossHasAnotherNumberForItsGatewayAlone() {
    var losses = new Losses();
    long before = losses.last("a");
    losses.of("a");
    long behind = losses.last("a");

    assertThat(behind).isNotEqualTo(before).isEqualTo(losses.last("a"));
    assertThat(losses.last("b")).isEqualTo(before);
    losses.of("a");
    assertThat(losses.last("a")).isNotEqualTo(behind).isNotEqualTo(before);
  }

  /** Memory is bounded: then all count as if they had lost something. */
  @Test
  void noLossIsForgottenByManyGateways() {
    var losses = new Losses();
    losses.of("a");
    long behind = losses.last("a");
    long never = losses.last("b");
    for (int i = 0; i < 25_000; i++) {
      losses.of("gateway-" + i);
    }

    assertThat(losses.last("a")).isNotEqualTo(behind).isNotEqualTo(never);
    assertThat(losses.last("b")).isNotEqualTo(never);
  }
}
