package io.headwater.uplink;

/** What of one partition is in a committed transaction of the hub. */
public record Settled(StreamPartition partition, OffsetRanges ranges) {}
