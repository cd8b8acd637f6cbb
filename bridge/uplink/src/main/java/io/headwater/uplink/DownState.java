package io.headwater.uplink;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * A gateway tells which values it holds: when it has connected, and now and then. A bridge that
 * knows others sends all of them.
 *
 * @param count how many
 * @param digest the sum of {@link #digest(String, byte[])} of all
 */
public record DownState(String gateway, int count, long digest) {
  /** Of values for one gateway. */
  public static final int MOST_VALUES = 10_000;

  /** Of one value. */
  public static final int LARGEST_VALUE = 64 << 10;

  /** Of all values for one gateway. */
  public static final long MOST_BYTES = 8 << 20;

  /** Of one value; those of several are added, in any order. */
  public static long digest(String topic, byte[] value) {
    var crc = new CRC32C();
    crc.update(topic.getBytes(StandardCharsets.UTF_8));
    long high = crc.getValue();
    crc.update(0);
    crc.update(value);
    // Multiplied, so that sums of similar values do not meet.
    return (high << 32 | crc.getValue()) * 0x9E3779B97F4A7C15L;
  }
}
