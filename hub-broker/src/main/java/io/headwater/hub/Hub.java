package io.headwater.hub;

import io.headwater.hub.kafka.Broker;
import io.headwater.hub.kafka.log.FolderOwner;
import io.headwater.hub.zookeeper.EmbeddedZooKeeper;
import io.headwater.hub.zookeeper.ZooKeeperStore;
import io.headwater.process.DataFolder;
import io.headwater.process.Health;
import io.headwater.process.HostPort;
import io.headwater.process.HttpEndpoint;
import io.headwater.process.ProcessMetrics;
import io.headwater.process.Resources;
import io.headwater.process.RunningProcess;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The hub, wired: each part is opened after those that it needs, and closed before them. */
final class Hub implements RunningProcess {
  private static final Logger LOGGER = LoggerFactory.getLogger(Hub.class);

  private final Resources resources = new Resources();
  private final Health health = Health.starting();
  private final CompletableFuture<Void> fatal = new CompletableFuture<>();
  private final Map<String, String> addresses = new LinkedHashMap<>();

  private Hub() {}

  /**
   * Starts everything; what a failed start had opened is closed again.
   *
   * @throws io.headwater.process.UserError if a port or the data folder is taken
   */
  static Hub start(HubConfig config, Clock clock) {
    var hub = new Hub();
    try {
      hub.open(config, clock);
      return hub;
    } catch (RuntimeException | Error e) {
      hub.resources.closeAfter(e);
      throw e;
    }
  }

  private void open(HubConfig config, Clock clock) {
    if (!config.listen().kafka().isLoopback()) {
      LOGGER
          .atWarn()
          .addKeyValue("address", config.listen().kafka())
          .log("Kafka clients are served without authentication on a network: insecure is set");
    }
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    resources.onClose("metrics", registry::close);
    resources.open("process metrics", new ProcessMetrics(registry));
    DataFolder data = resources.open("data folder", DataFolder.lock(config.data(), "hub"));
    // Before the slow parts: a taken port is told at once.
    HttpEndpoint http =
        resources.open("http", new HttpEndpoint("hub", config.http(), registry, health));
    Path folder = data.path();
    FolderOwner.check(folder.resolve("log"), config.nodeId()); // before ZooKeeper changes its own
    EmbeddedZooKeeper zookeeper =
        resources.open(
            "zookeeper", EmbeddedZooKeeper.start(folder.resolve("zookeeper"), config.zookeeper()));
    zookeeper.failed().whenComplete((_, failure) -> fail(failure));
    ZooKeeperStore store =
        resources.open(
            "topic store",
            ZooKeeperStore.connect(zookeeper.connectString(), config.zookeeperSessionTimeout()));
    Broker broker =
        resources.open(
            "broker", Broker.start(settings(config, folder), store, registry, health, clock));
    http.page("/metrics/kafka", HttpEndpoint.PROMETHEUS, broker.exporterPage()::text);
    broker.failed().whenComplete((_, failure) -> fail(failure));
    HostPort kafka = broker.address();
    addresses.put("kafka", kafka.toString());
    addresses.put("zookeeper", zookeeper.address().toString());
    addresses.put("http", http.address().toString());
    health.started();
  }

  private static Broker.Settings settings(HubConfig config, Path folder) {
    return new Broker.Settings(
        config.nodeId(),
        folder.resolve("log"),
        config.listen().kafka(),
        config.advertised(),
        Math.toIntExact(config.maxRequestSize().bytes()),
        config.net(),
        config.autoCreateTopics(),
        config.topics().defaultPartitions(),
        1,
        config.topics().defaults(),
        config.groups(),
        config.transactions(),
        config.log(),
        config.metrics());
  }

  private void fail(@Nullable Throwable failure) {
    if (failure != null) {
      fatal.completeExceptionally(failure);
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
