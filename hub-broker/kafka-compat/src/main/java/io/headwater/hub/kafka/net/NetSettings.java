package io.headwater.hub.kafka.net;

import io.headwater.process.ByteSize;
import java.time.Duration;

/**
 * What clients may take of the hub.
 *
 * @param requestMemory of all requests between their first byte and their answer; more wait unread
 * @param maxConnections in all; more are closed at once
 * @param maxConnectionsPerAddress from one address
 * @param idleTimeout until a connection without a request is closed, as Kafka's {@code
 *     connections.max.idle.ms}
 */
public record NetSettings(
    ByteSize requestMemory,
    int maxConnections,
    int maxConnectionsPerAddress,
    Duration idleTimeout) {
  public static final NetSettings DEFAULTS =
      new NetSettings(ByteSize.ofMebibytes(128), 20_000, 10_000, Duration.ofMinutes(10));

  private static final long LEAST_MEMORY = 1 << 20;

  public NetSettings {
    if (requestMemory.bytes() < LEAST_MEMORY) {
      throw new IllegalArgumentException("request-memory " + requestMemory + " < min 1MiB");
    }
    if (maxConnections < 1) {
      throw new IllegalArgumentException("max-connections " + maxConnections + " < min 1");
    }
    if (maxConnectionsPerAddress < 1) {
      throw new IllegalArgumentException(
          "max-connections-per-address " + maxConnectionsPerAddress + " < min 1");
    }
    if (idleTimeout.toSeconds() < 1) {
      throw new IllegalArgumentException("idle-timeout " + idleTimeout + " < min 1s");
    }
  }
}
