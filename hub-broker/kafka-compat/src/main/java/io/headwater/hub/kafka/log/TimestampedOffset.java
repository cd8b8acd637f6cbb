package io.headwater.hub.kafka.log;

/**
 * An offset found for a timestamp.
 *
 * @param offset of the record
 * @param timestampMs of the record; -1 for the earliest and the latest offset
 * @param leaderEpoch of the record's batch; -1 if unknown
 */
public record TimestampedOffset(long offset, long timestampMs, int leaderEpoch) {}
