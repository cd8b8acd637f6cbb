package io.headwater.edge.forward;

/**
 * Fills at a rate, up to what one second brings, or two if that is less, so that one is left beside
 * the half that is reserved; may be overdrawn. Confined to one thread.
 */
final class TokenBucket {
  /**
   * Less than this part of a second's worth is not given out: many small batches compress badly.
   */
  private static final int SMALLEST_PART = 10;

  private static final double NANOS = 1e9;

  private final double perSecond;
  private final double capacity;
  private double tokens;
  private long filledNanos;

  /**
   * Full at the start.
   *
   * @param perSecond {@link Long#MAX_VALUE} for no limit
   */
  TokenBucket(long perSecond, long nowNanos) {
    this.perSecond = perSecond == Long.MAX_VALUE ? Double.POSITIVE_INFINITY : (double) perSecond;
    this.capacity = Math.max(2, this.perSecond);
    this.tokens = capacity;
    this.filledNanos = nowNanos;
  }

  /**
   * What may be taken now.
   *
   * @param reservedPercent of a full bucket that stays for others
   * @return 0 or at least a tenth of a second's worth
   */
  long available(int reservedPercent, long nowNanos) {
    if (Double.isInfinite(perSecond)) {
      return Long.MAX_VALUE;
    }
    tokens = Math.min(capacity, tokens + perSecond * ((nowNanos - filledNanos) / NANOS));
    filledNanos = nowNanos;
    double available = tokens - capacity * (reservedPercent / 100.0);
    return available >= Math.max(1, perSecond / SMALLEST_PART) ? (long) available : 0;
  }

  void take(long count) {
    tokens -= (double) count;
  }
}
