package io.headwater.edge.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.uplink.StreamPartition;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class RotationTest {
  private static final StreamPartition A = new StreamPartition("a", 0);
  private static final StreamPartition B = new StreamPartition("b", 0);
  private static final StreamPartition C = new StreamPartition("c", 0);

  @Test
  void whoWasServedLastComesLast() {
    var rotation = new Rotation();
    Map<StreamPartition, Long> ends = Map.of(C, 3L, A, 1L, B, 2L);
    assertThat(rotation.next(ends)).extracting(Map.Entry::getKey).containsExactly(A, B, C);

    rotation.served(A);
    assertThat(rotation.next(ends)).extracting(Map.Entry::getKey).containsExactly(B, C, A);

    rotation.served(C);
    assertThat(rotation.next(ends)).extracting(Map.Entry::getKey).containsExactly(A, B, C);
  }
}
