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
 * each), big endian. Of a reading that came through a gateway version 2, with the set of that one
 * (8 bytes, see {@link Gateways}) before the values.
 */
public final class Reading {
  private static final byte VERSION = 1;
  private static final byte WITH_GATEWAY = 2;

  private final long timeMs;
  private final double[] values;
  private final long gateways;

  /**
   * @param timeMs event time, since 1970
   * @param values in the order of the query's {@link Layout}; not a number where the reading has no
   *     such field
   * @param gateways that it came through, see {@link Gateways}
   */
  public Reading(long timeMs, double[] values, long gateways) {
    this.timeMs = timeMs;
    this.values = values.clone();
    this.gateways = gateways;
  }

  public long timeMs() {
    return timeMs;
  }

  /** The same reading, as if it had come through these. */
  public Reading withGateways(long others) {
    return new Reading(timeMs, values, others);
  }

  /** Not a number if the reading does not have the field. */
  public double value(int field) {
    return values[field];
  }

  /** What it came through, or may have; see {@link Gateways}. */
  public long gateways() {
    return gateways;
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
    boolean withGateway = reading.gateways != Gateways.NONE;
    ByteBuffer out =
        ByteBuffer.allocate(1 + Long.BYTES * ((withGateway ? 2 : 1) + reading.values.length));
    out.put(withGateway ? WITH_GATEWAY : VERSION).putLong(reading.timeMs);
    if (withGateway) {
      out.putLong(reading.gateways);
    }
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
    boolean withGateway = bytes.length > 0 && bytes[0] == WITH_GATEWAY;
    if (bytes.length % Long.BYTES != 1
        || bytes.length < 1 + Long.BYTES * (withGateway ? 2 : 1)
        || (bytes[0] != VERSION && !withGateway)) {
      throw new SerializationException(
          "reading of " + bytes.length + " bytes is not of version 1 or 2");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
    long timeMs = in.getLong();
    long gateways = withGateway ? in.getLong() : Gateways.NONE;
    double[] values = new double[in.remaining() / Long.BYTES];
    for (int i = 0; i < values.length; i++) {
      values[i] = in.getDouble();
    }
    return new Reading(timeMs, values, gateways);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Reading reading
        && timeMs == reading.timeMs
        && gateways == reading.gateways
        && Arrays.equals(values, reading.values);
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(timeMs ^ gateways) + Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return timeMs + " " + Arrays.toString(values);
  }
}
