package io.headwater.testsupport;

import java.util.SplittableRandom;

/**
 * The seed of a randomised test. Put it into every failure text; {@code -Dheadwater.seed=N} replays
 * it.
 */
public record Seed(long value) {
  /** A new seed each run, unless {@code headwater.seed} names one. */
  public static Seed next() {
    return of(System.nanoTime());
  }

  /** This seed, unless {@code headwater.seed} names one. */
  public static Seed of(long fallback) {
    return new Seed(Long.getLong("headwater.seed", fallback));
  }

  public SplittableRandom random() {
    return new SplittableRandom(value);
  }

  @Override
  public String toString() {
    return "replay with -Dheadwater.seed=" + value;
  }
}
