package io.headwater.uplink;

/** A batch that was not taken. */
public record Reject(
    StreamPartition partition,
    long firstOffset,
    long nextOffset,
    RejectReason reason,
    String detail) {}
