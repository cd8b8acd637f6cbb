package io.headwater.analytics;

import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Stretches of time that have no instant in common, the earliest first.
 *
 * <p>Stored: the first and the last millisecond of each, since 1970 (8 bytes each, big endian).
 */
final class Stretches {
  /** Of more the earliest are given up. */
  static final int MOST = 10_000;

  private static final int BYTES = 2 * Long.BYTES;

  private Stretches() {}

  /**
   * With one more.
   *
   * @param stored null for none
   * @param lastMs inclusive, as {@code firstMs} is
   */
  static byte[] add(byte @Nullable [] stored, long firstMs, long lastMs) {
    LongBuffer before = longs(stored == null ? new byte[0] : stored);
    int size = size(before);
    int from = firstEndingFrom(before, firstMs);
    int to = from;
    long first = firstMs;
    long last = lastMs;
    while (to < size && before.get(2 * to) <= lastMs) {
      first = Math.min(first, before.get(2 * to));
      last = Math.max(last, before.get(2 * to + 1));
      to++;
    }
    int skipped = Math.max(0, from + 1 + size - to - MOST);
    ByteBuffer after = ByteBuffer.allocate((from + 1 + size - to - skipped) * BYTES);
    for (int i = skipped; i < from; i++) {
      after.putLong(before.get(2 * i)).putLong(before.get(2 * i + 1));
    }
    if (skipped <= from) {
      after.putLong(first).putLong(last);
    }
    for (int i = to; i < size; i++) {
      after.putLong(before.get(2 * i)).putLong(before.get(2 * i + 1));
    }
    return after.array();
  }

  /**
   * Whether one of them has an instant in common with this one.
   *
   * @param lastMs inclusive, as {@code firstMs} is
   */
  static boolean touch(byte[] stored, long firstMs, long lastMs) {
    LongBuffer stretches = longs(stored);
    int found = firstEndingFrom(stretches, firstMs);
    return found < size(stretches) && stretches.get(2 * found) <= lastMs;
  }

  private static int firstEndingFrom(LongBuffer stretches, long timeMs) {
    int low = 0;
    int high = size(stretches);
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (stretches.get(2 * middle + 1) < timeMs) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static LongBuffer longs(byte[] stored) {
    return ByteBuffer.wrap(stored).asLongBuffer();
  }

  private static int size(LongBuffer stretches) {
    return stretches.limit() / 2;
  }
}
