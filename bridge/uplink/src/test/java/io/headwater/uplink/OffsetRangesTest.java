package io.headwater.uplink;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.Seed;
import java.util.BitSet;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class OffsetRangesTest {
  @RepeatedTest(20)
  void behavesAsASetOfBits() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    OffsetRanges ranges = OffsetRanges.EMPTY;
    var bits = new BitSet();
    for (int step = 0; step < 200; step++) {
      int from = random.nextInt(300);
      int to = from + 1 + random.nextInt(20);
      ranges = ranges.add(from, to);
      bits.set(from, to);

      int probe = random.nextInt(320);
      int end = probe + 1 + random.nextInt(10);
      String where = seed + " step " + step + " probe " + probe + " " + ranges;
      assertThat(ranges.contains(probe)).as(where).isEqualTo(bits.get(probe));
      assertThat(ranges.covers(probe, end)).as(where).isEqualTo(bits.nextClearBit(probe) >= end);
      int nextSet = bits.nextSetBit(probe);
      assertThat(ranges.overlaps(probe, end)).as(where).isEqualTo(nextSet >= 0 && nextSet < end);
      assertThat(ranges.firstMissing(probe)).as(where).isEqualTo(bits.nextClearBit(probe));
      assertThat(ranges.count(probe, end)).as(where).isEqualTo(bits.get(probe, end).cardinality());
    }
  }

  @Test
  void mergesRangesThatTouch() {
    assertThat(OffsetRanges.of(0, 5).add(10, 20).add(5, 10)).isEqualTo(OffsetRanges.of(0, 20));
  }

  @Test
  void tellsWhereAHoleEnds() {
    OffsetRanges ranges = OffsetRanges.of(0, 5).add(10, 20);

    assertThat(ranges.endOfHole(5, 100)).isEqualTo(10);
    assertThat(ranges.endOfHole(20, 100)).isEqualTo(100);
    assertThat(ranges.below(12)).isEqualTo(OffsetRanges.of(0, 5).add(10, 12));
  }
}
