package io.headwater.edge.mqtt;

import io.headwater.process.ByteSize;
import java.time.Duration;

/**
 * Limits of the MQTT server.
 *
 * @param connections in all
 * @param maxPacketSize announced to MQTT 5 clients
 * @param receiveMaximum publishes that a client may have unacknowledged; announced to MQTT 5
 *     clients
 * @param connectTimeout from the TCP connection to a complete CONNECT
 * @param holdLimit how long a publish may wait for room in the log's queue before it is refused
 * @param maxKeepAlive the longest that an MQTT 5 client may have, also if it asks for none; 0 for
 *     whatever it asks for
 * @param sysInterval between two messages of what the server tells of itself under {@code $SYS}; 0
 *     for none
 * @param limits on what clients may take
 */
public record MqttSettings(
    int connections,
    ByteSize maxPacketSize,
    int receiveMaximum,
    Duration connectTimeout,
    Duration holdLimit,
    Duration maxKeepAlive,
    Duration sysInterval,
    MqttLimits limits) {
  public static final MqttSettings DEFAULTS =
      new MqttSettings(
          1000,
          ByteSize.ofKibibytes(256),
          512,
          Duration.ofSeconds(10),
          Duration.ofSeconds(5),
          Duration.ZERO,
          Duration.ofSeconds(10),
          MqttLimits.DEFAULTS);

  /** With the defaults of what is not named. */
  public MqttSettings(
      int connections,
      ByteSize maxPacketSize,
      int receiveMaximum,
      Duration connectTimeout,
      Duration holdLimit,
      MqttLimits limits) {
    this(
        connections,
        maxPacketSize,
        receiveMaximum,
        connectTimeout,
        holdLimit,
        Duration.ZERO,
        Duration.ofSeconds(10),
        limits);
  }

  public MqttSettings {
    if (receiveMaximum < 1 || receiveMaximum > 65_535) {
      throw new IllegalArgumentException(
          "mqtt.receive-maximum " + receiveMaximum + " is not between 1 and 65535");
    }
    if (maxPacketSize.bytes() > limits.bytesInFlight().bytes()) {
      throw new IllegalArgumentException(
          "mqtt.max-packet-size "
              + maxPacketSize
              + " > mqtt.limits.bytes-in-flight "
              + limits.bytesInFlight());
    }
    if (maxKeepAlive.isNegative()
        || maxKeepAlive.toSeconds() > 65_535
        || (maxKeepAlive.isPositive() && maxKeepAlive.toSeconds() == 0)) {
      throw new IllegalArgumentException(
          "mqtt.max-keep-alive " + maxKeepAlive + " is neither 0 nor between 1s and 65535s");
    }
    if (sysInterval.isNegative() || (sysInterval.isPositive() && sysInterval.toSeconds() == 0)) {
      throw new IllegalArgumentException(
          "mqtt.sys-interval " + sysInterval + " is neither 0 nor at least 1s");
    }
    if (maxPacketSize.bytes() < 1024 || maxPacketSize.bytes() > 256 << 20) {
      throw new IllegalArgumentException(
          "mqtt.max-packet-size " + maxPacketSize + " is not between 1KiB and 256MiB");
    }
  }
}
