package io.headwater.bridge;

import io.headwater.bridge.handover.HandoverSettings;
import io.headwater.process.ByteSize;
import io.headwater.process.HostPort;
import io.headwater.uplink.UplinkTopics;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The bridge's configuration; {@code examples/bridge.yaml} explains each key.
 *
 * @param data folder in which it keeps its id
 * @param id of this bridge, stable; drawn once if absent
 * @param listen address of the embedded broker
 * @param brokers further MQTT brokers that it is a client of
 * @param insecure allows to listen on a network without authentication
 * @param maxMessageSize of one MQTT message
 */
public record BridgeConfig(
    Path data,
    Optional<String> id,
    Listen listen,
    List<HostPort> brokers,
    HostPort http,
    boolean insecure,
    ByteSize maxMessageSize,
    HandoverSettings uplink) {
  public static final BridgeConfig DEFAULTS =
      new BridgeConfig(
          Path.of(".headwater", "bridge"),
          Optional.empty(),
          new Listen(new HostPort("127.0.0.1", 1884)),
          List.of(),
          new HostPort("127.0.0.1", 8082),
          false,
          ByteSize.ofMebibytes(8),
          HandoverSettings.DEFAULTS);

  public BridgeConfig {
    brokers = List.copyOf(brokers);
    id.ifPresent(name -> {
      if (!UplinkTopics.isGateway(name)) {
        throw new IllegalArgumentException(
            "id '" + name + "' is not 1 to 64 of letters, digits, '.', '_' and '-'");
      }
    });
    if (!insecure && !listen.mqtt().isLoopback()) {
      throw new IllegalArgumentException(
          "listen.mqtt "
              + listen.mqtt()
              + " opens the bridge to the network without authentication; set 'insecure: true' if"
              + " that is meant");
    }
  }

  /**
   * @param mqtt for gateways
   */
  public record Listen(HostPort mqtt) {}
}
