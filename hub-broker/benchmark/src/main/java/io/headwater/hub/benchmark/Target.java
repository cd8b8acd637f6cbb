package io.headwater.hub.benchmark;

import io.headwater.testsupport.measure.Quartiles;
import java.util.function.ToDoubleFunction;

/**
 * What a row is to reach.
 *
 * @param what named as it is printed
 * @param value of a round
 * @param atLeast whether more is better; else the bound is the most that is allowed
 */
record Target(String what, ToDoubleFunction<Round> value, boolean atLeast, double bound) {
  static Target ratioAtLeast(String figure, double bound) {
    return new Target(figure + ", times Kafka's", round -> round.ratio(figure), true, bound);
  }

  static Target ratioAtMost(String figure, double bound) {
    return new Target(figure + ", times Kafka's", round -> round.ratio(figure), false, bound);
  }

  static Target atMost(String figure, double bound) {
    return new Target(figure, round -> round.hub().get(figure), false, bound);
  }

  /** The quartile that must be within the bound. */
  boolean met(Quartiles quartiles) {
    return atLeast ? quartiles.lower() >= bound : quartiles.upper() <= bound;
  }
}
