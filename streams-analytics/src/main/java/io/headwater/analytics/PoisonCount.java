package io.headwater.analytics;

import java.io.UncheckedIOException;
import java.time.Duration;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.SerializationException;

/**
 * Tells a query that cannot go on from one whose hub or disk is away. A state that cannot be read,
 * or a fault of the program over a certain record, fails again at each start: trying for ever would
 * only load the hub and hide it.
 *
 * <p>Thread-safe.
 */
final class PoisonCount {
  /** So many failures in a row. */
  static final int LIMIT = 3;

  /** Failures this far apart are not in a row. */
  private static final Duration TOGETHER = Duration.ofMinutes(2);

  private int count;
  private long lastNanos;

  synchronized void failed(Throwable failure) {
    if (!isPoison(failure)) {
      return;
    }
    long now = System.nanoTime();
    count = count > 0 && now - lastNanos < TOGETHER.toNanos() ? count + 1 : 1;
    lastNanos = now;
  }

  /** Whether it may happen again. */
  synchronized boolean isSuspected() {
    return count > 0 && System.nanoTime() - lastNanos < TOGETHER.toNanos();
  }

  synchronized boolean isTooMuch() {
    return count >= LIMIT && isSuspected();
  }

  /** By what began it. */
  static boolean isPoison(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return switch (root) {
      case SerializationException _ -> true;
      case KafkaException _, UncheckedIOException _ -> false;
      case RuntimeException _, LinkageError _ -> true;
      default -> false;
    };
  }
}
