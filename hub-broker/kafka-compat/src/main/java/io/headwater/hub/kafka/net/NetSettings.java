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
 * @param sendBuffer what the kernel holds of a connection's answers, as Kafka's {@code
 *     socket.send.buffer.bytes}. With more, the kernel sends in the reader's own time what the
 *     hub's thread would send beside it; a long line needs more: bandwidth times round trip
 */
public record NetSettings(
    ByteSize requestMemory,
    int maxConnections,
    int maxConnectionsPerAddress,
    Duration idleTimeout,
    ByteSize sendBuffer) {
  public static final NetSettings DEFAULTS =
      new NetSettings(
          ByteSize.ofMebibytes(128),
          20_000,
          10_000,
          Duration.ofMinutes(10),
          ByteSize.ofKibibytes(100));

  private static final long LEAST_MEMORY = 1 << 20;
  private static final long LEAST_SEND_BUFFER = 4 << 10;
  private static final long MOST_SEND_BUFFER = 1 << 30;

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
    if (sendBuffer.bytes() < LEAST_SEND_BUFFER || sendBuffer.bytes() > MOST_SEND_BUFFER) {
      throw new IllegalArgumentException("send-buffer " + sendBuffer + " is not 4KiB to 1GiB");
    }
  }
}
