package io.headwater.bridge;

import io.headwater.bridge.broker.BrokerClient;
import io.headwater.bridge.broker.EmbeddedBroker;
import io.headwater.bridge.broker.MoquetteBroker;
import io.headwater.bridge.handover.BridgeMetrics;
import io.headwater.bridge.handover.Handover;
import io.headwater.bridge.handover.Inbox;
import io.headwater.bridge.handover.Whereabouts;
import io.headwater.process.DataFolder;
import io.headwater.process.Health;
import io.headwater.process.HostPort;
import io.headwater.process.HttpEndpoint;
import io.headwater.process.Resources;
import io.headwater.process.RunningProcess;
import io.headwater.process.UserError;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The bridge, wired. */
final class Bridge implements RunningProcess {
  private static final Logger LOGGER = LoggerFactory.getLogger(Bridge.class);

  private final Resources resources = new Resources();
  private final Health health = new Health();
  private final CompletableFuture<Void> fatal = new CompletableFuture<>();
  private final Map<String, String> addresses = new LinkedHashMap<>();

  private Bridge() {}

  /** Returns when lanes are owned: readings then flow. Waits for a hub that is not there yet. */
  static Bridge start(BridgeConfig config, Clock clock) {
    var bridge = new Bridge();
    try {
      bridge.open(config, clock);
      return bridge;
    } catch (RuntimeException | Error e) {
      bridge.resources.closeAfter(e);
      throw e;
    }
  }

  private void open(BridgeConfig config, Clock clock) {
    if (!config.listen().mqtt().isLoopback()) {
      LOGGER
          .atWarn()
          .addKeyValue("address", config.listen().mqtt())
          .log("Gateways are served without authentication on a network: insecure is set");
    }
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    resources.onClose("metrics", registry::close);
    DataFolder data = resources.open("data folder", DataFolder.lock(config.data(), "bridge"));
    HttpEndpoint http =
        resources.open("http", new HttpEndpoint("bridge", config.http(), registry, health));
    String id = config.id().orElseGet(() -> storedId(data.path()));
    var metrics = new BridgeMetrics(registry);
    EmbeddedBroker broker =
        resources.open(
            "broker", new MoquetteBroker(config.listen().mqtt(), config.maxMessageSize()));
    var inbox = new Inbox(config.uplink().memory().bytes(), metrics);
    var brokers = new ArrayList<BrokerClient>();
    var all = new ArrayList<HostPort>();
    all.add(broker.address());
    all.addAll(config.brokers());
    for (HostPort address : all) {
      brokers.add(
          resources.open(
              "client of " + address,
              new BrokerClient(address, id, broker.bridgeCredentials(), inbox::received)));
    }
    Handover handover =
        resources.open(
            "hand-over",
            new Handover(
                config.uplink(),
                id,
                inbox,
                List.copyOf(brokers),
                new Handover.Listeners(List.of(), List.of(), new Whereabouts()),
                metrics,
                clock));
    health.check("hub", handover::problem);
    brokers.forEach(client -> health.check("broker " + client.address(), client::problem));
    addresses.put("mqtt", broker.address().toString());
    addresses.put("http", http.address().toString());
    addresses.put("id", id);
    await(handover.ready());
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
    return health;
  }

  @Override
  public void close() {
    resources.close();
  }
}
