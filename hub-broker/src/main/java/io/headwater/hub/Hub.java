package io.headwater.hub;

import io.headwater.hub.ClusterConfig.Role;
import io.headwater.hub.bookkeeper.BookKeeperLedgers;
import io.headwater.hub.bookkeeper.BookieSettings;
import io.headwater.hub.bookkeeper.EmbeddedBookie;
import io.headwater.hub.bookkeeper.LedgerSettings;
import io.headwater.hub.kafka.Broker;
import io.headwater.hub.kafka.ledger.OrphanSweep;
import io.headwater.hub.kafka.ledger.Rehearsal;
import io.headwater.hub.kafka.log.FolderOwner;
import io.headwater.hub.status.ClusterReader;
import io.headwater.hub.status.ClusterWatch;
import io.headwater.hub.status.SessionMetrics;
import io.headwater.hub.zookeeper.EmbeddedZooKeeper;
import io.headwater.hub.zookeeper.Ensemble;
import io.headwater.hub.zookeeper.ZooKeeperPartitionStates;
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
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hub, wired: each part is opened after those that it needs, and closed before them. A hub of
 * one node keeps its partitions in files; a node of a cluster has the roles that it is given.
 */
final class Hub implements RunningProcess {
  /** Within the data folder; only a cluster's node has it. */
  static final String BOOKIE_FOLDER = "bookie";

  private static final String ENSEMBLE = "ensemble";

  private static final Logger LOGGER = LoggerFactory.getLogger(Hub.class);

  private final Resources resources = new Resources();
  private final Health health = Health.starting();
  private final CompletableFuture<Void> fatal = new CompletableFuture<>();
  private final Map<String, String> addresses = new LinkedHashMap<>();

  private Hub() {}

  /**
   * What can be looked at without data folder and network.
   *
   * @throws io.headwater.process.UserError if a setting cannot be used
   */
  static void check(HubConfig config) {
    var _ = Broker.topicConfigs(config.topics().defaults());
  }

  /**
   * Starts everything; what a failed start had opened is closed again. Waits for the other nodes of
   * a cluster.
   *
   * @param waits is handed what tells what is waited for
   * @throws io.headwater.process.UserError if a port or the data folder is taken
   */
  static Hub start(HubConfig config, Clock clock, Consumer<Health> waits) {
    var hub = new Hub();
    try {
      hub.open(config, clock, waits);
      return hub;
    } catch (RuntimeException | Error e) {
      hub.resources.closeAfter(e);
      throw e;
    }
  }

  private void open(HubConfig config, Clock clock, Consumer<Health> waits) {
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
    waits.accept(health);
    if (config.cluster().isPresent()) {
      openNode(config, config.cluster().get(), folder, http, registry, clock);
    } else {
      EmbeddedZooKeeper zookeeper =
          zookeeper(EmbeddedZooKeeper.start(folder.resolve("zookeeper"), config.zookeeper()));
      ZooKeeperStore store = store(zookeeper.connectString(), config, folder);
      Broker.Settings settings = settings(config, folder);
      serve(Broker.start(settings, store, registry, health, clock), http);
    }
    addresses.put("http", http.address().toString());
    health.started();
  }

