package io.headwater.sim.judge;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.sim.judge.Intervals.Range;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
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
      // Mostly in order, with holes and with what comes later.
      long number = random.nextInt(3) == 0 ? random.nextLong(1_000) : i / 2;
      if (random.nextBoolean()) {
        assertThat(a.add(number)).as("seed %d", seed).isEqualTo(modelA.add(number));
      } else {
        assertThat(b.add(number)).as("seed %d", seed).isEqualTo(modelB.add(number));
      }
      if (i % 50 == 0) {
        var missing = new TreeSet<Long>();
        a.minus(b, Integer.MAX_VALUE)
            .forEach(
                range -> LongStream.rangeClosed(range.first(), range.last()).forEach(missing::add));
        var expected = new TreeSet<>(modelA);
        expected.removeAll(modelB);
        assertThat(missing).as("seed %d, step %d", seed, i).isEqualTo(expected);
        assertThat(a.split(b))
            .as("seed %d, step %d", seed, i)
            .isEqualTo(new Split(modelA.size() - expected.size(), expected.size()));
      }
      assertThat(a.contains(number)).as("seed %d", seed).isEqualTo(modelA.contains(number));
    }
    assertThat(a.size()).isEqualTo(modelA.size());
    assertThat(a.copy().ranges()).isEqualTo(a.ranges());
  }

  /** What the ledger or the judge keeps of a hundred million readings of a thousand devices. */
  @ParameterizedTest
  @EnumSource
  @Timeout(120)
  void keepsAHundredMillionNumbersInLittleMemory(Pattern pattern) {
    // What is worst for memory is slow to make: a part of it tells.
    int devices = 1_000 / pattern.parts;
    var sets = new ArrayList<Intervals>();
    long before = usedBytes();
    for (int device = 0; device < devices; device++) {
      var set = new Intervals();
      for (long number = 1; number <= 100_000; number++) {
        set.add(pattern.place(number));
      }
      sets.add(set);
    }
    long used = (usedBytes() - before) * pattern.parts;
    assertThat(sets.stream().mapToLong(Intervals::size).sum()).isEqualTo(devices * 100_000L);
    assertThat(used / 1_000_000).as("MB").isLessThan(pattern.mostMegabytes);
  }

  enum Pattern {
    IN_ORDER(1, 5) {
      @Override
      long place(long number) {
        return number;
      }
    },
    ONE_IN_A_HUNDRED_MISSING(10, 20) {
      @Override
      long place(long number) {
        return number + number / 100;
      }
    },
    EVERY_OTHER_MISSING(10, 60) {
      @Override
      long place(long number) {
        return number * 2;
      }
    },
    ALWAYS_TWO_SWAPPED(10, 30) {
      @Override
      long place(long number) {
        return number ^ 1;
      }
    };

    final int parts;
    final long mostMegabytes;

    Pattern(int parts, long mostMegabytes) {
      this.parts = parts;
      this.mostMegabytes = mostMegabytes;
    }

    abstract long place(long number);
  }

  private static long usedBytes() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
