package io.headwater.hub.kafka.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RecurringTest {
  private final Deque<Runnable> elsewhere = new ArrayDeque<>();
  private final AtomicInteger runs = new AtomicInteger();

  @Test
  void runsThatDoNotEndDoNotPileUp() {
    var recurring = new Recurring(runs::incrementAndGet, elsewhere::add);
    recurring.run();
    recurring.run();
    assertThat(elsewhere).hasSize(1);
    elsewhere.remove().run();
    recurring.run();
    elsewhere.remove().run();
    assertThat(runs).hasValue(2);
    assertThat(elsewhere).isEmpty();
  }

  @Test
  void oneThatFailsIsNotTheLast() {
    var recurring =
        new Recurring(
            () -> {
              throw new IllegalStateException("run " + runs.incrementAndGet());
            },
            elsewhere::add);
    for (int i = 1; i <= 2; i++) {
      recurring.run();
      Runnable run = elsewhere.remove();
      assertThatThrownBy(run::run).hasMessage("run " + i);
    }
  }
}
