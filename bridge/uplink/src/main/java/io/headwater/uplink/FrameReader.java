package io.headwater.uplink;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Reads what {@link FrameWriter} wrote; every length is checked against what is left. */
final class FrameReader {
  /** What Java puts where bytes are not UTF-8; it may also be meant. */
  private static final char REPLACED = '\uFFFD';

  private final ByteBuffer buffer;

  /**
   * @param buffer on the heap
   */
  FrameReader(ByteBuffer buffer) {
    this.buffer = buffer;
  }

  /** Checks the checksum at the end; the reader then sees all that stands before it. */
  static FrameReader sealed(byte[] frame) throws MalformedUplinkException {
    int body = frame.length - Integer.BYTES;
    if (body < 0) {
      throw new MalformedUplinkException("frame of " + frame.length + " bytes is too short");
    }
    var crc = new CRC32C();
    crc.update(frame, 0, body);
    int expected = ByteBuffer.wrap(frame).getInt(body);
    if ((int) crc.getValue() != expected) {
      throw new MalformedUplinkException("checksum does not match");
    }
    return new FrameReader(ByteBuffer.wrap(frame, 0, body));
  }

  /** Leaves the checksum unread. */
  static FrameReader unchecked(byte[] frame) {
    return new FrameReader(ByteBuffer.wrap(frame, 0, Math.max(0, frame.length - Integer.BYTES)));
  }

  boolean hasMore() {
    return buffer.hasRemaining();
  }

  int u8() throws MalformedUplinkException {
    need(1);
    return buffer.get() & 0xFF;
  }

  int i32() throws MalformedUplinkException {
    need(Integer.BYTES);
    return buffer.getInt();
  }

  long i64() throws MalformedUplinkException {
    need(Long.BYTES);
    return buffer.getLong();
  }

  String text() throws MalformedUplinkException {
    need(Short.BYTES);
    int length = buffer.getShort() & 0xFFFF;
    need(length);
    int from = buffer.arrayOffset() + buffer.position();
    ByteBuffer slice = buffer.slice(buffer.position(), length);
    buffer.position(buffer.position() + length);
    var text = new String(buffer.array(), from, length, StandardCharsets.UTF_8);
    // A decoder that reports costs many times as much; this one only leaves a mark.
    return text.indexOf(REPLACED) < 0 ? text : decode(slice);
  }

  private static String decode(ByteBuffer bytes) throws MalformedUplinkException {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(bytes)
          .toString();
    } catch (CharacterCodingException _) {
      throw new MalformedUplinkException("text is not UTF-8");
    }
  }

  byte @Nullable [] bytes() throws MalformedUplinkException {
    int length = i32();
    if (length == -1) {
      return null;
    }
    if (length < 0 || length > buffer.remaining()) {
      throw new MalformedUplinkException(
          "length " + length + " with " + buffer.remaining() + " bytes left");
    }
    byte[] value = new byte[length];
    buffer.get(value);
    return value;
  }

  /** A count of elements of which each takes at least so many bytes. */
  int count(int smallestElement) throws MalformedUplinkException {
    int count = i32();
    if (count < 0 || (long) count * smallestElement > buffer.remaining()) {
      throw new MalformedUplinkException(
          "count " + count + " with " + buffer.remaining() + " bytes left");
    }
    return count;
  }

  <E extends Enum<E>> E constant(E[] values) throws MalformedUplinkException {
    int ordinal = u8();
    if (ordinal >= values.length) {
      throw new MalformedUplinkException(
          "unknown " + values[0].getDeclaringClass().getSimpleName() + " " + ordinal);
    }
    return values[ordinal];
  }

  void end() throws MalformedUplinkException {
    if (buffer.hasRemaining()) {
      throw new MalformedUplinkException(buffer.remaining() + " bytes are left over");
    }
  }

  private void need(int bytes) throws MalformedUplinkException {
    if (buffer.remaining() < bytes) {
      throw new MalformedUplinkException("frame ends early");
    }
  }
}
