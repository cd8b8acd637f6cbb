package io.headwater.edge;

import io.headwater.edge.access.AccessSettings;
import io.headwater.edge.access.AccessSettings.Anonymous;
import io.headwater.edge.down.CommandSettings;
import io.headwater.edge.forward.ForwarderSettings;
import io.headwater.edge.log.LogSettings;
import io.headwater.edge.mqtt.MqttSettings;
import io.headwater.edge.route.RouteRule;
import io.headwater.edge.route.RouteTable;
import io.headwater.process.HostPort;
import io.headwater.uplink.UplinkTopics;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The agent's configuration; {@code examples/edge.yaml} explains each key.
 *
 * @param data folder of the log
 * @param gateway its name at the hub; made from the host's name if absent
 * @param access who may connect to the MQTT server
 * @param routes in place of the built-in ones
 */
public record EdgeConfig(
    Path data,
    Optional<String> gateway,
    Listen listen,
    HostPort http,
    AccessSettings access,
    MqttSettings mqtt,
    LogSettings log,
    ForwarderSettings uplink,
    CommandSettings commands,
    List<RouteRule> routes) {
  public static final EdgeConfig DEFAULTS =
      new EdgeConfig(
          Path.of(".headwater", "edge"),
          Optional.empty(),
          new Listen(new HostPort("127.0.0.1", 1883)),
          new HostPort("127.0.0.1", 8081),
          AccessSettings.DEFAULTS,
          MqttSettings.DEFAULTS,
          LogSettings.DEFAULTS,
          ForwarderSettings.DEFAULTS,
          CommandSettings.DEFAULTS,
          List.of(new RouteRule("sensors/+site/+device/+kind", "sensors.{kind}", "{device}")));

  public EdgeConfig {
    routes = List.copyOf(routes);
    gateway.ifPresent(name -> {
      if (!UplinkTopics.isGateway(name)) {
        throw new IllegalArgumentException(
            "gateway '" + name + "' is not 1 to 64 of letters, digits, '.', '_' and '-'");
      }
    });
    if (!listen.mqtt().isLoopback()
        && access.passwordFile().isEmpty()
        && access.allowAnonymous() != Anonymous.ALWAYS) {
      throw new IllegalArgumentException(
          "listen.mqtt "
              + listen.mqtt()
              + " opens the agent to the network, where nobody could prove who it is; set"
              + " access.password-file, or 'access.allow-anonymous: always' if everybody may"
              + " connect");
    }
    for (RouteRule rule : routes) {
      Set<String> unknown = RouteTable.unknownNames(rule);
      if (!unknown.isEmpty()) {
        throw new IllegalArgumentException(
            "route " + rule.topic() + " has no wildcard named " + String.join(", ", unknown));
      }
    }
  }

  /**
   * @param mqtt for sensors
   */
  public record Listen(HostPort mqtt) {}
}
