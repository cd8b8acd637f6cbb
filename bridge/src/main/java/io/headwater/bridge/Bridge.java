package io.headwater.bridge;

import io.headwater.bridge.broker.AccessSettings;
import io.headwater.bridge.broker.BrokerClient;
import io.headwater.bridge.broker.BrokerMetrics;
import io.headwater.bridge.broker.BrokerTarget;
import io.headwater.bridge.broker.Brokers;
import io.headwater.bridge.broker.GatewayPasswords;
import io.headwater.bridge.broker.MoquetteBroker;
import io.headwater.bridge.broker.TlsFront;
import io.headwater.bridge.downlink.Downlink;
import io.headwater.bridge.handover.BridgeMetrics;
import io.headwater.bridge.handover.Handover;
import io.headwater.bridge.handover.HubClients;
import io.headwater.bridge.handover.HubWrites;
import io.headwater.bridge.handover.Inbox;
import io.headwater.bridge.handover.Whereabouts;
import io.headwater.bridge.presence.Presence;
import io.headwater.bridge.presence.PresenceMetrics;
import io.headwater.bridge.presence.Site;
import io.headwater.process.DataFolder;
import io.headwater.process.Health;
import io.headwater.process.HostPort;
import io.headwater.process.HttpEndpoint;
import io.headwater.process.PemFiles;
import io.headwater.process.Resources;
import io.headwater.process.RunningProcess;
import io.headwater.process.UserError;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The bridge, wired. */
final class Bridge implements RunningProcess {
  private static final Logger LOGGER = LoggerFactory.getLogger(Bridge.class);
  private static final String VERSION = "0.1.0";

  private final Resources resources = new Resources();
  private final Health health = Health.starting();

  /** A restart helps a broker of its own that does not answer; it does not help against a hub. */
  private final Health watched = new Health();

  private final CompletableFuture<Void> fatal = new CompletableFuture<>();
  private final Map<String, String> addresses = new LinkedHashMap<>();

  private Bridge() {}

  /**
   * What can be looked at without data folder and network.
   *
   * @throws UserError if a file that the configuration names cannot be used
   */
  static void check(BridgeConfig config) {
    access(config).gatewaysFile().ifPresent(GatewayPasswords::new);
    if (config.listen().tls().isPresent()) {
      TlsFront.check(config.tls());
    }
  }

  /**
   * Returns when lanes are owned: readings then flow. Waits for a hub that is not there yet.
   *
   * @param waits is handed what tells what is waited for
   */
  static Bridge start(BridgeConfig config, Clock clock, Consumer<Health> waits) {
    var bridge = new Bridge();
    try {
      Handover handover = bridge.open(config, clock);
      waits.accept(bridge.health);
      await(handover.ready());
      bridge.health.started();
      return bridge;
    } catch (RuntimeException | Error e) {
      bridge.resources.closeAfter(e);
      throw e;
    }
  }

  private Handover open(BridgeConfig config, Clock clock) {
    warnOfOpenDoors(config);
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    resources.onClose("metrics", registry::close);
    DataFolder data = resources.open("data folder", DataFolder.lock(config.data(), "bridge"));
    HttpEndpoint http =
        resources.open("http", new HttpEndpoint("bridge", config.http(), registry, health));
    String id = config.id().orElseGet(() -> storedId(data.path()));
    var metrics = new BridgeMetrics(registry);
    var brokerMetrics = new BrokerMetrics(registry);
    MoquetteBroker broker = openBroker(config, brokerMetrics);
    addresses.put("mqtt", broker.address().toString());
    List<HostPort> announced = openTls(config, broker, brokerMetrics);
    Inbox inbox = resources.open("inbox", new Inbox(config.uplink().memory().bytes(), metrics));
    var whereabouts = new Whereabouts();
    var writes = new HubWrites();
    var clients = new AtomicReference<@Nullable Brokers>(); // it sends by those that it hears
    Downlink downlink =
        resources.open(
            "downlink",
            new Downlink(
                new Downlink.Parts(
                    new HubClients(config.uplink(), id), writes, () -> all(clients), whereabouts),
                config.down(),
                config.commands(),
                registry,
                clock));
    Brokers brokers =
        resources.open(
            "brokers",
            new Brokers(
                id,
                (from, topic, payload) -> {
                  if (!downlink.received(from, topic, payload)) {
                    inbox.received(from, topic, payload);
                  }
                },
                brokerMetrics));
    clients.set(brokers);
    health.check("brokers", brokers::problem);
    BrokerClient own =
        brokers.add(
            BrokerTarget.ofSite(
                List.of(broker.loopbackAddress()), Optional.empty(), broker.bridgeCredentials()));
    config
        .brokers()
        .forEach(each -> brokers.add(BrokerTarget.of(each, broker.bridgeCredentials())));
    Presence presence =
        resources.open(
            "presence",
            new Presence(
                config.presence(),
                new Site(
                    id,
                    VERSION,
                    config.uplink().hub(),
                    hostName(),
                    announced,
                    config.listen().tls().isPresent(),
                    own.name(),
                    config.access().siteSecretFile().map(_ -> broker.bridgeCredentials()),
                    config.tls(),
                    brokers),
                new PresenceMetrics(registry, brokerMetrics),
                clock));
    Handover handover =
        resources.open(
            "hand-over",
            new Handover(
                config.uplink(),
                id,
                inbox,
                brokers,
                new Handover.Listeners(
                    List.of(presence, downlink), List.of(presence), whereabouts, writes),
                metrics,
                clock));
    health.check("hub", handover::problem);
    health.check("downlink", downlink::problem);
    addresses.put("http", http.address().toString());
    addresses.put("id", id);
    return handover;
  }

