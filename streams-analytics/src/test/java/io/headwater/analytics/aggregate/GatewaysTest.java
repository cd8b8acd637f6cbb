package io.headwater.analytics.aggregate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class GatewaysTest {
  private static final long OTHERS = 10_000;

  @Test
  void twoGatewaysAreToldFromAllOthers() {
    long two = Gateways.union(gateway(0), gateway(1));

    assertThat(two).isEqualTo(Gateways.union(gateway(1), gateway(0)));
    assertThat(Gateways.union(two, gateway(1))).isEqualTo(two);
    assertThat(Gateways.each(two)).containsExactlyInAnyOrder(gateway(0), gateway(1));
    assertThat(Gateways.each(gateway(0))).containsExactly(gateway(0));
    assertThat(Gateways.meet(two, gateway(0))).isTrue();
    assertThat(Gateways.meet(gateway(1), two)).isTrue();
    assertThat(mistaken(gateway(0), 2)).isZero();
    assertThat(mistaken(two, 2)).isZero();
  }

  @Test
  void ofMoreAllAreFoundAndFewOthers() {
    for (int size = 3; size < 40; size++) {
      long set = Gateways.NONE;
      for (int i = 0; i < size; i++) {
        set = Gateways.union(set, gateway(i));
      }
      for (int i = 0; i < size; i++) {
        assertThat(Gateways.meet(set, gateway(i))).isTrue();
        assertThat(Gateways.meet(gateway(i), set)).isTrue();
      }
      assertThat(Gateways.each(set)).isEmpty();
      assertThat(mistaken(set, size)).isLessThan(OTHERS * size * 11 / 620);
    }
  }

  @Test
  void setsOfAnySizeUnite() {
    for (int left = 0; left < 6; left++) {
      for (int right = 0; right < 6; right++) {
        long expected =
            LongStream.range(0, left + right)
                .map(i -> gateway((int) i))
                .reduce(Gateways.NONE, Gateways::union);

        assertThat(Gateways.union(set(0, left), set(left, left + right))).isEqualTo(expected);
        assertThat(Gateways.union(set(left, left + right), set(0, left))).isEqualTo(expected);
        assertThat(Gateways.union(expected, set(0, left))).isEqualTo(expected);
      }
    }
    assertThat(Gateways.meet(Gateways.NONE, gateway(0))).isFalse();
    assertThat(Gateways.meet(gateway(0), Gateways.NONE)).isFalse();
  }

  private static long set(int from, int to) {
    return LongStream.range(from, to)
        .map(i -> gateway((int) i))
        .reduce(Gateways.NONE, Gateways::union);
  }

  private static long mistaken(long set, int size) {
    return LongStream.range(size, OTHERS).filter(i -> Gateways.meet(set, gateway((int) i))).count();
  }

  private static long gateway(int number) {
    return Gateways.of(("gateway-" + number).getBytes(StandardCharsets.UTF_8));
  }
}
