package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.Seed;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class StretchesTest {
  /** Against a set of all instants. */
  @RepeatedTest(20)
  void touchesWhatItWasMadeOf() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    var instants = new BitSet();
    byte[] stretches = new byte[0];
    for (int i = 0; i < 60; i++) {
      int first = random.nextInt(1_000);
      int last = first + random.nextInt(30);
      instants.set(first, last + 1);
      stretches = Stretches.add(stretches, first, last);

      int from = random.nextInt(1_100);
      int to = from + random.nextInt(40);
      int next = instants.nextSetBit(from);
      assertThat(Stretches.touch(stretches, from, to))
          .as("%d to %d, %s", from, to, seed)
          .isEqualTo(next >= 0 && next <= to);
    }
    ByteBuffer stored = ByteBuffer.wrap(stretches);
    long end = -1;
    while (stored.hasRemaining()) {
      assertThat(stored.getLong()).as("%s", seed).isGreaterThan(end);
      end = stored.getLong();
    }
  }

  @Test
  void gapsWithOneReadingBetweenThemAreOneStretch() {
    byte[] stretches = Stretches.add(null, 1, 5);
    assertThat(Stretches.add(stretches, 5, 9)).isEqualTo(Stretches.add(null, 1, 9));
  }

  @Test
  void ofTooManyTheEarliestAreGivenUp() {
    byte[] stretches = new byte[0];
    for (int i = 0; i < Stretches.MOST; i++) {
      stretches = Stretches.add(stretches, 10L * i, 10L * i + 1);
    }
    byte[] before = stretches;
    stretches = Stretches.add(stretches, 10L * Stretches.MOST, 10L * Stretches.MOST);

    assertThat(before).hasSize(Stretches.MOST * 16).hasSameSizeAs(stretches);
    assertThat(Stretches.touch(stretches, 0, 9)).isFalse();
    assertThat(Stretches.touch(stretches, 10, 10)).isTrue();
    assertThat(Stretches.add(stretches, 0, 1)).as("too old").isEqualTo(stretches);
  }
}
