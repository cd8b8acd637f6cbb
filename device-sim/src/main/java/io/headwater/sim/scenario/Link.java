package io.headwater.sim.scenario;

import io.headwater.sim.local.Layout;
import java.util.Locale;

/** Where a proxy can be put between two ends. */
public enum Link {
  /** From the devices to the edge agent, or the first MQTT broker: one for each. */
  SENSORS,
  /** From edge agents, or a first broker, to a bridge's broker, or a second: one for each. */
  UPLINK,
  /** From all clients to the hub. */
  HUB;

  /** A link, or one of several: number 0 means all. */
  record Numbered(Link link, int number) {}

  /** How many there are in a system. */
  public int count(Layout layout) {
    return switch (this) {
      case SENSORS -> layout.gateways();
      case UPLINK -> layout.brokers();
      case HUB -> 1;
    };
  }

  /** Reads {@code uplink}, or {@code uplink-2} where there are several. */
  static Numbered parse(String text, Layout layout) {
    for (Link link : values()) {
      if (text.equals(link.label())) {
        return new Numbered(link, 0);
      }
      for (int number = 1; link.count(layout) > 1 && number <= link.count(layout); number++) {
        if (text.equals(link.label() + "-" + number)) {
          return new Numbered(link, number);
        }
      }
    }
    throw new IllegalArgumentException(
        "'"
            + text
            + "' is not one of sensors, uplink, hub"
            + (layout.equals(Layout.USUAL) ? "" : ", or one of these with its number"));
  }

  /** As in scenario files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
