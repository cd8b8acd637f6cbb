package io.headwater.edge.benchmark;

import io.headwater.testsupport.measure.Quartiles;

/**
 * What Headwater is to reach.
 *
 * @param atLeast whether more is better; else the bound is the most that is allowed
 */
record Target(String figure, boolean atLeast, double bound) {
  /** The quartile that must be within the bound. */
  boolean met(Quartiles quartiles) {
    return atLeast ? quartiles.lower() >= bound : quartiles.upper() <= bound;
  }
}
