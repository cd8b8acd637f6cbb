package io.headwater.uplink;

/**
 * How a gateway wants a stream's topic to be made, where it does not exist yet.
 *
 * @param partitions -1 for the bridge's default
 * @param retentionMs -1 for the hub's default
 * @param compression {@code compression.type} of the topic; empty for the hub's default
 */
public record StreamDeclaration(
    String stream, int partitions, long retentionMs, String compression) {}
