package io.headwater.bridge.presence;

import io.headwater.bridge.broker.BrokerClient;
import io.headwater.bridge.broker.BrokerTarget;
import io.headwater.bridge.handover.GatewayListener;
import io.headwater.bridge.handover.LaneListener;
import io.headwater.process.Threads;
import io.headwater.uplink.DeviceReport;
import io.headwater.uplink.GatewayStatus;
import io.headwater.uplink.MalformedUplinkException;
import io.headwater.uplink.UplinkCodec;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps {@code headwater-presence}; see the package comment. State is confined to its thread. */
public final class Presence implements LaneListener, GatewayListener, AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Presence.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final long ANNOUNCE_MS = TimeUnit.SECONDS.toMillis(60);
  private static final long FORGET_MS = TimeUnit.SECONDS.toMillis(60);
  private static final long SLEPT_MS = TimeUnit.SECONDS.toMillis(5);
  private static final long RETRY_MS = 1_000;
  private static final long MOST_QUEUED_BYTES = 32 << 20;

  private final PresenceSettings settings;
  private final Site site;
  private final PresenceMetrics metrics;
  private final Clock clock;
  private final PresenceBoard board;
  private final Peers peers;
  private final EventQueue events = new EventQueue(MOST_QUEUED_BYTES);
  private final Thread thread;
  private volatile boolean closing;

  // Confined to the thread.
  private @Nullable BridgeEntry announced;
  private long announcedMs;
  private long forgottenMs;
  private long turnedMs;

  /** Begins to work; a hub that is not there is waited for. */
  public Presence(PresenceSettings settings, Site site, PresenceMetrics metrics, Clock clock) {
    this.settings = settings;
    this.site = site;
    this.metrics = metrics;
    this.clock = clock;
    this.board = new PresenceBoard(this.settings, site.bridgeId());
    this.peers = new Peers(site.bridgeId(), site.host());
    this.thread = Threads.start("bridge-presence-0", this::run);
  }

  @Override
  public void given(Set<Integer> lanes) {
    Set<Integer> copy = Set.copyOf(lanes);
    events.add(() -> board.given(copy, clock.millis()));
  }

  @Override
  public void taken(Set<Integer> lanes) {
    Set<Integer> copy = Set.copyOf(lanes);
    events.add(() -> board.taken(copy));
  }

  @Override
  public void forgotten(String gateway) {
    events.add(() -> board.forgotten(gateway));
  }

  @Override
  public void status(String gateway, byte[] payload, BrokerClient from) {
    try {
      if (UplinkCodec.isDeviceReport(payload)) {
        DeviceReport report = UplinkCodec.decodeDevices(payload);
        if (report.gateway().equals(gateway)) {
          later(payload.length, () -> board.devices(report));
          return;
        }
      } else {
        GatewayStatus status = UplinkCodec.decodeStatus(payload);
        if (status.gateway().equals(gateway)) {
          later(payload.length, () -> board.status(status, from.name(), clock.millis()));
          return;
        }
      }
      metrics.dropped("another-gateway", 1);
    } catch (MalformedUplinkException e) {
      metrics.dropped("malformed", 1);
      LOGGER
          .atWarn()
          .addKeyValue("gateway", gateway)
          .addKeyValue("error", e.getMessage())
          .log("A status message is not understood");
    }
  }

  private void later(int bytes, Runnable event) {
    if (!events.offer(bytes, event)) {
      metrics.dropped("queue-full", 1); // the next heartbeat or snapshot says it again
    }
  }

  private void run() {
    while (!closing) {
      try (PresenceTopic topic = PresenceTopic.open(site.hub(), site.bridgeId())) {
        announced = null;
        while (!closing) {
          topic.poll(POLL, this::loaded);
          if (topic.isLoaded()) {
            turn(topic);
          }
        }
        BridgeEntry last = announced;
        if (last != null) {
          announce(topic, last.now(false, clock.millis(), last.brokers()));
        }
      } catch (RuntimeException e) {
        if (closing) {
          return;
        }
        metrics.failed();
        LOGGER
            .atWarn()
            .addKeyValue("hub", site.hub())
            .addKeyValue("error", e.toString())
            .log("Presence is not kept for now; it begins anew");
        board.takeWrites();
        board.writeAllAgain();
        pause();
      }
    }
  }

  private void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(RETRY_MS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      closing = true;
    }
  }

  private void loaded(String key, @Nullable String value) {
    if (key.startsWith(Peers.BRIDGE)) {
      peers.loaded(key, value, clock.millis());
    } else {
      board.loaded(key, value);
    }
  }

  private void turn(PresenceTopic topic) {
    long now = clock.millis();
    if (Math.abs(now - turnedMs) > SLEPT_MS) {
      board.slept(now);
    }
    turnedMs = now;
    for (Runnable event = events.poll(); event != null; event = events.poll()) {
      event.run();
    }
    board.turn(now);
    if (now - forgottenMs >= FORGET_MS) {
      forgottenMs = now;
      board.forget(now);
      peers.takeGone(now).forEach(key -> topic.write(new PresenceBoard.Write(key, null)));
    }
    List<PresenceBoard.Write> writes = board.takeWrites();
    writes.forEach(topic::write);
    metrics.written(writes.size());
    metrics.dropped("too-many-devices", board.takeDroppedDevices());
    meetPeers();
    announceIfDue(topic, now);
  }

  private void meetPeers() {
    if (site.credentials().isEmpty() || !peers.takeChanged()) {
      return;
    }
    var targets = new TreeMap<String, BrokerTarget>();
    peers
        .brokers()
        .forEach((id, found) -> {
          if (found.addresses().stream().noneMatch(site.addresses()::contains)) {
            targets.put(
                id,
                BrokerTarget.ofSite(
                    found.addresses(),
                    found.tls() ? Optional.of(site.tls()) : Optional.empty(),
                    site.credentials().get()));
          }
        });
    site.brokers().setPeers(Map.copyOf(targets));
  }

  private void announceIfDue(PresenceTopic topic, long now) {
    Set<String> all = new TreeSet<>(site.brokers().names());
    all.remove(site.ownClient());
    all.add(site.name());
    metrics.unlike(peers.unlike(all, now));
    BridgeEntry last = announced;
    List<String> list = List.copyOf(all);
    if (last == null || !last.brokers().equals(list) || now - announcedMs >= ANNOUNCE_MS) {
      announce(topic, site.entry(now, list));
      announcedMs = now;
    }
  }

  private void announce(PresenceTopic topic, BridgeEntry entry) {
    topic.write(new PresenceBoard.Write(Peers.BRIDGE + site.bridgeId(), PresenceBoard.json(entry)));
    announced = entry;
  }

  @Override
  public void close() {
    closing = true;
    try {
      thread.join(5_000);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
