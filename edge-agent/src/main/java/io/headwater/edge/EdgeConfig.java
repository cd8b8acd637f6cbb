package io.headwater.edge;

import io.headwater.edge.access.AccessSettings;
import io.headwater.edge.access.AccessSettings.Anonymous;
import io.headwater.edge.access.AccessSettings.Certificates;
import io.headwater.edge.clock.ClockSettings;
import io.headwater.edge.down.CommandSettings;
import io.headwater.edge.forward.ForwarderSettings;
import io.headwater.edge.input.InputPlan;
import io.headwater.edge.input.InputsReader;
import io.headwater.edge.log.LogSettings;
import io.headwater.edge.mqtt.Endpoint;
import io.headwater.edge.mqtt.MqttSettings;
import io.headwater.edge.mqtt.TopicFilters;
import io.headwater.edge.mqtt.Transport;
import io.headwater.edge.output.OutputPlan;
import io.headwater.edge.output.OutputsReader;
import io.headwater.edge.remote.RemoteSettings;
import io.headwater.edge.route.RouteRule;
import io.headwater.edge.route.RouteTable;
import io.headwater.edge.sparkplug.SparkplugSettings;
import io.headwater.process.Config;
import io.headwater.process.HostPort;
import io.headwater.process.TlsSettings;
import io.headwater.process.YamlSource;
import io.headwater.uplink.UplinkTopics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The agent's configuration; {@code examples/edge.yaml} explains each key.
 *
 * @param data folder of the log
 * @param gateway its name at the hub; made from the host's name if absent
 * @param tls of the MQTT server
 * @param access who may connect to the MQTT server
 * @param clock whose time is believed
 * @param remotes other brokers that the agent is a client of
 * @param inputs the device's own, as declared: a mistake in one keeps nothing else from starting
 * @param outputs the device's own, as declared: likewise
 * @param simulate whether inputs and outputs whose bus is not there are simulated
 * @param sparkplug what edge nodes say, and the agent as one
 * @param routes in place of the built-in ones
 */
public record EdgeConfig(
    Path data,
    Optional<String> gateway,
    Listen listen,
    HostPort http,
    TlsSettings tls,
    AccessSettings access,
    MqttSettings mqtt,
    LogSettings log,
    ClockSettings clock,
    ForwarderSettings uplink,
    CommandSettings commands,
    List<RemoteSettings> remotes,
    YamlSource inputs,
    YamlSource outputs,
    boolean simulate,
    SparkplugSettings sparkplug,
    List<RouteRule> routes) {
  public static final EdgeConfig DEFAULTS =
      new EdgeConfig(
          Path.of(".headwater", "edge"),
          Optional.empty(),
          new Listen(
              new HostPort("127.0.0.1", 1883),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              List.of()),
          new HostPort("127.0.0.1", 8081),
          TlsSettings.DEFAULTS,
          AccessSettings.DEFAULTS,
          MqttSettings.DEFAULTS,
          LogSettings.DEFAULTS,
          ClockSettings.DEFAULTS,
          ForwarderSettings.DEFAULTS,
          CommandSettings.DEFAULTS,
          List.of(),
          new YamlSource("", "[]"),
          new YamlSource("", "[]"),
          false,
          SparkplugSettings.DEFAULTS,
          List.of(new RouteRule("sensors/+site/+device/+kind", "sensors.{kind}", "{device}")));

  public EdgeConfig {
    remotes = List.copyOf(remotes);
    routes = List.copyOf(routes);
    var names = new HashSet<String>();
    for (RemoteSettings remote : remotes) {
      if (!names.add(remote.name())) {
        throw new IllegalArgumentException("two remotes have the name '" + remote.name() + "'");
      }
    }
    gateway.ifPresent(name -> {
      if (!UplinkTopics.isGateway(name)) {
        throw new IllegalArgumentException(
            "gateway '" + name + "' is not 1 to 64 of letters, digits, '.', '_' and '-'");
      }
    });
    for (Endpoint endpoint : listen.endpoints()) {
      requireIdentities(endpoint, tls, access);
    }
    if (access.certificates() == Certificates.REQUIRED && tls.ca().isEmpty()) {
      throw new IllegalArgumentException(
          "access.certificates: required needs tls.ca, the authority that signs them");
    }
    for (RouteRule rule : routes) {
      Set<String> unknown = RouteTable.unknownNames(rule);
      if (!unknown.isEmpty()) {
        throw new IllegalArgumentException(
            "route " + rule.topic() + " has no wildcard named " + String.join(", ", unknown));
      }
    }
    List<String> conflicts = RouteTable.conflictingOrders(routes);
    if (!conflicts.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", conflicts));
    }
  }

  /** The inputs that are declared, right and wrong ones. */
  InputPlan inputPlan() {
    return InputsReader.read(inputs, this::isTopic);
  }

  /**
   * The outputs that are declared, right and wrong ones.
   *
   * @param inputPlan whose pins outputs cannot have
   */
  OutputPlan outputPlan(InputPlan inputPlan) {
    return OutputsReader.read(outputs, this::isTopic, inputPlan.pins());
  }

  /** Whether the agent may publish to a topic. */
  boolean isTopic(String topic) {
    return TopicFilters.isPublishable(topic, mqtt.limits());
  }

  /**
   * What a command beside the agent goes by: the file, if there is one, and the environment.
   *
   * @throws io.headwater.process.UserError if something in them is wrong
   */
  static EdgeConfig of(@Nullable Path file) {
    return Config.read("edge", DEFAULTS, Optional.ofNullable(file), System.getenv(), List.of());
  }

  private static void requireIdentities(Endpoint endpoint, TlsSettings tls, AccessSettings access) {
    String key = "listen." + endpoint.transport().key();
    boolean withTls = endpoint.transport().isTls();
    if (withTls && !tls.hasIdentity()) {
      throw new IllegalArgumentException(key + " needs tls.cert and tls.key");
    }
    if (!endpoint.address().isLoopback()
        && access.passwordFile().isEmpty()
        && !(withTls && tls.ca().isPresent())
        && access.allowAnonymous() != Anonymous.ALWAYS) {
      throw new IllegalArgumentException(
          key
              + " "
              + endpoint.address()
              + " opens the agent to the network, where nobody could prove who it is; set"
              + " access.password-file"
              + (withTls ? " or tls.ca" : "")
              + ", or 'access.allow-anonymous: always' if everybody may connect");
    }
  }

  /**
   * Where sensors are served.
   *
   * @param origins sites whose pages may connect over WebSocket, beside the listener's own
   */
  public record Listen(
      HostPort mqtt,
      Optional<HostPort> tls,
      Optional<HostPort> websocket,
      Optional<HostPort> websocketTls,
      List<String> origins) {
    public Listen {
      origins = List.copyOf(origins);
    }

    /** All of them; MQTT over TCP first. */
    List<Endpoint> endpoints() {
      var endpoints = new ArrayList<Endpoint>();
      endpoints.add(new Endpoint(Transport.TCP, mqtt));
      tls.ifPresent(address -> endpoints.add(new Endpoint(Transport.TLS, address)));
      websocket.ifPresent(address -> endpoints.add(new Endpoint(Transport.WEBSOCKET, address)));
      websocketTls.ifPresent(
          address -> endpoints.add(new Endpoint(Transport.WEBSOCKET_TLS, address)));
      return endpoints;
    }
  }
}
