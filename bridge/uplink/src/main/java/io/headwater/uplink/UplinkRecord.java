package io.headwater.uplink;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One reading.
 *
 * @param offset in its stream and partition
 * @param capturedMs milliseconds since 1970 by the device's clock
 * @param key of the hub record; null for none
 * @param value as published, never rewritten
 * @param mqttTopic that it was published to; empty if it did not come by MQTT
 * @param mqttClient client identifier of the publisher; empty if none
 */
@SuppressWarnings("ArrayRecordComponent") // equals compares contents; nobody writes into them
public record UplinkRecord(
    long offset,
    long capturedMs,
    ClockQuality clock,
    byte @Nullable [] key,
    byte[] value,
    String mqttTopic,
    String mqttClient) {
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof UplinkRecord that
        && offset == that.offset
        && capturedMs == that.capturedMs
        && clock == that.clock
        && Arrays.equals(key, that.key)
        && Arrays.equals(value, that.value)
        && mqttTopic.equals(that.mqttTopic)
        && mqttClient.equals(that.mqttClient);
  }

  @Override
  public int hashCode() {
    return Objects.hash(offset, capturedMs, clock, Arrays.hashCode(value), mqttTopic, mqttClient);
  }
}
