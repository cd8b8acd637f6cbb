package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 10, unit = TimeUnit.SECONDS)
class RefusalLogTest {
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // it may run over
  private final RefusalLog refusals = new RefusalLog(nanos::get);

  @Test
  void latestOfEachReasonIsRemembered() {
    assertThat(refusals.latest()).isEmpty();
    refusals.refused("memory", "somebody");
    nanos.addAndGet(10);
    refusals.refused("connect", "");
    nanos.addAndGet(10);
    refusals.refused("memory", "somebody else");

    assertThat(refusals.latest())
        .containsExactly(
            new Refusal("memory", 2, nanos.get()), new Refusal("connect", 1, nanos.get() - 10));
  }
}
