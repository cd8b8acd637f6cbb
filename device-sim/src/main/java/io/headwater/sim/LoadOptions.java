package io.headwater.sim;

import io.headwater.process.Durations;
import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import io.headwater.sim.fleet.FleetSettings;
import io.headwater.sim.fleet.FleetSettings.Broker;
import io.headwater.sim.fleet.FleetSettings.Client;
import io.headwater.sim.fleet.FleetSettings.Login;
import io.headwater.sim.fleet.FleetSettings.Pace;
import io.headwater.sim.fleet.FleetSettings.Protocol;
import io.headwater.sim.fleet.FleetSettings.Version;
import io.headwater.sim.fleet.Tls;
import io.headwater.sim.scenario.Load;
import io.headwater.sim.scenario.ScenarioFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options that {@code sim run} and {@code demo} share. What is given here wins over what a
 * scenario says, and that over the defaults.
 */
final class LoadOptions {
  /** What holds where neither options nor scenario say anything. */
  private static final int DEVICES = 20;

  private static final double RATE = 200;
  private static final String TOPIC_PREFIX = "sensors/demo";

  @Option(names = "--devices", paramLabel = "N", description = "Simulated devices; default 20.")
  private @Nullable Integer devices;

  @Option(
      names = "--rate",
      paramLabel = "R",
      description = "Readings a second of all devices together; default 200.")
  private @Nullable Double rate;

