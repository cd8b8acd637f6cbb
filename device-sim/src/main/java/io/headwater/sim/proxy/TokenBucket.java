package io.headwater.sim.proxy;

import java.util.concurrent.TimeUnit;

/**
 * Shares out the bytes per second of one direction, first come, first served. Not thread-safe.
 *
 * <p>Instead of tokens it keeps the time up to which all have been given away. That may lie as far
 * in the past as a full bucket lasts, so that timers which fire late cost no bandwidth.
 */
final class TokenBucket {
  private static final long DEPTH_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final int MAX_SLICE = 16 << 10;

  private final long bytesPerSecond;
  private long givenAwayUntil;

  TokenBucket(long bytesPerSecond, long nowNanos) {
    this.bytesPerSecond = bytesPerSecond;
    givenAwayUntil = nowNanos;
  }

  /** As many bytes as should be reserved at once, so that a slow link drips rather than gushes. */
  int slice() {
    return Math.clamp(bytesPerSecond / 100, 1, MAX_SLICE);
  }

  /** Gives the bytes away; returns when they may pass. */
  long reserve(int bytes, long nowNanos) {
    long start = nowNanos - DEPTH_NANOS;
    if (givenAwayUntil - start > 0) {
      start = givenAwayUntil;
    }
    givenAwayUntil = start + (long) (bytes * 1e9 / bytesPerSecond);
    return givenAwayUntil;
  }
}
