package io.headwater.bridge.presence;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * The value of {@code bridge/<id>}: where its embedded broker is, and which brokers it is a client
 * of.
 *
 * @param lastSeen in ms since 1970, by its own clock
 * @param host on which it runs: a loopback address is good for peers there only
 * @param addresses of its embedded broker
 * @param tls whether TLS is spoken there
 * @param peers whether it has a site's secret, by which peers may connect
 * @param brokers all brokers in its list, its own included
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record BridgeEntry(
    boolean online,
    long lastSeen,
    String version,
    String host,
    List<String> addresses,
    boolean tls,
    boolean peers,
    List<String> brokers) {
  BridgeEntry {
    addresses = List.copyOf(addresses);
    brokers = List.copyOf(brokers);
  }

  BridgeEntry now(boolean isOnline, long nowMs, List<String> allBrokers) {
    return new BridgeEntry(isOnline, nowMs, version, host, addresses, tls, peers, allBrokers);
  }
}