  /** One node of a cluster, with the roles that it was given. */
  private void openNode(
      HubConfig config,
      ClusterConfig cluster,
      Path folder,
      HttpEndpoint http,
      PrometheusMeterRegistry registry,
      Clock clock) {
    String connect = cluster.connectString();
    ClusterWatch watch = resources.open("cluster watch", watch(config, cluster, registry, clock));
    http.page("/cluster", HttpEndpoint.TEXT, watch::text);
    http.page("/cluster.json", HttpEndpoint.JSON, watch::json);
    if (cluster.is(Role.ZOOKEEPER) && cluster.zookeeperConnect().isEmpty()) {
      var ensemble = new Ensemble(config.nodeId(), cluster.members());
      // Known before it waits for the others, so that it can be stopped meanwhile.
      EmbeddedZooKeeper zookeeper =
          zookeeper(EmbeddedZooKeeper.open(folder.resolve("zookeeper"), ensemble));
      health.check(ENSEMBLE, zookeeper::missing);
      zookeeper.awaitServing();
      health.forget(ENSEMBLE);
    }
    @Nullable EmbeddedBookie bookie = null;
    if (cluster.is(Role.BOOKIE)) {
      bookie =
          resources.open(
              "bookie",
              EmbeddedBookie.start(
                  folder.resolve(BOOKIE_FOLDER), connect, bookie(config, cluster)));
      bookie.failed().whenComplete((_, failure) -> fail(failure));
      addresses.put("bookie", bookie.address().toString());
    }
    if (cluster.is(Role.BROKER)) {
      ZooKeeperStore store = store(connect, config, folder);
      var settings =
          new LedgerSettings(
              connect,
              config.zookeeperSessionTimeout(),
              cluster.replicationFactor(),
              cluster.minInsyncReplicas(),
              cluster.bookies());
      BookKeeperLedgers ledgers =
          resources.open(
              "ledgers",
              bookie == null
                  ? BookKeeperLedgers.connect(settings)
                  : BookKeeperLedgers.connect(settings, bookie));
      ZooKeeperPartitionStates states = resources.open("partition states", store.partitionStates());
      var storage =
          new LedgerStorage(
              ledgers,
              states,
              config.zookeeperSessionTimeout(),
              store.contact()::isFresh,
              folder.resolve("scratch"),
              config.nodeId());
      SessionMetrics.register(registry, store.contact());
      resources.open(
          "rehearsal",
          new Rehearsal(ledgers, states, folder.resolve("rehearsal"), config.nodeId()));
      resources.open(
          "sweep of ledgers",
          new OrphanSweep(ledgers.lister(), ledgers, states, registry, Time.SYSTEM));
      serve(Broker.start(settings(config, folder), store, storage, registry, health, clock), http);
    }
    // Closed once more at the very end if the start fails; now while ZooKeeper still answers.
    resources.onClose("cluster watch", watch);
  }

  private static ClusterWatch watch(
      HubConfig config, ClusterConfig cluster, PrometheusMeterRegistry registry, Clock clock) {
    var reader =
        new ClusterReader(
            cluster.zookeeperAddresses(),
            OptionalInt.of(cluster.bookies()),
            config.zookeeperSessionTimeout(),
            clock);
    return new ClusterWatch(reader, config.metrics().interval(), registry, clock);
  }

  private EmbeddedZooKeeper zookeeper(EmbeddedZooKeeper started) {
    resources.open("zookeeper", started);
    started.failed().whenComplete((_, failure) -> fail(failure));
    addresses.put("zookeeper", started.address().toString());
    return started;
  }

  private ZooKeeperStore store(String connect, HubConfig config, Path folder) {
    return resources.open(
        "topic store",
        ZooKeeperStore.connect(
            connect, config.zookeeperSessionTimeout(), FolderId.of(folder).toString()));
  }

  private void serve(Broker broker, HttpEndpoint http) {
    resources.open("broker", broker);
    http.page("/metrics/kafka", HttpEndpoint.PROMETHEUS, broker.exporterPage()::text);
    broker.failed().whenComplete((_, failure) -> fail(failure));
    addresses.put("kafka", broker.address().toString());
  }

  private static BookieSettings bookie(HubConfig config, ClusterConfig cluster) {
    HostPort listen = cluster.bookieListen().orElse(cluster.bookie());
    return new BookieSettings(
        listen,
        cluster.bookie().host(),
        config.zookeeperSessionTimeout(),
        cluster.journalSync(),
        true);
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
        config.cluster().map(ClusterConfig::replicationFactor).orElse(1),
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

  /**
   * Always up: a broken disk or a lost session ends the process by {@link #fatal}, and peers that
   * are away are not brought back by a restart.
   */
  @Override
  public Health health() {
    return new Health();
  }

  @Override
  public String statusLine() {
    Health.Status told = health.status();
    String kafka = addresses.get("kafka");
    String does =
        kafka == null ? "serves the brokers of its cluster" : "serves Kafka clients at " + kafka;
    return told.isUp() ? does : told.line();
  }

  @Override
  public void close() {
    resources.close();
  }
}
