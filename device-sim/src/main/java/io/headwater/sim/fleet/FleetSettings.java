package io.headwater.sim.fleet;

import io.headwater.process.HostPort;
import java.time.Duration;

/**
 * @param broker where the devices connect
 * @param devicePrefix devices are called this and a number of four digits
 * @param devices how many
 * @param rate readings a second of all devices together
 * @param topicPrefix a device publishes to {@code <prefix>/<device>/temperature}
 * @param window unacknowledged readings that a device may have under way
 * @param acknowledgeWithin a connection on which an acknowledgement takes longer is given up
 * @param seed of jitter and phases
 */
public record FleetSettings(
    HostPort broker,
    String devicePrefix,
    int devices,
    double rate,
    String topicPrefix,
    int window,
    Duration acknowledgeWithin,
    long seed) {
  public FleetSettings {
    if (devices < 1 || devices > 100_000) {
      throw new IllegalArgumentException("devices " + devices + " is not between 1 and 100000");
    }
    if (!(rate > 0) || rate > 1_000_000) {
      throw new IllegalArgumentException("rate " + rate + " is not above 0 and at most 1000000");
    }
    if (window < 1 || window > 1000) {
      throw new IllegalArgumentException("window " + window + " is not between 1 and 1000");
    }
  }

  /** The usual window and time-out. */
  public static FleetSettings of(
      HostPort broker,
      String devicePrefix,
      int devices,
      double rate,
      String topicPrefix,
      long seed) {
    return new FleetSettings(
        broker, devicePrefix, devices, rate, topicPrefix, 16, Duration.ofSeconds(10), seed);
  }

  String deviceName(int index) {
    return devicePrefix + "%04d".formatted(index);
  }

  /** Time between two readings of one device. */
  long intervalNanos() {
    return Math.max(1, Math.round(1e9 * devices / rate));
  }
}
