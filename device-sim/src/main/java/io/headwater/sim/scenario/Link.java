package io.headwater.sim.scenario;

import java.util.Locale;

/** Where a proxy can be put between two ends. */
public enum Link {
  /** From the devices to the edge agent, or the first MQTT broker. */
  SENSORS,
  /** From the edge agent, or a first broker, to the bridge's broker, or a second. */
  UPLINK,
  /** From all clients to the hub. */
  HUB;

  /** As in scenario files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
