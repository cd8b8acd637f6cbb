package io.headwater.analytics.aggregate;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a window of one key; immutable.
 *
 * <p>Stored: version 2 (one byte), readings (8 bytes, as all numbers big endian), number of fields
 * (2 bytes), the {@link FieldState}s. Of a window with gateways version 3, with those (8 bytes) and
 * whether it is incomplete (one byte, 0 or 1) before the fields.
 *
 * @param readings taken in, whatever fields they have
 * @param fields in the order of the query's {@link Layout}
 * @param gateways that the readings came through, see {@link Gateways}
 * @param incomplete readings are known to be missing, by who told of the window first
 */
public record WindowState(
    long readings, List<FieldState> fields, long gateways, boolean incomplete) {
  private static final byte VERSION = 2;
  private static final byte WITH_GATEWAYS = 3;

  private static final int HEAD_BYTES = 1 + Long.BYTES + Short.BYTES;
  private static final int GATEWAYS_BYTES = Long.BYTES + 1;

  public WindowState {
    fields = List.copyOf(fields);
  }

  /** This window and one more reading. */
  public WindowState add(Reading reading) {
    var more = new FieldState[fields.size()];
    for (int i = 0; i < more.length; i++) {
      double value = reading.value(i);
      FieldState field = fields.get(i);
      more[i] = Double.isFinite(value) ? field.add(value, reading.timeMs()) : field;
    }
    return new WindowState(
        readings + 1, List.of(more), Gateways.union(gateways, reading.gateways()), incomplete);
  }

  /** The same window, of which readings are missing. */
  public WindowState asIncomplete() {
    return incomplete ? this : new WindowState(readings, fields, gateways, true);
  }

  /**
   * Both windows' readings.
   *
   * @param later what arrived later; of the same layout
   */
  public WindowState merge(WindowState later) {
    if (later.fields.size() != fields.size()) {
      throw new SerializationException(
          "windows of " + fields.size() + " and " + later.fields.size() + " fields do not merge");
    }
    var both = new ArrayList<FieldState>(fields.size());
    for (int i = 0; i < fields.size(); i++) {
      both.add(fields.get(i).merge(later.fields.get(i)));
    }
    return new WindowState(
        readings + later.readings,
        both,
        Gateways.union(gateways, later.gateways),
        incomplete || later.incomplete);
  }

  /** Fails with a SerializationException on bytes of another version. */
  public static Serde<WindowState> serde() {
    return Serdes.serdeFrom(
        (_, value) -> encodeNullable(value), (_, bytes) -> decodeNullable(bytes));
  }

  public byte[] encode() {
    boolean withGateways = gateways != Gateways.NONE || incomplete;
    int bytes = HEAD_BYTES + (withGateways ? GATEWAYS_BYTES : 0);
    var encoded = new ArrayList<byte[]>(fields.size());
    for (FieldState field : fields) {
      byte[] one = field.encode();
      encoded.add(one);
      bytes += one.length;
    }
    ByteBuffer out = ByteBuffer.allocate(bytes);
    out.put(withGateways ? WITH_GATEWAYS : VERSION)
        .putLong(readings)
        .putShort((short) fields.size());
    if (withGateways) {
      out.putLong(gateways).put((byte) (incomplete ? 1 : 0));
    }
    for (byte[] field : encoded) {
      out.put(field);
    }
    return out.array();
  }

  public static WindowState decode(byte[] bytes) {
    if (bytes.length < HEAD_BYTES || (bytes[0] != VERSION && bytes[0] != WITH_GATEWAYS)) {
      throw new SerializationException(
          "stored window of " + bytes.length + " bytes is not of version 2 or 3");
    }
    boolean withGateways = bytes[0] == WITH_GATEWAYS;
    ByteBuffer in = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
    try {
      long readings = in.getLong();
      int size = Short.toUnsignedInt(in.getShort());
      long gateways = withGateways ? in.getLong() : Gateways.NONE;
      boolean incomplete = withGateways && in.get() != 0;
      var fields = new FieldState[size];
      for (int i = 0; i < size; i++) {
        fields[i] = FieldState.readFrom(in);
      }
      if (in.hasRemaining()) {
        throw new SerializationException("stored window has " + in.remaining() + " bytes too many");
      }
      return new WindowState(readings, List.of(fields), gateways, incomplete);
    } catch (BufferUnderflowException e) {
      throw new SerializationException("stored window ends within a field", e);
    }
  }

  @SuppressWarnings("NullAway") // Streams hands on null for "no value" and expects it back
  private static byte @Nullable [] encodeNullable(@Nullable WindowState value) {
    return value == null ? null : value.encode();
  }

  @SuppressWarnings("NullAway") // as above
  private static @Nullable WindowState decodeNullable(byte @Nullable [] bytes) {
    return bytes == null ? null : decode(bytes);
  }
}
