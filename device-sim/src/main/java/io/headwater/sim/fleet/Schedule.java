package io.headwater.sim.fleet;

import java.util.SplittableRandom;

/**
 * On which beat of the fleet's {@link Tempo} each reading of one device is due: sequence n on phase
 * + (n − 1), later by as much of the jitter as the seed says.
 *
 * @param phase where in an interval, from 0 to 1
 * @param jitter at most, as a part of the interval; below 1, so that a device's order is kept
 */
record Schedule(double phase, double jitter, long seed) {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  static Schedule of(double jitter, SplittableRandom random) {
    return new Schedule(random.nextDouble(), jitter, random.nextLong());
  }

  double beat(long sequence) {
    double on = phase + (sequence - 1);
    return jitter == 0 ? on : on + jitter * unit(seed + sequence * GOLDEN);
  }

  /** Any number to one from 0 to 1, evenly: the finish of SplitMix64. */
  private static double unit(long number) {
    long z = (number ^ (number >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return ((z ^ (z >>> 31)) >>> 11) * 0x1.0p-53;
  }
}
