package io.headwater.bridge.presence;

import java.time.Duration;

/**
 * How presence is kept.
 *
 * @param interval between two records of one gateway of which nothing important has changed
 * @param silence after which a gateway that sends no status is offline; three of its heartbeats if
 *     that is longer
 * @param forgetDevices an offline device is forgotten after so long
 * @param forgetGateways an offline gateway is forgotten after so long
 */
public record PresenceSettings(
    Duration interval, Duration silence, Duration forgetDevices, Duration forgetGateways) {
  public static final PresenceSettings DEFAULTS =
      new PresenceSettings(
          Duration.ofSeconds(60), Duration.ofSeconds(45), Duration.ofDays(7), Duration.ofDays(90));

  public PresenceSettings {
    if (interval.toMillis() < 1_000) {
      throw new IllegalArgumentException(
          "presence.interval " + interval.toMillis() + "ms < min 1s");
    }
    if (silence.toMillis() < 1_000) {
      throw new IllegalArgumentException("presence.silence " + silence.toMillis() + "ms < min 1s");
    }
  }
}
