package io.headwater.bridge.presence;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.headwater.process.HostPort;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The other bridges, as they announce themselves. Confined to the thread of {@link Presence}. */
final class Peers {
  static final String BRIDGE = "bridge/";

  private static final Logger LOGGER = LoggerFactory.getLogger(Peers.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A peer that says nothing for so long is gone for good. */
  static final long GONE_MS = TimeUnit.MINUTES.toMillis(10);

  /** Lists may differ while brokers are found. */
  private static final long UNLIKE_MS = TimeUnit.SECONDS.toMillis(30);

  /** Where a peer's broker is. */
  record Found(List<HostPort> addresses, boolean tls) {}

  private record Peer(BridgeEntry entry, long heardMs) {}

  private final String bridgeId;
  private final String host;
  private final Map<String, Peer> peers = new TreeMap<>();
  private final Map<String, Long> unlikeSinceMs = new HashMap<>();
  private final Set<String> warned = new HashSet<>();
  private boolean changed;

  Peers(String bridgeId, String host) {
    this.bridgeId = bridgeId;
    this.host = host;
  }

  void loaded(String key, @Nullable String value, long nowMs) {
    String id = key.substring(BRIDGE.length());
    if (id.equals(bridgeId)) {
      return;
    }
    changed = true;
    if (value == null) {
      peers.remove(id);
      return;
    }
    try {
      peers.put(id, new Peer(JSON.readValue(value, BridgeEntry.class), nowMs));
    } catch (IOException e) {
      LOGGER
          .atWarn()
          .addKeyValue("key", key)
          .addKeyValue("error", e.getMessage())
          .log("A bridge's record in headwater-presence is not understood");
    }
  }

  /** Forgets peers that have been silent for long, and returns their keys. */
  List<String> takeGone(long nowMs) {
    var gone = new ArrayList<String>();
    peers.forEach((id, peer) -> {
      if (nowMs - peer.heardMs() > GONE_MS) {
        gone.add(id);
      }
    });
    gone.forEach(peers::remove);
    changed |= !gone.isEmpty();
    return gone.stream().map(id -> BRIDGE + id).toList();
  }

  /** Whether something is new since the last call. */
  boolean takeChanged() {
    boolean taken = changed;
    changed = false;
    return taken;
  }

  /** The brokers of peers by which this bridge can become their client, by the peer's id. */
  Map<String, Found> brokers() {
    var found = new TreeMap<String, Found>();
    peers.forEach((id, peer) -> {
      BridgeEntry entry = peer.entry();
      var addresses = new ArrayList<HostPort>();
      for (String text : entry.addresses()) {
        try {
          HostPort address = HostPort.parse(text);
          if (!address.isLoopback() || entry.host().equals(host)) {
            addresses.add(address);
          }
        } catch (IllegalArgumentException _) {
          // Not an address: left out, as one that is not reached.
        }
      }
      if (entry.peers() && !addresses.isEmpty()) {
        found.put(id, new Found(addresses, entry.tls()));
      }
    });
    return found;
  }

  /** Peers whose list is not ours: lanes of theirs are deaf where a gateway may be, or ours. */
  int unlike(Set<String> ownList, long nowMs) {
    int unlike = 0;
    unlikeSinceMs.keySet().retainAll(peers.keySet());
    for (var peer : peers.entrySet()) {
      BridgeEntry entry = peer.getValue().entry();
      if (!entry.online() || Set.copyOf(entry.brokers()).equals(ownList)) {
        unlikeSinceMs.remove(peer.getKey());
        warned.remove(peer.getKey());
        continue;
      }
      unlike++;
      long since = unlikeSinceMs.computeIfAbsent(peer.getKey(), _ -> nowMs);
      if (nowMs - since > UNLIKE_MS && warned.add(peer.getKey())) {
        LOGGER
            .atWarn()
            .addKeyValue("peer", peer.getKey())
            .addKeyValue("itsBrokers", entry.brokers())
            .addKeyValue("ourBrokers", ownList)
            .log(
                "A peer has another list of brokers: gateways at a broker that only one of them"
                    + " has are not heard by the other. Give both the same site-secret-file and"
                    + " 'brokers'");
      }
    }
    return unlike;
  }
}
