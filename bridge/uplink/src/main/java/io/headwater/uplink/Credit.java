package io.headwater.uplink;

/**
 * How much may be under way, unanswered: absolute, replaces the credit before.
 *
 * @param batches at least 1
 * @param bytes at least 64 KiB
 */
public record Credit(int batches, long bytes) {}
