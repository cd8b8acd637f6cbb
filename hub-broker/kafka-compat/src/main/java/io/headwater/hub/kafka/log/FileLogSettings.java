package io.headwater.hub.kafka.log;

import io.headwater.process.ByteSize;
import java.time.Duration;

/**
 * How the file engine works; nothing here is a topic's business.
 *
 * @param retentionCheckInterval between two looks for segments to delete
 * @param checkpointInterval between two writes of the recovery points, which bound the scan after
 *     an unclean end
 * @param producerIdExpiration after which an idle producer's sequence is forgotten
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
          Duration.ofDays(1),
          Duration.ofMinutes(15),
          1,
          new ByteSize(16 << 20),
          Duration.ofSeconds(15));

  public FileLogSettings {
    if (cleanerThreads < 1) {
      throw new IllegalArgumentException("cleaner-threads " + cleanerThreads + " < min 1");
    }
    if (cleanerMemory.bytes() < 1 << 20) {
      throw new IllegalArgumentException("cleaner-memory " + cleanerMemory + " < min 1MiB");
    }
  }
}