  @Option(
      names = "--jitter",
      paramLabel = "PERCENT",
      description = "How unevenly a device publishes: up to so much of its interval; default 0%%.")
  private @Nullable String jitter;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      description =
          "How long to publish: 60s, 5m. Without it, until Ctrl-C. With a scenario: how long its"
              + " phases with faults at random last.")
  private @Nullable String length;

  @Option(names = "--qos", paramLabel = "0|1|2", description = "Of the publishes; default 1.")
  private @Nullable Integer qos;

  @Option(
      names = "--mqtt-version",
      paramLabel = "3.1.1|5",
      description = "Protocol of the devices; default 3.1.1.")
  private @Nullable String mqttVersion;

  @Option(
      names = "--topic-prefix",
      paramLabel = "PREFIX",
      description = "Devices publish to PREFIX/<device>/temperature; default " + TOPIC_PREFIX + ".")
  private @Nullable String topicPrefix;

  @Option(
      names = "--window",
      paramLabel = "N",
      description = "Unacknowledged readings of one device; default 16.")
  private @Nullable Integer window;

  @Option(
      names = "--ack-timeout",
      paramLabel = "TIME",
      description =
          "A connection without acknowledgement for that long is given up, and its readings are"
              + " published again; default 10s.")
  private @Nullable String ackTimeout;

  @Option(
      names = "--connect-rate",
      paramLabel = "N",
      description = "Connections a second while the devices connect; default 2000.")
  private @Nullable Integer connectRate;

  @Option(
      names = "--tls",
      description = "Connect with TLS; trust the certificates that Java trusts.")
  private boolean tls;

  @Option(
      names = "--tls-trust",
      paramLabel = "FILE",
      description = "Connect with TLS; trust the certificates in this PEM file.")
  private @Nullable Path tlsTrust;

  @Option(
      names = "--tls-insecure",
      description = "Connect with TLS, and trust whoever answers: for trials only.")
  private boolean tlsInsecure;

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description = "The devices' certificate (PEM), with --tls-key.")
  private @Nullable Path tlsCertificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "The key to --tls-cert (PEM, PKCS #8).")
  private @Nullable Path tlsKey;

  @Option(names = "--user", paramLabel = "NAME", description = "All devices log in so.")
  private @Nullable String user;

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      description = "Holds the password to --user in its first line.")
  private @Nullable Path passwordFile;

  @Option(
      names = "--client",
      paramLabel = "netty|hivemq",
      defaultValue = "netty",
      description =
          "What speaks MQTT: netty, for mass fleets, or HiveMQ's client library as a second opinion;"
              + " default netty.")
  private String client = "";

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Makes phases, jitter and the moments of faults repeatable.")
  private @Nullable Long seed;

  @Option(names = "--json", paramLabel = "FILE", description = "Also writes the result there.")
  private @Nullable Path json;

  /**
   * What the fleet does. Device names are new in every run, so that runs on one topic do not mix.
   *
   * @param scenario what it asks for
   * @param name what device names begin with
   */
  FleetSettings fleet(Load scenario, HostPort broker, String name, InstantSource clock) {
    long nowMs = clock.millis();
    Load asked = scenario.with(given());
    try {
      return new FleetSettings(
          new Broker(broker, tls(), login()),
          name + "-" + Long.toString(nowMs, 36) + "-",
          asked.devices().orElse(DEVICES),
          asked.rate().orElse(RATE),
          asked.topicPrefix().orElse(TOPIC_PREFIX),
          new Protocol(
              asked.mqtt().orElse("3.1.1").equals("5") ? Version.V5 : Version.V3_1_1,
              asked.qos().orElse(Protocol.DEFAULTS.qos()),
              client()),
          new Pace(
              asked.jitter().orElse(Pace.DEFAULTS.jitter()),
              asked
                  .connectRate()
                  .map(Integer::doubleValue)
                  .orElse(Pace.DEFAULTS.connectsPerSecond()),
              asked.window().orElse(Pace.DEFAULTS.window()),
              asked.ackTimeout().orElse(Pace.DEFAULTS.acknowledgeWithin())),
          seedOr(nowMs));
    } catch (IllegalArgumentException e) {
      throw UserError.usage("--" + e.getMessage());
    }
  }

  private Load given() {
    if (mqttVersion != null && !mqttVersion.equals("3.1.1") && !mqttVersion.equals("5")) {
      throw UserError.usage("--mqtt-version: '" + mqttVersion + "' is not one of 3.1.1, 5");
    }
    return new Load(
        Optional.ofNullable(devices),
        Optional.ofNullable(rate),
        Optional.ofNullable(jitter)
            .map(text -> parsed("--jitter", text, t -> ScenarioFile.percent(t, 0, 90))),
        Optional.ofNullable(qos),
        Optional.ofNullable(mqttVersion),
        Optional.ofNullable(connectRate),
        Optional.ofNullable(window),
        Optional.ofNullable(ackTimeout)
            .map(text -> parsed("--ack-timeout", text, Durations::parse)),
        Optional.ofNullable(topicPrefix));
  }

  private Optional<Tls> tls() {
    if ((tlsCertificate == null) != (tlsKey == null)) {
      throw UserError.usage("--tls-cert and --tls-key go together: give both or none");
    }
    Optional<Tls.Identity> identity =
        tlsCertificate == null || tlsKey == null
            ? Optional.empty()
            : Optional.of(new Tls.Identity(tlsCertificate, tlsKey));
    return tls || tlsInsecure || tlsTrust != null || identity.isPresent()
        ? Optional.of(new Tls(Optional.ofNullable(tlsTrust), tlsInsecure, identity))
        : Optional.empty();
  }

  private Optional<Login> login() {
    if (user == null && passwordFile == null) {
      return Optional.empty();
    }
    if (user == null || passwordFile == null) {
      throw UserError.usage("--user and --password-file go together: give both or none");
    }
    try {
      return Optional.of(
          new Login(user, Files.readString(passwordFile).lines().findFirst().orElse("")));
    } catch (IOException e) {
      throw UserError.usage("--password-file: cannot read " + passwordFile + " (" + e + ")");
    }
  }

  private Client client() {
    return switch (client) {
      case "netty" -> Client.NETTY;
      case "hivemq" -> Client.HIVEMQ;
      default -> throw UserError.usage("--client: '" + client + "' is not one of hivemq, netty");
    };
  }

  long seedOr(long otherwise) {
    return seed == null ? otherwise : seed;
  }

  Optional<Duration> length() {
    return Optional.ofNullable(length).map(text -> parsed("--for", text, Durations::parse));
  }

  Optional<Path> json() {
    return Optional.ofNullable(json);
  }

  static HostPort address(String option, String text) {
    return parsed(option, text, HostPort::parse);
  }

  private static <T> T parsed(String option, String text, Function<String, T> parse) {
    try {
      return parse.apply(text);
    } catch (IllegalArgumentException e) {
      throw UserError.usage(option + ": " + e.getMessage());
    }
  }
}
