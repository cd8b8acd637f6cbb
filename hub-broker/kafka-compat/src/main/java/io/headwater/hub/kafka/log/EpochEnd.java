package io.headwater.hub.kafka.log;

/** A leader epoch and the offset after the last record that was written under it. */
public record EpochEnd(int leaderEpoch, long endOffset) {}
