package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.clock.Capture;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.StreamPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class WriteQueueTest {
  private static final long HOUR = TimeUnit.HOURS.toNanos(1);

  private final WriteQueue queue = new WriteQueue(10_000);
  private final List<Write> group = new ArrayList<>();

  private void offer(Durability durability) {
    assertThat(
            queue.offer(
                new Append(
                    new StreamPartition("a", 0),
                    null,
                    new byte[1],
                    Capture.ofWall(1, ClockQuality.SYNCED),
                    "t",
                    "c",
                    null,
                    durability,
                    List.of(),
                    _ -> {})))
        .isTrue();
  }

  @Test
  void readingThatMustBeForcedEndsTheWaitingOfOthers() throws Exception {
    offer(Durability.INTERVAL);
    offer(Durability.MEMORY);
    offer(Durability.FSYNC);

    queue.collect(group, 0, 0, HOUR);

    assertThat(group).hasSize(3);
  }

  @Test
  void changeThatSomebodyWaitsForDoesSo() throws Exception {
    offer(Durability.MEMORY);
    queue.add(StateWrite.unawaited(List.of()));
    queue.add(new StateWrite(List.of(), null, _ -> {}));

    queue.collect(group, 0, 0, HOUR);

    assertThat(group).hasSize(3);
  }

  @Test
  void fullGroupDoesNotWait() throws Exception {
    for (int i = 0; i < 1_500; i++) {
      offer(Durability.MEMORY);
    }

    queue.collect(group, 0, 0, HOUR);

    assertThat(group).hasSize(1_000);
    assertThat(queue.size()).isEqualTo(500);
  }
}
