package io.headwater.edge.log;

import io.headwater.process.ByteSize;
import java.time.Duration;
import java.util.Optional;

/**
 * How much may be written to the flash that the log is on.
 *
 * @param bytesPerDay above it readings of the classes {@code interval} and {@code memory} are
 *     forced to disk less often; any number if absent
 * @param longestInterval after which they are forced at the latest, however much is written
 */
public record FlashBudget(Optional<ByteSize> bytesPerDay, Duration longestInterval) {
  public static final FlashBudget NONE = new FlashBudget(Optional.empty(), Duration.ofSeconds(60));

  public FlashBudget {
    bytesPerDay.ifPresent(size -> {
      if (size.bytes() < 1 << 20) {
        throw new IllegalArgumentException(
            "log.flash-budget.bytes-per-day " + size + " < min 1MiB");
      }
    });
    if (longestInterval.toMillis() < 10 || longestInterval.compareTo(Duration.ofHours(1)) > 0) {
      throw new IllegalArgumentException(
          "log.flash-budget.longest-interval "
              + longestInterval.toMillis()
              + "ms is not 10ms to 1h");
    }
  }
}
