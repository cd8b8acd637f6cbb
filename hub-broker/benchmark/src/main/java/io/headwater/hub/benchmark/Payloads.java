package io.headwater.hub.benchmark;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Values to send, made before the clock runs. */
final class Payloads {
  private static final int MANY = 1000;

  private Payloads() {}

  /** Bytes that do not compress. */
  static byte[][] random(int size) {
    var random = new SplittableRandom(42);
    byte[][] values = new byte[size > 100_000 ? 20 : MANY][size];
    for (byte[] value : values) {
      random.nextBytes(value);
    }
    return values;
  }

  /** Readings in JSON, filled up to a size with a history of values; they compress about 4 : 1. */
  static byte[][] readings(int size) {
    var random = new SplittableRandom(42);
    byte[][] values = new byte[MANY][];
    for (int i = 0; i < MANY; i++) {
      var text = new StringBuilder();
      text.append("{\"device\":\"pump-").append(random.nextInt(500)).append("\",\"values\":[");
      while (text.length() < size) {
        text.append(Math.round(random.nextDouble(15, 35) * 100) / 100.0).append(',');
      }
      values[i] = Arrays.copyOf(text.toString().getBytes(StandardCharsets.US_ASCII), size);
    }
    return values;
  }
}
