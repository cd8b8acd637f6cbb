package io.headwater.uplink;

import java.util.List;

/**
 * Which devices came to or left a gateway's agent. Not acknowledged: a snapshot after each
 * connection, and now and then, heals what was lost.
 *
 * @param reportedMs by the gateway's clock; the parts of one snapshot share it
 * @param part of the snapshot, from 0
 * @param parts of the snapshot; 0 for a report of changes
 */
public record DeviceReport(
    String gateway, long reportedMs, int part, int parts, List<Entry> devices) {
  /** Of one report. */
  public static final int MOST_DEVICES = 500;

  /** Of one snapshot. */
  public static final int MOST_PARTS = 64;

  private static final int LONGEST_CLIENT = 256;

  /**
   * One device.
   *
   * @param client its MQTT client identifier
   * @param lastSeenMs by the gateway's clock
   */
  public record Entry(String client, boolean online, long lastSeenMs) {
    public Entry {
      if (client.isEmpty() || client.length() > LONGEST_CLIENT) {
        throw new IllegalArgumentException(
            "client identifier of " + client.length() + " characters");
      }
    }
  }

  public DeviceReport {
    devices = List.copyOf(devices);
    if (devices.size() > MOST_DEVICES) {
      throw new IllegalArgumentException(devices.size() + " devices > max " + MOST_DEVICES);
    }
    if (parts < 0 || parts > MOST_PARTS || part < 0 || part >= Math.max(1, parts)) {
      throw new IllegalArgumentException("part " + part + " of " + parts);
    }
  }

  /** Whether all connected devices are named, in this part and its siblings. */
  public boolean isSnapshot() {
    return parts > 0;
  }
}
