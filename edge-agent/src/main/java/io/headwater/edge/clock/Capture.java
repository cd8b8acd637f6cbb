package io.headwater.edge.clock;

import io.headwater.uplink.ClockQuality;
import java.nio.ByteBuffer;

/**
 * A moment, as the device's clocks showed it.
 *
 * @param boot which one; 0 if that is not known, as of rows that older agents wrote
 * @param uptimeMs milliseconds since the boot, suspended ones too; never jumps; 0 without a boot
 * @param wallMs milliseconds since 1970 by the wall clock, right or wrong
 * @param quality of the wall clock at that moment
 */
public record Capture(long boot, long uptimeMs, long wallMs, ClockQuality quality) {
  private static final int BYTES = 3 * Long.BYTES + 1;
  private static final ClockQuality[] QUALITIES = ClockQuality.values();

  /** Nothing is known. */
  public static final Capture UNKNOWN = ofWall(0, ClockQuality.UNSYNCED);

  /** Of which only the wall clock is known. */
  public static Capture ofWall(long wallMs, ClockQuality quality) {
    return new Capture(0, 0, wallMs, quality);
  }

  /** As it stands beside sessions and retained messages: boot, uptime, wall, quality. */
  public byte[] encode() {
    return ByteBuffer.allocate(BYTES)
        .putLong(boot)
        .putLong(uptimeMs)
        .putLong(wallMs)
        .put((byte) quality.ordinal())
        .array();
  }

  /** The other way; bytes that are none give {@link #UNKNOWN}. */
  public static Capture decode(byte[] bytes) {
    if (bytes.length != BYTES) {
      return UNKNOWN;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    return new Capture(in.getLong(), in.getLong(), in.getLong(), quality(in.get()));
  }

  /** By the wire's number; one that is none is not trusted. */
  public static ClockQuality quality(int ordinal) {
    return ordinal >= 0 && ordinal < QUALITIES.length ? QUALITIES[ordinal] : ClockQuality.UNSYNCED;
  }
}
