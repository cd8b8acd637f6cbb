package io.headwater.bridge.presence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 10, unit = TimeUnit.SECONDS)
class EventQueueTest {
  @Test
  void whatMustNotBeLostGoesInAlsoWhereThereIsNoRoom() {
    var queue = new EventQueue(2_100);
    var done = new ArrayList<String>();
    assertThat(queue.offer(1_000, () -> done.add("said"))).isTrue();
    assertThat(queue.offer(0, () -> done.add("and more"))).isTrue();
    assertThat(queue.offer(0, () -> done.add("no room"))).isFalse();
    queue.add(() -> done.add("given"));

    for (Runnable step = queue.poll(); step != null; step = queue.poll()) {
      step.run();
    }

    assertThat(done).containsExactly("said", "and more", "given");
    assertThat(queue.offer(1_000, () -> {})).isTrue();
  }
}
