package io.headwater.bridge.presence;

import io.headwater.bridge.broker.Brokers;
import io.headwater.bridge.broker.EmbeddedBroker;
import io.headwater.process.HostPort;
import io.headwater.process.TlsSettings;
import java.util.List;
import java.util.Optional;

/**
 * This bridge among its peers.
 *
 * @param host on which it runs
 * @param addresses of its embedded broker, as gateways and peers reach it
 * @param tlsSpoken whether TLS is spoken there
 * @param ownClient name of the bridge's own client of it, which goes by a loopback address
 * @param credentials that peers share; without them peers stay strangers
 * @param tls for connections to peers
 */
public record Site(
    String bridgeId,
    String version,
    String hub,
    String host,
    List<HostPort> addresses,
    boolean tlsSpoken,
    String ownClient,
    Optional<EmbeddedBroker.Credentials> credentials,
    TlsSettings tls,
    Brokers brokers) {
  public Site {
    addresses = List.copyOf(addresses);
  }

  /** Its broker's name in lists of brokers. */
  String name() {
    return String.join(",", addresses.stream().map(HostPort::toString).toList());
  }

  BridgeEntry entry(long nowMs, List<String> allBrokers) {
    return new BridgeEntry(
        true,
        nowMs,
        version,
        host,
        addresses.stream().map(HostPort::toString).toList(),
        tlsSpoken,
        credentials.isPresent(),
        allBrokers);
  }
}
