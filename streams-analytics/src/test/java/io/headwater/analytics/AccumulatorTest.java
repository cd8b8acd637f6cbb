package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.headwater.testsupport.Seed;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.SplittableRandom;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AccumulatorTest {
  @Test
  void agreesWithExactArithmetic() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    Accumulator window = Accumulator.EMPTY;
    BigDecimal sum = BigDecimal.ZERO;
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    int readings = 20_000;

    for (int i = 0; i < readings; i++) {
      double reading = random.nextDouble(-1, 1) * Math.pow(10, random.nextInt(-6, 9));
      window = window.add(reading);
      sum = sum.add(new BigDecimal(reading));
      min = Math.min(min, reading);
      max = Math.max(max, reading);
    }

    double mean = sum.divide(BigDecimal.valueOf(readings), MathContext.DECIMAL128).doubleValue();
    assertThat(window.count()).as("%s", seed).isEqualTo(readings);
    assertThat(window.min()).as("%s", seed).isEqualTo(min);
    assertThat(window.max()).as("%s", seed).isEqualTo(max);
    assertThat(window.mean()).as("%s", seed).isCloseTo(mean, within(Math.abs(mean) * 1e-12));
  }

  @Test
  void keepsSmallReadingsBesideBigOnes() {
    Accumulator window = Accumulator.EMPTY.add(1e16).add(1).add(-1e16).add(1);

    assertThat(window.mean()).isEqualTo(0.5);
  }

  @Test
  void isStoredAndReadBackUnchanged() {
    Accumulator window = Accumulator.EMPTY.add(0.1).add(0.2).add(-1e300);
    try (var serde = Accumulator.serde()) {
      byte[] stored = serde.serializer().serialize("store", window);

      assertThat(serde.deserializer().deserialize("store", stored)).isEqualTo(window);
    }
  }

  @Test
  void refusesBytesOfAnotherVersion() {
    try (var serde = Accumulator.serde()) {
      byte[] stored = serde.serializer().serialize("store", Accumulator.EMPTY);
      stored[0] = 2;

      assertThatThrownBy(() -> serde.deserializer().deserialize("store", stored))
          .isInstanceOf(SerializationException.class);
    }
  }
}
