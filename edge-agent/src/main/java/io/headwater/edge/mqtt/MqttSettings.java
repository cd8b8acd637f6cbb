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
 * @param limits on what clients may take
 */
public record MqttSettings(
    int connections,
    ByteSize maxPacketSize,
    int receiveMaximum,
    Duration connectTimeout,
    Duration holdLimit,
    MqttLimits limits) {
  public static final MqttSettings DEFAULTS =
      new MqttSettings(
          1000,
          ByteSize.ofKibibytes(256),
          512,
          Duration.ofSeconds(10),
          Duration.ofSeconds(5),
          MqttLimits.DEFAULTS);

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
    if (maxPacketSize.bytes() < 1024 || maxPacketSize.bytes() > 256 << 20) {
      throw new IllegalArgumentException(
          "mqtt.max-packet-size " + maxPacketSize + " is not between 1KiB and 256MiB");
    }
  }
}