  private static void warnOfOpenDoors(BridgeConfig config) {
    if (!config.listen().mqtt().isLoopback()) {
      LOGGER
          .atWarn()
          .addKeyValue("address", config.listen().mqtt())
          .log(
              config.access().gatewaysFile().isPresent()
                  ? "Gateways' passwords travel unencrypted: listen.tls would protect them"
                  : "Gateways are served without authentication on a network: insecure is set");
    }
  }

  private static AccessSettings access(BridgeConfig config) {
    return new AccessSettings(
        config
            .access()
            .siteSecretFile()
            .map(file -> PemFiles.secret("access.site-secret-file", file)),
        config.access().gatewaysFile());
  }

  private MoquetteBroker openBroker(BridgeConfig config, BrokerMetrics brokerMetrics) {
    MoquetteBroker broker =
        resources.open(
            "broker",
            new MoquetteBroker(
                config.listen().mqtt(), config.maxMessageSize(), access(config), brokerMetrics));
    health.check("broker", broker::problem);
    watched.check("broker", broker::problem);
    broker
        .failed()
        .whenComplete((_, failure) -> {
          if (failure != null) {
            fatal.completeExceptionally(failure);
          }
        });
    return broker;
  }

  /** Opens the listener with TLS, if there is one, and tells by which addresses peers come. */
  private List<HostPort> openTls(
      BridgeConfig config, MoquetteBroker broker, BrokerMetrics brokerMetrics) {
    HostPort reached = broker.address();
    if (config.listen().tls().isPresent()) {
      TlsFront front =
          resources.open(
              "tls",
              new TlsFront(
                  config.listen().tls().get(),
                  config.tls(),
                  config.access().gatewaysFile().isEmpty(),
                  broker,
                  brokerMetrics));
      addresses.put("mqtts", front.address().toString());
      reached = front.address();
    }
    if (!config.listen().announce().isEmpty()) {
      return config.listen().announce();
    }
    return List.of(
        reached.socketAddress().getAddress().isAnyLocalAddress()
            ? new HostPort(hostName(), reached.port())
            : reached);
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException _) {
      return "localhost";
    }
  }

  private static List<BrokerClient> all(AtomicReference<@Nullable Brokers> clients) {
    Brokers brokers = clients.get();
    return brokers == null ? List.of() : brokers.all();
  }

  private static void await(CompletableFuture<Void> ready) {
    try {
      ready.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw UserError.failure("interrupted while waiting for the hub", e);
    } catch (ExecutionException e) {
      throw UserError.failure("the hand-over did not start: " + e.getMessage(), e);
    }
  }

  /** Drawn once: another id would leave this bridge's lanes to its old self until it times out. */
  private static String storedId(Path folder) {
    Path file = folder.resolve("bridge-id");
    try {
      if (!Files.exists(file)) {
        byte[] random = new byte[6];
        new SecureRandom().nextBytes(random);
        Files.writeString(file, "bridge-" + HexFormat.of().formatHex(random));
      }
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw UserError.failure("the bridge's id in " + file + " cannot be used: " + e, e);
    }
  }

  @Override
  public Map<String, String> addresses() {
    return addresses;
  }

  @Override
  public CompletableFuture<Void> fatal() {
    return fatal;
  }

  @Override
  public Health health() {
    return watched;
  }

  @Override
  public String statusLine() {
    Health.Status told = health.status();
    return told.isUp() ? "hands readings over to the hub" : told.line();
  }

  @Override
  public void close() {
    resources.close();
  }
}
