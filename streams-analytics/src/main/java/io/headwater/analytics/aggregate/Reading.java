package io.headwater.analytics.aggregate;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.jspecify.annotations.Nullable;

/**
 * What goes into the windows of one key: a time and the fields that are aggregated.
 *
 * <p>Stored, in repartition topics: version 1 (one byte), time (8 bytes), the values (8 bytes
 * each), big endian.
 */
public final class Reading {
  private static final byte VERSION = 1;

  private final long timeMs;
  private final double[] values;

  /**
   * @param timeMs event time, since 1970
   * @param values in the order of the query's {@link Layout}; not a number where the reading has no
   *     such field
   */
  public Reading(long timeMs, double[] values) {
    this.timeMs = timeMs;
    this.values = values.clone();
  }

  public long timeMs() {
    return timeMs;
  }

  /** Not a number if the reading does not have the field. */
  public double value(int field) {
    return values[field];
  }

  /** Fails with a SerializationException on bytes of another version. */
  public static Serde<Reading> serde() {
    return Serdes.serdeFrom((_, value) -> encode(value), (_, bytes) -> decode(bytes));
  }

  @SuppressWarnings("NullAway") // Streams hands on null for "no value" and expects it back
  private static byte @Nullable [] encode(@Nullable Reading reading) {
    if (reading == null) {
      return null;
    }
    ByteBuffer out = ByteBuffer.allocate(1 + Long.BYTES * (1 + reading.values.length));
    out.put(VERSION).putLong(reading.timeMs);
    for (double value : reading.values) {
      out.putDouble(value);
    }
    return out.array();
  }

  @SuppressWarnings("NullAway") // as above
  private static @Nullable Reading decode(byte @Nullable [] bytes) {
    if (bytes == null) {
      return null;
    }
    if (bytes.length % Long.BYTES != 1 || bytes.length < 1 + Long.BYTES || bytes[0] != VERSION) {
      throw new SerializationException(
          "reading of " + bytes.length + " bytes is not of version " + VERSION);
    }
    ByteBuffer in = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
    long timeMs = in.getLong();
    double[] values = new double[in.remaining() / Long.BYTES];
    for (int i = 0; i < values.length; i++) {
      values[i] = in.getDouble();
    }
    return new Reading(timeMs, values);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Reading reading
        && timeMs == reading.timeMs
        && Arrays.equals(values, reading.values);
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(timeMs) + Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return timeMs + " " + Arrays.toString(values);
  }
}
