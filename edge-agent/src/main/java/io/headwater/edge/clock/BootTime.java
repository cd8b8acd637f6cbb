package io.headwater.edge.clock;

import io.headwater.uplink.ClockQuality;

/**
 * When a boot began. The wall clock's jumps do not touch it: on Linux time that is slewed moves the
 * running time with it, and a jump moves the wall clock alone.
 *
 * @param startMs of the boot, in milliseconds since 1970
 * @param errorMs by which that may be wrong, when it was found out
 * @param asOfUptimeMs when that was, in milliseconds since the boot
 * @param source {@code SYNCED}: the device's own clock; {@code BRIDGE}: a bridge's
 */
public record BootTime(
    long boot, long startMs, long errorMs, long asOfUptimeMs, ClockQuality source) {
  /** What a quartz that nobody corrects may be off by. */
  private static final double DRIFT = 100e-6;

  private static final long LEAST_STEP_MS = 100;

  public BootTime {
    if (source != ClockQuality.SYNCED && source != ClockQuality.BRIDGE) {
      throw new IllegalArgumentException(source + " tells no time");
    }
  }

  /** The error at another moment of the boot: without correction it grows both ways. */
  public long errorMs(long uptimeMs) {
    return errorMs + (long) (Math.abs(uptimeMs - asOfUptimeMs) * DRIFT);
  }

  /** Whether it says more than what is known of the same boot. */
  boolean isBetterThan(BootTime known) {
    if (source != known.source) {
      return source == ClockQuality.SYNCED;
    }
    return Math.abs(startMs - known.startMs) > LEAST_STEP_MS
        || 2 * errorMs < known.errorMs(asOfUptimeMs);
  }

  /** What it makes of a moment of its boot. */
  CaptureTime at(long uptimeMs) {
    return new CaptureTime(
        startMs + uptimeMs,
        source == ClockQuality.SYNCED ? ClockQuality.CORRECTED : ClockQuality.BRIDGE);
  }
}
