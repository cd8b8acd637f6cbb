package io.headwater.hub.kafka.log;

import io.headwater.process.ByteSize;
import java.time.Duration;

/**
 * How the file engine works; nothing here is a topic's business.
 *
 * @param retentionCheckInterval between two looks for segments to delete
 * @param checkpointInterval between two writes of the recovery points, which bound the scan after
 *     an unclean end
 * @param producerIdExpiration after which a producer's sequence is forgotten, counted from its
 *     newest record's timestamp. Readings that were held back for days carry old ones, hence more
 *     than Kafka's day: a batch sent again must still be known. At most 24 days
 * @param maxTransactionTimeout the longest {@code transaction.timeout.ms}
 * @param cleanerThreads that compact
 * @param cleanerMemory for the key map of all of them
 * @param cleanerBackoff a cleaner waits for if it found nothing to do
 */
public record FileLogSettings(
    Duration retentionCheckInterval,
    Duration checkpointInterval,
    Duration producerIdExpiration,
    Duration maxTransactionTimeout,
    int cleanerThreads,
    ByteSize cleanerMemory,
    Duration cleanerBackoff) {
  public static final FileLogSettings DEFAULTS =
      new FileLogSettings(
          Duration.ofMinutes(1),
          Duration.ofSeconds(30),
          Duration.ofDays(7),
          Duration.ofMinutes(15),
          1,
          new ByteSize(16 << 20),
          Duration.ofSeconds(15));

  public FileLogSettings {
    if (producerIdExpiration.toMillis() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "producer-id-expiration " + producerIdExpiration.toDays() + "d > max 24d");
    }
    if (cleanerThreads < 1) {
      throw new IllegalArgumentException("cleaner-threads " + cleanerThreads + " < min 1");
    }
    if (cleanerMemory.bytes() < 1 << 20) {
      throw new IllegalArgumentException("cleaner-memory " + cleanerMemory + " < min 1MiB");
    }
  }
}
