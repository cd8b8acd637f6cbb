package io.headwater.sim.judge;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.sim.judge.Intervals.Range;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
class IntervalsTest {
  @Test
  void joinsNeighboursIntoOneRange() {
    var set = new Intervals();
    set.add(1);
    set.add(3);
    assertThat(set.ranges()).containsExactly(new Range(1, 1), new Range(3, 3));
    set.add(2);
    assertThat(set.ranges()).containsExactly(new Range(1, 3));
    assertThat(set.add(2)).isFalse();
    assertThat(set.size()).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void behavesLikeASetOfLongs(long seed) {
    var random = new SplittableRandom(seed);
    var a = new Intervals();
    var b = new Intervals();
    Set<Long> modelA = new HashSet<>();
    Set<Long> modelB = new HashSet<>();
    for (int i = 0; i < 2_000; i++) {
      long number = random.nextLong(1_000);
      if (random.nextBoolean()) {
        assertThat(a.add(number)).as("seed %d", seed).isEqualTo(modelA.add(number));
      } else {
        assertThat(b.add(number)).as("seed %d", seed).isEqualTo(modelB.add(number));
      }
      if (i % 50 == 0) {
        var missing = new TreeSet<Long>();
        a.minus(b)
            .forEach(
                range -> LongStream.rangeClosed(range.first(), range.last()).forEach(missing::add));
        var expected = new TreeSet<>(modelA);
        expected.removeAll(modelB);
        assertThat(missing).as("seed %d, step %d", seed, i).isEqualTo(expected);
      }
      assertThat(a.contains(number)).as("seed %d", seed).isEqualTo(modelA.contains(number));
    }
    assertThat(a.size()).isEqualTo(modelA.size());
    assertThat(a.copy().ranges()).isEqualTo(a.ranges());
  }
}
