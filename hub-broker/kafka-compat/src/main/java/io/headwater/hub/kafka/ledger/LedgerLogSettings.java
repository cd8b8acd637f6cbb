package io.headwater.hub.kafka.ledger;

import io.headwater.process.ByteSize;
import java.time.Duration;

/**
 * How the ledger engine works; nothing here is a topic's business.
 *
 * @param cache for batches just appended, of all logs together; what consumers at the end read
 * @param readAhead for what consumers behind will want next, of all logs together; 0 is none
 * @param inFlight bytes appended and not yet durable, of all logs together, above which clients'
 *     records are refused for a moment
 * @param retentionCheckInterval between two looks for ledgers to delete
 * @param compactionCheckInterval between two looks for ledgers to compact
 * @param compactionMemory for the key map of a compaction, 24 bytes a key
 * @param producerIdExpiration after which a producer's sequence is forgotten, counted from its
 *     newest record's timestamp; at most 24 days
 * @param maxTransactionTimeout the longest {@code transaction.timeout.ms}
 * @param patience with one read or one step of a takeover
 */
public record LedgerLogSettings(
    ByteSize cache,
    ByteSize readAhead,
    ByteSize inFlight,
    Duration retentionCheckInterval,
    Duration compactionCheckInterval,
    ByteSize compactionMemory,
    Duration producerIdExpiration,
    Duration maxTransactionTimeout,
    Duration patience) {
  public static final LedgerLogSettings DEFAULTS =
      new LedgerLogSettings(
          ByteSize.ofMebibytes(48),
          ByteSize.ofMebibytes(32),
          ByteSize.ofMebibytes(64),
          Duration.ofMinutes(1),
          Duration.ofSeconds(15),
          ByteSize.ofMebibytes(16),
          Duration.ofDays(7),
          Duration.ofMinutes(15),
          Duration.ofSeconds(10));

  public LedgerLogSettings {
    if (producerIdExpiration.toMillis() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "producer-id-expiration " + producerIdExpiration.toDays() + "d > max 24d");
    }
  }
}
