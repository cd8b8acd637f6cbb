package io.headwater.hub.kafka;

import io.headwater.hub.kafka.api.ApiHandler;
import io.headwater.hub.kafka.api.ApiMetrics;
import io.headwater.hub.kafka.api.DeleteRecordsHandler;
import io.headwater.hub.kafka.api.DescribeProducersHandler;
import io.headwater.hub.kafka.api.Dispatcher;
import io.headwater.hub.kafka.api.FetchHandler;
import io.headwater.hub.kafka.api.FetchMemory;
import io.headwater.hub.kafka.api.ListOffsetsHandler;
import io.headwater.hub.kafka.api.OffsetForLeaderEpochHandler;
import io.headwater.hub.kafka.api.Partitions;
import io.headwater.hub.kafka.api.ProduceHandler;
import io.headwater.hub.kafka.api.Waiting;
import io.headwater.hub.kafka.api.group.ConsumerGroupDescribeHandler;
import io.headwater.hub.kafka.api.group.ConsumerGroupHeartbeatHandler;
import io.headwater.hub.kafka.api.group.DeleteGroupsHandler;
import io.headwater.hub.kafka.api.group.DescribeGroupsHandler;
import io.headwater.hub.kafka.api.group.HeartbeatHandler;
import io.headwater.hub.kafka.api.group.JoinGroupHandler;
import io.headwater.hub.kafka.api.group.LeaveGroupHandler;
import io.headwater.hub.kafka.api.group.ListGroupsHandler;
import io.headwater.hub.kafka.api.group.OffsetCommitHandler;
import io.headwater.hub.kafka.api.group.OffsetDeleteHandler;
import io.headwater.hub.kafka.api.group.OffsetFetchHandler;
import io.headwater.hub.kafka.api.group.StreamsGroupDescribeHandler;
import io.headwater.hub.kafka.api.group.StreamsGroupHeartbeatHandler;
import io.headwater.hub.kafka.api.group.SyncGroupHandler;
import io.headwater.hub.kafka.api.group.TxnOffsetCommitHandler;
import io.headwater.hub.kafka.api.txn.AddOffsetsToTxnHandler;
import io.headwater.hub.kafka.api.txn.AddPartitionsToTxnHandler;
import io.headwater.hub.kafka.api.txn.DescribeTransactionsHandler;
import io.headwater.hub.kafka.api.txn.EndTxnHandler;
import io.headwater.hub.kafka.api.txn.FindCoordinatorHandler;
import io.headwater.hub.kafka.api.txn.InitProducerIdHandler;
import io.headwater.hub.kafka.api.txn.ListTransactionsHandler;
import io.headwater.hub.kafka.api.txn.WriteTxnMarkersHandler;
import io.headwater.hub.kafka.group.GroupCoordination;
import io.headwater.hub.kafka.group.GroupSettings;
import io.headwater.hub.kafka.log.FileLogSettings;
import io.headwater.hub.kafka.log.FolderOwner;
import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.log.TopicLogs;
import io.headwater.hub.kafka.metadata.CatalogStore;
import io.headwater.hub.kafka.metadata.Controller;
import io.headwater.hub.kafka.metadata.GroupConfigs;
import io.headwater.hub.kafka.metadata.ImagePublisher;
import io.headwater.hub.kafka.metadata.StoredCatalog;
import io.headwater.hub.kafka.metadata.Suspicion;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.headwater.hub.kafka.metadata.TopicRules;
import io.headwater.hub.kafka.metrics.ClusterMetrics;
import io.headwater.hub.kafka.metrics.ExporterPage;
import io.headwater.hub.kafka.metrics.GroupMetrics;
import io.headwater.hub.kafka.metrics.MetricsSettings;
import io.headwater.hub.kafka.metrics.MetricsThread;
import io.headwater.hub.kafka.metrics.PartitionMetrics;
import io.headwater.hub.kafka.metrics.ShownTopics;
import io.headwater.hub.kafka.net.KafkaListener;
import io.headwater.hub.kafka.net.NetMetrics;
import io.headwater.hub.kafka.net.NetSettings;
import io.headwater.hub.kafka.peer.Peers;
import io.headwater.hub.kafka.txn.LogTransactionVerifier;
import io.headwater.hub.kafka.txn.MarkerWriter;
import io.headwater.hub.kafka.txn.Markers;
import io.headwater.hub.kafka.txn.ProducerIds;
import io.headwater.hub.kafka.txn.TransactionCoordinator;
import io.headwater.hub.kafka.txn.TransactionMetrics;
import io.headwater.hub.kafka.txn.TransactionSettings;
import io.headwater.process.Health;
import io.headwater.process.HostPort;
import io.headwater.process.Resources;
import io.headwater.process.Threads;
import io.headwater.process.UserError;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A broker, wired: logs, catalog, coordinators, network. */
public final class Broker implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Broker.class);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** What answers to fetches hold of records until clients have taken them. */
  private static final long FETCH_MEMORY = 64L << 20;

  /** To hand over what it leads; then it goes all the same. */
  private static final Duration LEAVING = Duration.ofSeconds(5);

  /**
   * What a broker is told.
   *
   * @param logFolder for the partitions
   * @param advertised what clients are told to connect to
   * @param longestFrame bytes of the largest request
   * @param replicationFactor of topics that say none, as far as there are brokers for it
   * @param topicDefaults by Kafka's names
   */
  public record Settings(
      int nodeId,
      Path logFolder,
      HostPort listen,
      Optional<HostPort> advertised,
      int longestFrame,
      NetSettings net,
      boolean autoCreateTopics,
      int defaultPartitions,
      int replicationFactor,
      Map<String, String> topicDefaults,
      GroupSettings groups,
      TransactionSettings transactions,
      FileLogSettings log,
      MetricsSettings metrics) {}

  private final Settings settings;
  private final Clock clock;
  private final Resources resources = new Resources();
  private final KafkaListener listener;
  private final StoredCatalog catalog;
  private final LogEngine engine;
  private final Optional<Storage.Sharing> sharing;
  private final Peers peers;
  private final GroupCoordination groups;
  private final MarkerWriter markers;
  private final TransactionCoordinator transactions;
  private final LogTransactionVerifier verifier;
  private final ShownTopics shownTopics;
  private final ApiMetrics apiMetrics;
  private final PartitionMetrics partitionMetrics;
  private final GroupMetrics groupMetrics;
  private final TransactionMetrics transactionMetrics;
  private final Optional<ClusterMetrics> clusterMetrics;

  /**
   * What topics get that say nothing else.
   *
   * @throws UserError one of the settings is unknown or has a bad value
   */
  public static TopicConfigs topicConfigs(Map<String, String> defaults) {
    try {
      return new TopicConfigs(defaults);
    } catch (ApiException e) {
      throw UserError.usage("topics.defaults: " + e.getMessage());
    }
  }

  private Broker(
      Settings settings, CatalogStore store, Storage storage, MeterRegistry registry, Clock clock)
      throws IOException {
    this.settings = settings;
    this.clock = clock;
    // Before the engine: logs of topics that the store does not know will be deleted.
    FolderOwner.check(settings.logFolder(), settings.nodeId()).claim(store.clusterId());
    engine = resources.open("log", storage.open(new LogMetrics(registry)));
    sharing = storage.sharing();
    TopicConfigs configs = topicConfigs(settings.topicDefaults());
    var groupConfigs = new GroupConfigs(GroupCoordination.config(settings.groups()));
    catalog =
        resources.open(
            "catalog",
            new StoredCatalog(
                store,
                new TopicRules(configs, settings.defaultPartitions(), settings.replicationFactor()),
                groupConfigs,
                settings.nodeId()));
    peers = resources.open("peers", new Peers(settings.nodeId(), catalog));
    verifier =
        new LogTransactionVerifier(
            engine, catalog, settings.nodeId(), settings.transactions(), peers);
    groups =
        resources.open(
            "groups",
            new GroupCoordination(
                settings.nodeId(), engine, verifier, settings.groups(), groupConfigs, clock));
    markers = new MarkerWriter(engine, groups.coordinator());
    transactionMetrics = new TransactionMetrics(registry, clock);
    transactions =
        resources.open(
            "transactions",
            new TransactionCoordinator(
                engine,
                new Markers(markers, catalog, settings.nodeId(), peers),
                new ProducerIds(catalog),
                settings.transactions(),
                transactionMetrics,
                clock));
    shownTopics = new ShownTopics(settings.metrics().topics(), registry);
    apiMetrics = new ApiMetrics(registry, shownTopics);
    partitionMetrics =
        new PartitionMetrics(
            registry, engine, catalog, shownTopics, settings.metrics().partitions());
    groupMetrics =
        new GroupMetrics(
            registry,
            groups::isStarted,
            groups.coordinator(),
            groups.metrics(),
            engine,
            settings.metrics());
    clusterMetrics = sharing.map(_ -> new ClusterMetrics(registry, catalog, settings.nodeId()));
    listener =
        resources.open(
            "network",
            new KafkaListener(
                settings.listen(),
                settings.longestFrame(),
                settings.net(),
                new NetMetrics(registry)));
  }

  /**
   * Recovers the logs, takes over the groups and transactions of those that it leads, and serves.
   *
   * @throws UserError if the port is taken or the log folder cannot be used
   */
  public static Broker start(
      Settings settings, CatalogStore store, MeterRegistry registry, Health health, Clock clock) {
    return start(settings, store, Storage.files(settings), registry, health, clock);
  }

  /**
   * As the other, with logs elsewhere than in files of its own.
   *
   * @throws UserError if the port is taken or the logs cannot be opened
   */
  public static Broker start(
      Settings settings,
      CatalogStore store,
      Storage storage,
      MeterRegistry registry,
      Health health,
      Clock clock) {
    Broker broker;
    try {
      broker = new Broker(settings, store, storage, registry, clock);
    } catch (IOException e) {
      throw UserError.failure(
          "the log folder " + settings.logFolder() + " cannot be opened: " + e.getMessage(), e);
    }
    try {
      broker.serve(health);
      return broker;
    } catch (RuntimeException | Error e) {
      broker.resources.closeAfter(e);
      throw e;
    }
  }

  private void serve(Health health) {
    HostPort advertised = settings.advertised().orElse(listener.address());
    await(
        catalog.register(
            new io.headwater.hub.kafka.metadata.Broker(
                settings.nodeId(), advertised.host(), advertised.port(), null)));
    var coordination =
        new Coordination(catalog, groups, transactions, settings.groups(), settings.transactions());
    boolean made = coordination.isMade(); // before anything is found by the wrong numbers
    var elections = elections();
    // A coordinator lets go before its log is closed, and begins after it was opened.
    TopicCatalog.Subscription resigning = catalog.subscribe(elections::resign);
    resources.onClose("resignations", resigning);
    if (sharing.isPresent()) {
      engine.listen(moves(elections));
      resources.onClose("moves", () -> engine.listen(LogEngine.Listener.DEAF));
    }
    var topicLogs = new TopicLogs(engine, catalog.configs(), settings.nodeId());
    TopicCatalog.Subscription logs = catalog.subscribe(topicLogs::apply);
    resources.onClose("topic logs", logs);
    var images = new ImagePublisher();
    TopicCatalog.Subscription published = catalog.subscribe(images::publish);
    resources.onClose("images", published);
    TopicCatalog.Subscription configured = catalog.subscribe(groups::configure);
    resources.onClose("group settings", configured);
    verifier.connect(transactions);
    groups.start(images);
    transactions.start();
    TopicCatalog.Subscription electing =
        catalog.subscribe(snapshot -> {
          elections.elect(snapshot);
          transactions.onLeaders();
        });
    resources.onClose("elections", electing);
    resources.open("coordination", coordination);
    if (sharing.isPresent()) {
      resources.open("controller", new Controller(catalog, sharing.get().calm()));
      resources.open(
          "suspicion", new Suspicion(catalog, settings.nodeId(), sharing.get().silence()));
    } else if (made) {
      await(coordination.get());
    }
    health.check("log", engine::problem);
    watch();
    var dispatcher =
        new Dispatcher(
            handlers(coordination),
            sharing.map(Storage.Sharing::lease).orElse(Lease.UNLIMITED)::holds);
    // Opened early to claim the port, closed before everything that requests need.
    resources.onClose("requests", listener);
    listener.serve(dispatcher);
    if (sharing.isPresent()) {
      resources.onClose("leadership", this::leave);
    }
  }

  /** Lets others lead what it leads, so that clients find them before this broker is gone. */
  private void leave() throws InterruptedException {
    try {
      catalog.leave().get(LEAVING.toSeconds(), TimeUnit.SECONDS);
      new Handover(settings.nodeId(), catalog, engine).run(LEAVING);
    } catch (ExecutionException | TimeoutException e) {
      LOGGER
          .atWarn()
          .setCause(e)
          .log("What this broker leads could not be handed on; others take it over later");
    }
  }

  /** What the logs tell goes to those who keep their state in them, and to the catalog. */
  private LogEngine.Listener moves(Elections elections) {
    return new LogEngine.Listener() {
      @Override
      public void onOpened(TopicPartition partition) {
        elections.opened();
        transactions.onLeaders();
      }

      @Override
      public void onGivenUp(TopicPartition partition, int leaderEpoch) {
        catalog.handOn(partition, leaderEpoch);
      }
    };
  }

  private Elections elections() {
    return new Elections(
        settings.nodeId(),
        (partition, epoch) ->
            engine
                .find(partition)
                .filter(log -> log.leaderEpoch().orElse(epoch) == epoch)
                .isPresent(),
        Map.of(
            Topic.GROUP_METADATA_TOPIC_NAME,
            new Elections.Elected() {
              @Override
              public void onElection(int partition, int leaderEpoch) {
                groups.onElection(partition, leaderEpoch);
              }

              @Override
              public void onResignation(int partition, OptionalInt leaderEpoch) {
                groups.onResignation(partition, leaderEpoch);
              }
            },
            Topic.TRANSACTION_STATE_TOPIC_NAME,
            new Elections.Elected() {
              @Override
              public void onElection(int partition, int leaderEpoch) {
                transactions.onElection(partition, leaderEpoch);
              }

              @Override
              public void onResignation(int partition, OptionalInt leaderEpoch) {
                transactions.onResignation(partition, leaderEpoch);
              }
            }));
  }

  /** Lets topics, groups and transactions show in the metrics. */
  private void watch() {
    var thread =
        resources.open(
            "metrics",
            new MetricsThread(
                settings.metrics().interval(),
                List.of(
                    apiMetrics::forgetDeleted,
                    partitionMetrics::refresh,
                    groupMetrics::refresh,
                    () -> transactions.list().thenAccept(transactionMetrics::sampled))));
    TopicCatalog.Subscription shown =
        catalog.subscribe(snapshot -> {
          shownTopics.apply(snapshot);
          partitionMetrics.apply(snapshot);
          clusterMetrics.ifPresent(metrics -> metrics.apply(snapshot));
          thread.soon();
        });
    resources.onClose("shown topics", shown);
  }

  private List<ApiHandler<?>> handlers(Coordination coordination) {
    var partitions = new Partitions(engine, catalog, settings.nodeId());
    ExecutorService readers =
        Executors.newFixedThreadPool(
            Math.max(2, Runtime.getRuntime().availableProcessors()), Threads.factory("hub-fetch"));
    // Never interrupted: an interrupt within a file's channel would close the log's segment.
    resources.open("fetch threads", readers);
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(Threads.factory("hub-fetch-timer"));
    resources.onClose("fetch timer", timer::shutdownNow);
    var handlers = new ArrayList<ApiHandler<?>>();
    handlers.add(new ProduceHandler(partitions, verifier, apiMetrics));
    handlers.add(
        new FetchHandler(partitions, readers, timer, new FetchMemory(FETCH_MEMORY), apiMetrics));
    handlers.add(new ListOffsetsHandler(partitions));
    handlers.add(new OffsetForLeaderEpochHandler(partitions));
    handlers.add(new DeleteRecordsHandler(partitions));
    handlers.add(new DescribeProducersHandler(partitions));
    handlers.addAll(
        Administration.handlers(settings, catalog, engine, partitions, sharing.isPresent()));
    handlers.add(new InitProducerIdHandler(transactions, coordination));
    handlers.addAll(coordinated(coordination));
    return handlers;
  }

  /** What speaks for groups and transactions. */
  private List<ApiHandler<?>> coordinated(Coordination coordination) {
    int node = settings.nodeId();
    GroupCoordinator group = groups.coordinator();
    return Stream.<ApiHandler<?>>of(
            new JoinGroupHandler(group),
            new SyncGroupHandler(group),
            new HeartbeatHandler(group),
            new LeaveGroupHandler(group),
            new DescribeGroupsHandler(group),
            new ListGroupsHandler(group),
            new DeleteGroupsHandler(group),
            new OffsetCommitHandler(group, catalog),
            new OffsetFetchHandler(group, catalog),
            new OffsetDeleteHandler(group),
            new TxnOffsetCommitHandler(group, catalog),
            new ConsumerGroupHeartbeatHandler(group),
            new ConsumerGroupDescribeHandler(group),
            new StreamsGroupHeartbeatHandler(group, catalog),
            new StreamsGroupDescribeHandler(group),
            new FindCoordinatorHandler(catalog, groups, settings.transactions()),
            new AddPartitionsToTxnHandler(transactions, catalog),
            new AddOffsetsToTxnHandler(transactions, groups),
            new EndTxnHandler(transactions),
            new ListTransactionsHandler(transactions, clock),
            new DescribeTransactionsHandler(transactions),
            new WriteTxnMarkersHandler(markers, catalog, node))
        .<ApiHandler<?>>map(handler -> new Waiting<>(coordination, handler))
        .toList();
  }

  private static <T> T await(CompletableFuture<T> step) {
    try {
      return step.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while starting", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UserError told) {
        throw told;
      }
      throw UserError.failure("the broker cannot start: " + e.getMessage(), e);
    } catch (TimeoutException e) {
      throw UserError.failure(
          "the broker cannot start: no answer within " + PATIENCE.toSeconds() + " s", e);
    }
  }

  /** The address really bound. */
  public HostPort address() {
    return listener.address();
  }

  /** The series of kafka_exporter, for {@code /metrics/kafka}. */
  public ExporterPage exporterPage() {
    return new ExporterPage(
        catalog, engine, partitionMetrics, groupMetrics, settings.metrics().groupPartitions());
  }

  /** Completes exceptionally when the log has failed and the process must end. */
  public CompletableFuture<Void> failed() {
    return engine.failed();
  }

  @Override
  public void close() {
    resources.close();
  }
}
