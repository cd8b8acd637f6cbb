package io.headwater.edge.forward;

import io.headwater.edge.clock.ClockKeeper;
import io.headwater.edge.mqtt.ClientWatch;
import io.headwater.uplink.DeviceReport;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The devices that are connected, and who came or went since it was last told. Thread-safe. */
public final class DeviceRoster implements ClientWatch {
  private static final int MOST_CHANGES = 5_000;
  private static final int MOST_IN_SNAPSHOT = DeviceReport.MOST_DEVICES * DeviceReport.MOST_PARTS;

  private final ClockKeeper clock;

  // Guarded by this.
  private final Set<String> connected = new HashSet<>();
  private final Map<String, DeviceReport.Entry> changes = new LinkedHashMap<>();
  private boolean overflown;

  public DeviceRoster(ClockKeeper clock) {
    this.clock = clock;
  }

  @Override
  public synchronized void connected(String clientId) {
    connected.add(clientId);
    changed(clientId, true);
  }

  @Override
  public synchronized void disconnected(String clientId) {
    connected.remove(clientId);
    changed(clientId, false);
  }

  private void changed(String clientId, boolean online) {
    if (changes.size() >= MOST_CHANGES && !changes.containsKey(clientId)) {
      overflown = true; // only a snapshot tells now
      changes.clear();
    }
    changes.put(clientId, new DeviceReport.Entry(clientId, online, clock.millis()));
  }

  synchronized int size() {
    return connected.size();
  }

  /** Changes since they were last taken; empty if only a snapshot can tell them. */
  synchronized Optional<List<DeviceReport.Entry>> takeChanges() {
    if (overflown) {
      return Optional.empty();
    }
    var taken = new ArrayList<DeviceReport.Entry>();
    var iterator = changes.values().iterator();
    while (iterator.hasNext() && taken.size() < DeviceReport.MOST_DEVICES) {
      taken.add(iterator.next());
      iterator.remove();
    }
    return Optional.of(taken);
  }

  /** All that are connected, in parts; changes are told by that. */
  synchronized List<DeviceReport> takeSnapshot(String gateway) {
    changes.clear();
    overflown = false;
    long now = clock.millis();
    List<DeviceReport.Entry> all =
        connected.stream()
            .limit(MOST_IN_SNAPSHOT)
            .map(client -> new DeviceReport.Entry(client, true, now))
            .toList();
    int parts = Math.max(1, Math.ceilDiv(all.size(), DeviceReport.MOST_DEVICES));
    var reports = new ArrayList<DeviceReport>();
    for (int part = 0; part < parts; part++) {
      int from = part * DeviceReport.MOST_DEVICES;
      reports.add(
          new DeviceReport(
              gateway,
              now,
              part,
              parts,
              all.subList(from, Math.min(all.size(), from + DeviceReport.MOST_DEVICES))));
    }
    return reports;
  }
}
