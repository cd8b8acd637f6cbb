package io.headwater.hub.kafka.log;

import io.headwater.process.ByteSize;
import java.time.Duration;

/**
 * How the file engine works; nothing here is a topic's business.
 *
 * @param flush when appended records are forced to disk
 * @param flushInterval within which they are with {@code INTERVAL}
 * @param lowSpace clients' records are refused while less is free; 0 never refuses
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
    FlushMode flush,
    Duration flushInterval,
    ByteSize lowSpace,
    Duration retentionCheckInterval,
    Duration checkpointInterval,
    Duration producerIdExpiration,
    Duration maxTransactionTimeout,
    int cleanerThreads,
    ByteSize cleanerMemory,
    Duration cleanerBackoff) {
  private static final int SHORTEST_FLUSH_MS = 10; // a constant, known before the defaults are

  public static final FileLogSettings DEFAULTS =
      new FileLogSettings(
          FlushMode.ALWAYS,
          Duration.ofSeconds(1),
          ByteSize.ofMebibytes(256),
          Duration.ofMinutes(1),
          Duration.ofSeconds(30),
          Duration.ofDays(7),
          Duration.ofMinutes(15),
          1,
          new ByteSize(16 << 20),
          Duration.ofSeconds(15));

  public FileLogSettings {
    if (flushInterval.toMillis() < SHORTEST_FLUSH_MS) {
      throw new IllegalArgumentException(
          "flush-interval " + flushInterval.toMillis() + "ms < min 10ms; set 'flush: always'");
    }
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
