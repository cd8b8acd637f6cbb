package io.headwater.uplink;

/**
 * What a frame that claims to be a batch says of itself; nothing of it is checked. Good for telling
 * its sender what is wrong with it, no more.
 *
 * @param version of the frame; above 1 the fields after the epoch mean nothing
 */
public record BatchHeader(
    int version,
    String gateway,
    long epoch,
    StreamPartition partition,
    long firstOffset,
    long nextOffset,
    int blockLength) {}
