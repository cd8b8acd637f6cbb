package io.headwater.edge.log;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A growing buffer of numbers of variable length: seven bits a byte, lowest first, the eighth tells
 * that more follow. Its first four bytes are the CRC-32C of all others. Confined to one thread.
 */
final class BatchBytes {
  /** The most that a number takes. */
  private static final int LONGEST = 10;

  private byte[] bytes = new byte[1024];
  private int size = Integer.BYTES;

  void clear() {
    size = Integer.BYTES;
  }

  int size() {
    return size;
  }

  BatchBytes u8(int value) {
    room(1);
    bytes[size++] = (byte) value;
    return this;
  }

  /** Small if the number is small and not negative. */
  BatchBytes number(long value) {
    room(LONGEST);
    long left = value;
    while ((left & ~0x7FL) != 0) {
      bytes[size++] = (byte) (left | 0x80);
      left >>>= 7;
    }
    bytes[size++] = (byte) left;
    return this;
  }

  /** Small if the number is near zero. */
  BatchBytes signed(long value) {
    return number(value << 1 ^ value >> 63);
  }

  /** Its length, then itself. */
  BatchBytes block(byte[] value) {
    number(value.length);
    room(value.length);
    System.arraycopy(value, 0, bytes, size, value.length);
    size += value.length;
    return this;
  }

  void append(BatchBytes other) {
    int length = other.size - Integer.BYTES;
    room(length);
    System.arraycopy(other.bytes, Integer.BYTES, bytes, size, length);
    size += length;
  }

  private void room(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
    }
  }

  /** With the checksum in front. */
  byte[] sealed() {
    byte[] sealed = Arrays.copyOf(bytes, size);
    ByteBuffer.wrap(sealed).putInt(0, checksum(sealed));
    return sealed;
  }

  /** What a checksum would be put in front of. */
  ByteBuffer body() {
    return ByteBuffer.wrap(bytes, Integer.BYTES, size - Integer.BYTES).slice();
  }

  private static int checksum(byte[] sealed) {
    var crc = new CRC32C();
    crc.update(sealed, Integer.BYTES, sealed.length - Integer.BYTES);
    return (int) crc.getValue();
  }

  /** What stands behind the checksum; null if that does not match. */
  static @Nullable ByteBuffer open(byte[] sealed) {
    if (sealed.length <= Integer.BYTES || ByteBuffer.wrap(sealed).getInt(0) != checksum(sealed)) {
      return null;
    }
    return ByteBuffer.wrap(sealed).position(Integer.BYTES);
  }

  static long number(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = in.get();
      value |= (next & 0x7FL) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  static int size(ByteBuffer in) {
    return Math.toIntExact(number(in));
  }

  static long signed(ByteBuffer in) {
    long value = number(in);
    return value >>> 1 ^ -(value & 1);
  }

  static byte[] block(ByteBuffer in) {
    byte[] block = new byte[size(in)];
    in.get(block);
    return block;
  }

  static void skipBlock(ByteBuffer in) {
    in.position(size(in) + in.position());
  }
}
