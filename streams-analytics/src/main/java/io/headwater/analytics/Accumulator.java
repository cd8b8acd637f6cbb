package io.headwater.analytics;

import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a window: enough for every {@link Aggregate}.
 *
 * <p>The sum is Neumaier's: {@code compensation} holds what rounding took from {@code sum}, so the
 * mean of many readings does not drift.
 *
 * @param count readings taken in
 * @param min positive infinity while there is none
 * @param max negative infinity while there is none
 */
record Accumulator(long count, double sum, double compensation, double min, double max) {
  static final Accumulator EMPTY =
      new Accumulator(0, 0, 0, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY);

  /** Layout: version 1 (one byte), then the components in order, eight bytes each, big endian. */
  private static final byte VERSION = 1;

  private static final int BYTES = 1 + 5 * Long.BYTES;

  /** This window and one more reading, which is finite. */
  Accumulator add(double reading) {
    double total = sum + reading;
    double lost =
        Math.abs(sum) >= Math.abs(reading) ? (sum - total) + reading : (reading - total) + sum;
    return new Accumulator(
        count + 1, total, compensation + lost, Math.min(min, reading), Math.max(max, reading));
  }

  /** Not a number while there is no reading. */
  double mean() {
    return (sum + compensation) / count;
  }

  static Serde<Accumulator> serde() {
    return Serdes.serdeFrom((_, value) -> encode(value), (_, bytes) -> decode(bytes));
  }

  @SuppressWarnings("NullAway") // Streams hands on null for "no value" and expects it back
  private static byte @Nullable [] encode(@Nullable Accumulator value) {
    return value == null
        ? null
        : ByteBuffer.allocate(BYTES)
            .put(VERSION)
            .putLong(value.count)
            .putDouble(value.sum)
            .putDouble(value.compensation)
            .putDouble(value.min)
            .putDouble(value.max)
            .array();
  }

  @SuppressWarnings("NullAway") // as above
  private static @Nullable Accumulator decode(byte @Nullable [] bytes) {
    if (bytes == null) {
      return null;
    }
    if (bytes.length != BYTES || bytes[0] != VERSION) {
      throw new SerializationException(
          "stored window of " + bytes.length + " bytes is not of version " + VERSION);
    }
    ByteBuffer in = ByteBuffer.wrap(bytes, 1, BYTES - 1);
    return new Accumulator(
        in.getLong(), in.getDouble(), in.getDouble(), in.getDouble(), in.getDouble());
  }
}
