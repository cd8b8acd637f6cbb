package io.headwater.bridge.downlink;

import io.headwater.uplink.UplinkTopics;

/**
 * A hub topic whose newest values gateways get on a plain topic of their own listener.
 *
 * @param topic in the hub
 * @param gateway one of them, or {@code *} for all
 * @param mqtt the plain topic; {@code {key}} is the record's key
 */
public record DownMapping(String topic, String gateway, String mqtt) {
  static final String ALL = "*";
  static final String KEY = "{key}";

  public DownMapping {
    if (topic.isEmpty()) {
      throw new IllegalArgumentException("down: a mapping has no topic");
    }
    if (topic.startsWith("headwater-") || topic.startsWith("__")) {
      throw new IllegalArgumentException("down: topic '" + topic + "' is not one of values");
    }
    if (!gateway.equals(ALL) && !UplinkTopics.isGateway(gateway)) {
      throw new IllegalArgumentException(
          "down: '" + gateway + "' is neither a gateway's name nor '*'");
    }
    if (!isTopic(mqtt.replace(KEY, "k"))) {
      throw new IllegalArgumentException("down: '" + mqtt + "' cannot be an MQTT topic");
    }
  }

  boolean isKeyed() {
    return mqtt.contains(KEY);
  }

  static boolean isTopic(String name) {
    return !name.isEmpty()
        && name.length() <= 1024
        && !name.startsWith("$")
        && name.chars().noneMatch(c -> c == '+' || c == '#' || Character.isISOControl(c));
  }
}
