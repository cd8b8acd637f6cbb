package io.headwater.analytics.aggregate;

import org.apache.kafka.common.utils.Utils;

/**
 * Sets of gateways, each in one long, so that windows can say at no cost whose readings they have.
 *
 * <p>The upper two bits say how the other 62 are to be read: one gateway by a hash of 31 bits, two
 * by theirs, the smaller one first, or more than two by one bit each. So a set of up to two
 * gateways is as good as exact, which are all that most windows have; in one of n more, any other
 * gateway is found with a probability of at most n/62.
 */
public final class Gateways {
  public static final long NONE = 0;

  private static final int KIND_SHIFT = 62;
  private static final int ONE = 1;
  private static final int TWO = 2;
  private static final long MANY = 3L << KIND_SHIFT;
  private static final int HASH_BITS = 31;
  private static final long HASH = (1L << HASH_BITS) - 1;

  private Gateways() {}

  /** The set of this one. */
  public static long of(byte[] name) {
    return one(Utils.murmur2(name) & HASH);
  }

  private static long one(long hash) {
    return (long) ONE << KIND_SHIFT | hash;
  }

  public static long union(long set, long other) {
    if (set == other || other == NONE) {
      return set;
    }
    return switch (kind(other)) {
      case ONE -> with(set, first(other));
      case TWO -> with(with(set, first(other)), second(other));
      default -> MANY | bits(set) | bits(other);
    };
  }

  private static long with(long set, long hash) {
    if (has(set, hash)) {
      return set;
    }
    return switch (kind(set)) {
      case 0 -> one(hash);
      case ONE ->
          (long) TWO << KIND_SHIFT
              | Math.min(first(set), hash)
              | Math.max(first(set), hash) << HASH_BITS;
      default -> MANY | bits(set) | bit(hash);
    };
  }

  /** Whether they may have a gateway in common. */
  public static boolean meet(long set, long other) {
    return switch (kind(other)) {
      case 0 -> false;
      case ONE -> has(set, first(other));
      case TWO -> has(set, first(other)) || has(set, second(other));
      default -> (bits(set) & bits(other)) != 0;
    };
  }

  /** The gateways as sets of one each; none if there are too many to tell. */
  public static long[] each(long set) {
    return switch (kind(set)) {
      case ONE -> new long[] {set};
      case TWO -> new long[] {one(first(set)), one(second(set))};
      default -> new long[0];
    };
  }

  private static boolean has(long set, long hash) {
    return switch (kind(set)) {
      case 0 -> false;
      case ONE -> first(set) == hash;
      case TWO -> first(set) == hash || second(set) == hash;
      default -> (set & bit(hash)) != 0;
    };
  }

  private static long bits(long set) {
    return switch (kind(set)) {
      case 0 -> 0;
      case ONE -> bit(first(set));
      case TWO -> bit(first(set)) | bit(second(set));
      default -> set & ~MANY;
    };
  }

  private static int kind(long set) {
    return (int) (set >>> KIND_SHIFT);
  }

  private static long first(long set) {
    return set & HASH;
  }

  private static long second(long set) {
    return set >>> HASH_BITS & HASH;
  }

  private static long bit(long hash) {
    return 1L << hash % KIND_SHIFT;
  }
}
