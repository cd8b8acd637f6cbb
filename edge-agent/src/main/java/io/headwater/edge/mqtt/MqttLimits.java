package io.headwater.edge.mqtt;

import io.headwater.process.ByteSize;
import java.time.Duration;

/**
 * Bounds on what clients may take of the server.
 *
 * @param connectionsPerAddress from one address; clients of this machine are not counted so
 * @param packetTimeout from a packet's first byte to its last
 * @param bytesInFlight of a connection: of its incomplete packet and of its publishes that are not
 *     committed yet
 * @param bytesInFlightInAll of all connections
 * @param topicBytes of a topic
 * @param topicLevels of a topic
 * @param filtersPerSubscribe in one SUBSCRIBE
 * @param filtersPerSession of one client
 * @param filtersInAll of all clients
 */
public record MqttLimits(
    int connectionsPerAddress,
    Duration packetTimeout,
    ByteSize bytesInFlight,
    ByteSize bytesInFlightInAll,
    int topicBytes,
    int topicLevels,
    int filtersPerSubscribe,
    int filtersPerSession,
    int filtersInAll) {
  public static final MqttLimits DEFAULTS =
      new MqttLimits(
          100,
          Duration.ofSeconds(30),
          ByteSize.ofMebibytes(1),
          ByteSize.ofMebibytes(16),
          1024,
          16,
          64,
          256,
          20_000);

  public MqttLimits {
    if (connectionsPerAddress < 1) {
      throw new IllegalArgumentException(
          "connections-per-address " + connectionsPerAddress + " < 1");
    }
    if (topicBytes < 1 || topicBytes > 65_535) {
      throw new IllegalArgumentException(
          "topic-bytes " + topicBytes + " is not between 1 and 65535");
    }
    if (topicLevels < 1) {
      throw new IllegalArgumentException("topic-levels " + topicLevels + " < 1");
    }
    if (packetTimeout.isZero() || packetTimeout.isNegative()) {
      throw new IllegalArgumentException("packet-timeout " + packetTimeout + " is not above 0");
    }
    if (bytesInFlight.bytes() > bytesInFlightInAll.bytes()) {
      throw new IllegalArgumentException(
          "bytes-in-flight " + bytesInFlight + " > bytes-in-flight-in-all " + bytesInFlightInAll);
    }
    if (filtersPerSubscribe < 1 || filtersPerSession < 1 || filtersInAll < 1) {
      throw new IllegalArgumentException(
          "filters-per-subscribe, filters-per-session and filters-in-all must be at least 1");
    }
  }
}
