package io.headwater.bridge.presence;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headwater.uplink.DeviceReport;
import io.headwater.uplink.GatewayStatus;
import io.headwater.uplink.UplinkTopics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of gateways and devices, and what of it has to be written. Only gateways of owned
 * lanes are judged. No time, no network; confined to the thread of {@link Presence}.
 */
final class PresenceBoard {
  static final String GATEWAY = "gateway/";
  static final String DEVICE = "device/";

  private static final Logger LOGGER = LoggerFactory.getLogger(PresenceBoard.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Between two records of one gateway, however much it changes. */
  private static final long AT_MOST_EVERY_MS = 1_000;

  /** A connected device's record is renewed with a snapshot when it is older. */
  private static final long RENEW_DEVICE_MS = TimeUnit.MINUTES.toMillis(5);

  private static final int HEARTBEATS_OF_SILENCE = 3;
  private static final int MOST_DEVICES = 100_000;

  /** A record to write; without a value it is a tombstone. */
  record Write(String key, @Nullable String value) {}

  private static final class Gateway {
    private @Nullable GatewayEntry entry;
    private @Nullable GatewayEntry written;
    private long writtenMs = Long.MIN_VALUE / 2;
    private long heardMs;
    private long silenceMs;
    private boolean rewrite;
    private final Map<String, DeviceEntry> devices = new HashMap<>();

    // The snapshot that is arriving.
    private long snapshotMs = -1;
    private final Set<Integer> snapshotParts = new HashSet<>();
    private final Set<String> snapshotOnline = new HashSet<>();
  }

  private final PresenceSettings settings;
  private final String bridgeId;
  private final Map<String, Gateway> gateways = new HashMap<>();
  private final Map<Integer, Long> lanesGivenMs = new HashMap<>();
  private final List<Write> writes = new ArrayList<>();
  private int devices;
  private long droppedDevices;

  PresenceBoard(PresenceSettings settings, String bridgeId) {
    this.settings = settings;
    this.bridgeId = bridgeId;
  }

  /** Lanes are owned from now on; their gateways get the time of a silence to be heard. */
  void given(Set<Integer> lanes, long nowMs) {
    lanes.forEach(lane -> lanesGivenMs.put(lane, nowMs));
  }

  void taken(Set<Integer> lanes) {
    lanesGivenMs.keySet().removeAll(lanes);
  }

  /** The process was stopped for a while: silence says nothing. */
  void slept(long nowMs) {
    lanesGivenMs.replaceAll((_, _) -> nowMs);
  }

  private boolean isOwned(String gateway) {
    return lanesGivenMs.containsKey(UplinkTopics.lane(gateway));
  }

  private Gateway gateway(String name) {
    return gateways.computeIfAbsent(name, _ -> new Gateway());
  }

  /** A record of the topic, own ones included. */
  void loaded(String key, @Nullable String value) {
    try {
      if (key.startsWith(GATEWAY)) {
        loadedGateway(
            key.substring(GATEWAY.length()),
            value == null ? null : JSON.readValue(value, GatewayEntry.class));
      } else if (key.startsWith(DEVICE)) {
        loadedDevice(
            key.substring(DEVICE.length()),
            value == null ? null : JSON.readValue(value, DeviceEntry.class));
      }
    } catch (IOException e) {
      LOGGER
          .atWarn()
          .addKeyValue("key", key)
          .addKeyValue("error", e.getMessage())
          .log("A record of headwater-presence is not understood");
    }
  }

  private void loadedGateway(String name, @Nullable GatewayEntry entry) {
    if (!UplinkTopics.isGateway(name)) {
      return;
    }
    if (entry == null) {
      Gateway gone = gateways.get(name);
      if (gone != null) {
        gone.written = null;
        if (!isOwned(name)) {
          gone.entry = null;
        }
      }
      return;
    }
    Gateway gateway = gateway(name);
    gateway.written = entry;
    boolean own = bridgeId.equals(entry.bridge());
    if (gateway.entry == null || !isOwned(name)) {
      gateway.entry = entry;
    } else if (!own && gateway.entry.online() != entry.online()) {
      gateway.rewrite = true; // one that does not own the lane any more has judged it
    }
  }

  private void loadedDevice(String rest, @Nullable DeviceEntry entry) {
    int slash = rest.indexOf('/');
    if (slash < 0) {
      return;
    }
    String name = rest.substring(0, slash);
    String client = rest.substring(slash + 1);
    if (entry == null) {
      Gateway gateway = gateways.get(name);
      if (gateway != null && gateway.devices.remove(client) != null) {
        devices--;
      }
    } else {
      put(gateway(name), client, entry);
    }
  }

  private boolean put(Gateway gateway, String client, DeviceEntry entry) {
    if (!gateway.devices.containsKey(client)) {
      if (devices >= MOST_DEVICES) {
        droppedDevices++;
        return false;
      }
      devices++;
    }
    gateway.devices.put(client, entry);
    return true;
  }

  /** Devices above the bound, since the last call. */
  long takeDroppedDevices() {
    long dropped = droppedDevices;
    droppedDevices = 0;
    return dropped;
  }

  /** A heartbeat or a will. */
  void status(GatewayStatus status, String broker, long nowMs) {
    Gateway gateway = gateway(status.gateway());
    GatewayEntry before = gateway.entry;
    if (status.online()) {
      gateway.heardMs = nowMs;
      gateway.silenceMs =
          Math.max(
              settings.silence().toMillis(), HEARTBEATS_OF_SILENCE * status.run().heartbeatMs());
      gateway.entry = GatewayEntry.heard(status, before, nowMs, broker, bridgeId);
      return;
    }
    // The will of a connection that it has left for another broker comes late.
    boolean elsewhere = before != null && !broker.equals(before.broker());
    if (before != null && before.online() && !elsewhere) {
      gateway.entry = before.offline(nowMs, bridgeId);
    }
  }

  /** What an agent says of its devices. */
  void devices(DeviceReport report) {
    Gateway gateway = gateway(report.gateway());
    boolean complete = report.isSnapshot() && collect(gateway, report);
    for (DeviceReport.Entry device : report.devices()) {
      DeviceEntry before = gateway.devices.get(device.client());
      var now =
          new DeviceEntry(device.online(), device.lastSeenMs(), report.gateway(), device.client());
      if (before == null
          || before.online() != now.online()
          || now.lastSeen() - before.lastSeen() >= RENEW_DEVICE_MS) {
        write(gateway, now);
      }
    }
    if (complete) {
      for (DeviceEntry known : List.copyOf(gateway.devices.values())) {
        if (known.online() && !gateway.snapshotOnline.contains(known.client())) {
          write(gateway, new DeviceEntry(false, known.lastSeen(), known.gateway(), known.client()));
        }
      }
      gateway.snapshotOnline.clear();
      gateway.snapshotParts.clear();
    }
  }

  /** Whether the snapshot is complete now. */
  private static boolean collect(Gateway gateway, DeviceReport report) {
    if (report.reportedMs() != gateway.snapshotMs) {
      gateway.snapshotMs = report.reportedMs();
      gateway.snapshotParts.clear();
      gateway.snapshotOnline.clear();
    }
    gateway.snapshotParts.add(report.part());
    report.devices().stream()
        .filter(DeviceReport.Entry::online)
        .forEach(device -> gateway.snapshotOnline.add(device.client()));
    return gateway.snapshotParts.size() == report.parts();
  }

  private void write(Gateway gateway, DeviceEntry entry) {
    if (put(gateway, entry.client(), entry)) {
      writes.add(new Write(DEVICE + entry.gateway() + "/" + entry.client(), json(entry)));
    }
  }

  /** Time passes: silent gateways go offline, what has changed is due, what is old is forgotten. */
  void turn(long nowMs) {
    gateways.forEach((name, gateway) -> {
      GatewayEntry entry = gateway.entry;
      Long given = lanesGivenMs.get(UplinkTopics.lane(name));
      if (entry == null || given == null) {
        return;
      }
      long silence = Math.max(gateway.silenceMs, settings.silence().toMillis());
      if (entry.online() && nowMs - Math.max(gateway.heardMs, given) > silence) {
        entry = entry.offline(nowMs, bridgeId);
        gateway.entry = entry;
      }
      boolean due =
          gateway.rewrite
              || entry.differsFrom(gateway.written)
              || (nowMs - gateway.writtenMs >= settings.interval().toMillis()
                  && !entry.equals(gateway.written));
      if (due && nowMs - gateway.writtenMs >= AT_MOST_EVERY_MS) {
        gateway.rewrite = false;
        gateway.writtenMs = nowMs;
        gateway.written = entry;
        writes.add(new Write(GATEWAY + name, json(entry)));
      }
    });
  }

  /** Forgets what has been offline for long; called now and then. */
  void forget(long nowMs) {
    gateways.forEach((name, gateway) -> {
      if (!isOwned(name)) {
        return;
      }
      for (DeviceEntry device : List.copyOf(gateway.devices.values())) {
        if (!device.online() && nowMs - device.lastSeen() > settings.forgetDevices().toMillis()) {
          gateway.devices.remove(device.client());
          devices--;
          forget(DEVICE + name + "/" + device.client());
        }
      }
      GatewayEntry entry = gateway.entry;
      if (entry != null
          && !entry.online()
          && gateway.devices.isEmpty()
          && nowMs - entry.lastSeen() > settings.forgetGateways().toMillis()) {
        gateway.entry = null;
        gateway.written = null;
        forget(GATEWAY + name);
      }
    });
    gateways.values().removeIf(gateway -> gateway.entry == null && gateway.devices.isEmpty());
  }

  /** Forgets a gateway and its devices at once, unless it is there. */
  void forgotten(String name) {
    Gateway gateway = gateways.get(name);
    if (gateway == null || (gateway.entry != null && gateway.entry.online())) {
      return;
    }
    gateways.remove(name);
    devices -= gateway.devices.size();
    gateway.devices.keySet().forEach(client -> forget(DEVICE + name + "/" + client));
    forget(GATEWAY + name);
  }

  private void forget(String key) {
    writes.add(new Write(key, null));
  }

  /** What was written last may not have arrived. */
  void writeAllAgain() {
    gateways.forEach((name, gateway) -> {
      if (isOwned(name) && gateway.entry != null) {
        gateway.rewrite = true;
        gateway.devices.values().forEach(device -> write(gateway, device));
      }
    });
  }

  /** What is to be written since the last call. */
  List<Write> takeWrites() {
    List<Write> taken = List.copyOf(writes);
    writes.clear();
    return taken;
  }

  static String json(Object entry) {
    try {
      return JSON.writeValueAsString(entry);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
