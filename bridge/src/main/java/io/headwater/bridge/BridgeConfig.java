package io.headwater.bridge;

import io.headwater.bridge.broker.BrokerSettings;
import io.headwater.bridge.downlink.CommandLimits;
import io.headwater.bridge.downlink.DownMapping;
import io.headwater.bridge.handover.HandoverSettings;
import io.headwater.bridge.presence.PresenceSettings;
import io.headwater.process.ByteSize;
import io.headwater.process.HostPort;
import io.headwater.process.TlsSettings;
import io.headwater.uplink.UplinkTopics;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The bridge's configuration; {@code examples/bridge.yaml} explains each key.
 *
 * @param data folder in which it keeps its id
 * @param id of this bridge, stable; drawn once if absent
 * @param listen addresses of the embedded broker
 * @param tls of the embedded broker, and of connections to peers
 * @param access who may connect to the embedded broker
 * @param brokers further MQTT brokers that it is a client of
 * @param insecure allows to listen on a network without authentication
 * @param maxMessageSize of one MQTT message
 * @param down hub topics whose newest values gateways get
 */
public record BridgeConfig(
    Path data,
    Optional<String> id,
    Listen listen,
    TlsSettings tls,
    Access access,
    List<BrokerSettings> brokers,
    HostPort http,
    boolean insecure,
    ByteSize maxMessageSize,
    PresenceSettings presence,
    HandoverSettings uplink,
    CommandLimits commands,
    List<DownMapping> down) {
  public static final BridgeConfig DEFAULTS =
      new BridgeConfig(
          Path.of(".headwater", "bridge"),
          Optional.empty(),
          new Listen(new HostPort("127.0.0.1", 1884), Optional.empty(), List.of()),
          TlsSettings.DEFAULTS,
          new Access(Optional.empty(), Optional.empty()),
          List.of(),
          new HostPort("127.0.0.1", 8082),
          false,
          ByteSize.ofMebibytes(8),
          PresenceSettings.DEFAULTS,
          HandoverSettings.DEFAULTS,
          CommandLimits.DEFAULTS,
          List.of());

  public BridgeConfig {
    brokers = List.copyOf(brokers);
    down = List.copyOf(down);
    id.ifPresent(name -> {
      if (!UplinkTopics.isGateway(name)) {
        throw new IllegalArgumentException(
            "id '" + name + "' is not 1 to 64 of letters, digits, '.', '_' and '-'");
      }
    });
    if (!insecure && !listen.mqtt().isLoopback() && access.gatewaysFile().isEmpty()) {
      throw new IllegalArgumentException(
          "listen.mqtt "
              + listen.mqtt()
              + " opens the bridge to the network without authentication; set"
              + " access.gateways-file, or set 'insecure: true' if that is meant");
    }
    if (listen.tls().isPresent()) {
      if (!tls.hasIdentity()) {
        throw new IllegalArgumentException("listen.tls needs tls.cert and tls.key");
      }
      if (!insecure && tls.ca().isEmpty() && access.gatewaysFile().isEmpty()) {
        throw new IllegalArgumentException(
            "listen.tls opens the bridge without authentication; set tls.ca for gateways with"
                + " certificates, access.gateways-file for passwords, or 'insecure: true' if that"
                + " is meant");
      }
    }
  }

  /**
   * @param mqtt for gateways
   * @param tls for gateways and peers, with TLS
   * @param announce addresses by which peers reach it, if they are others
   */
  public record Listen(HostPort mqtt, Optional<HostPort> tls, List<HostPort> announce) {
    public Listen {
      announce = List.copyOf(announce);
    }
  }

  /**
   * @param siteSecretFile its first line is shared by the bridges of a site
   * @param gatewaysFile names and hashed passwords of gateways
   */
  public record Access(Optional<Path> siteSecretFile, Optional<Path> gatewaysFile) {}
}
