package io.headwater.uplink;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Writes big-endian fields into a growing buffer. Confined to one thread. */
final class FrameWriter {
  private static final int LONGEST_TEXT = 0xFFFF;

  private ByteBuffer buffer = ByteBuffer.allocate(1024);

  FrameWriter u8(int value) {
    room(1).put((byte) value);
    return this;
  }

  FrameWriter i32(int value) {
    room(Integer.BYTES).putInt(value);
    return this;
  }

  FrameWriter i64(long value) {
    room(Long.BYTES).putLong(value);
    return this;
  }

  FrameWriter text(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > LONGEST_TEXT) {
      throw new IllegalArgumentException(
          "text of " + bytes.length + " bytes > max " + LONGEST_TEXT);
    }
    room(Short.BYTES + bytes.length).putShort((short) bytes.length).put(bytes);
    return this;
  }

  FrameWriter bytes(byte @Nullable [] value) {
    if (value == null) {
      return i32(-1);
    }
    room(Integer.BYTES + value.length).putInt(value.length).put(value);
    return this;
  }

  FrameWriter constant(Enum<?> value) {
    return u8(value.ordinal());
  }

  byte[] toBytes() {
    return Arrays.copyOf(buffer.array(), buffer.position());
  }

  /** Adds the checksum of all that was written, and ends. */
  byte[] sealed() {
    var crc = new CRC32C();
    crc.update(buffer.array(), 0, buffer.position());
    return i32((int) crc.getValue()).toBytes();
  }

  private ByteBuffer room(int bytes) {
    if (buffer.remaining() < bytes) {
      int capacity = Math.max(buffer.capacity() * 2, buffer.position() + bytes);
      buffer = ByteBuffer.allocate(capacity).put(buffer.array(), 0, buffer.position());
    }
    return buffer;
  }
}
