package io.headwater.hub.kafka.group;

import com.yammer.metrics.core.MetricsRegistry;
import io.headwater.hub.kafka.api.TransactionVerifier;
import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.metadata.GroupConfigs;
import io.headwater.hub.kafka.metadata.ImagePublisher;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.group.GroupConfigManager;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorRuntimeMetrics;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.server.share.persister.NoOpStatePersister;
import org.apache.kafka.server.util.PartitionMetadataClient;
import org.apache.kafka.server.util.timer.SystemTimer;
import org.apache.kafka.server.util.timer.SystemTimerReaper;

/**
 * Kafka's group coordinator, wired to the hub's log and catalog. It serves the groups of those
 * partitions of {@code __consumer_offsets} that this broker is elected for, and sends clients of
 * others away with NOT_COORDINATOR.
 */
public final class GroupCoordination implements AutoCloseable {
  private static final long LOOK_AGAIN_MS = 2;

  private final LogEngine engine;
  private final Tenures tenures = new Tenures();
  private final GroupCoordinatorService service;
  private final GroupSettings settings;
  private final Metrics metrics = new Metrics();
  private final GroupConfigManager groupConfigs;

  /** What is set on groups. Guarded by this. */
  private Map<String, Map<String, String>> configured = Map.of();

  private final AtomicBoolean started = new AtomicBoolean();

  public GroupCoordination(
      int nodeId,
      LogEngine engine,
      TransactionVerifier transactions,
      GroupSettings settings,
      GroupConfigs configs,
      Clock clock) {
    this.engine = engine;
    this.settings = settings;
    this.groupConfigs = configs.manager();
    AbstractConfig config = config(settings);
    var groupConfig = new GroupCoordinatorConfig(config);
    service =
        new GroupCoordinatorService.Builder(nodeId, groupConfig)
            .withTime(Time.SYSTEM)
            .withTimer(new SystemTimerReaper("hub-group-timer-0", new SystemTimer("hub-group")))
            .withWriter(new LogWriter(tenures, transactions))
            .withLoader(new LogLoader(tenures, engine, clock))
            .withCoordinatorRuntimeMetrics(new GroupCoordinatorRuntimeMetrics(metrics))
            .withGroupCoordinatorMetrics(
                new GroupCoordinatorMetrics(new MetricsRegistry(), metrics))
            .withGroupConfigManager(groupConfigs)
            .withPersister(new NoOpStatePersister())
            .withAuthorizerPlugin(Optional.empty())
            .withPartitionMetadataClient(latestOffsets(engine))
            .build();
  }

  /** The coordinator's configuration, by Kafka's keys. */
  public static AbstractConfig config(GroupSettings settings) {
    var definitions = new ConfigDef(GroupCoordinatorConfig.CONFIG_DEF);
    ShareGroupConfig.CONFIG_DEF.configKeys().values().forEach(definitions::define);
    var values = new HashMap<String, Object>();
    values.put(
        GroupCoordinatorConfig.OFFSETS_TOPIC_PARTITIONS_CONFIG, settings.offsetsTopicPartitions());
    values.put(
        GroupCoordinatorConfig.GROUP_INITIAL_REBALANCE_DELAY_MS_CONFIG,
        (int) settings.initialRebalanceDelay().toMillis());
    // A small node: two threads serve all groups.
    values.put(GroupCoordinatorConfig.GROUP_COORDINATOR_NUM_THREADS_CONFIG, 2);
    values.put(GroupCoordinatorConfig.GROUP_COORDINATOR_NUM_BACKGROUND_THREADS_CONFIG, 1);
    return new AbstractConfig(definitions, values, false);
  }

  private static PartitionMetadataClient latestOffsets(LogEngine engine) {
    return new PartitionMetadataClient() {
      @Override
      public Map<TopicPartition, CompletableFuture<OffsetResponse>> listLatestOffsets(
          Set<TopicPartition> partitions) {
        var offsets = new HashMap<TopicPartition, CompletableFuture<OffsetResponse>>();
        for (TopicPartition partition : partitions) {
          OffsetResponse response =
              engine
                  .find(partition)
                  .map(PartitionLog::highWatermark)
                  .map(offset -> new OffsetResponse(offset, Errors.NONE))
                  .orElse(new OffsetResponse(-1, Errors.UNKNOWN_TOPIC_OR_PARTITION));
          offsets.put(partition, CompletableFuture.completedFuture(response));
        }
        return offsets;
      }

      @Override
      public void close() {
        // Nothing is held.
      }
    };
  }

  /** The coordinator itself, for the handlers and for the ends of transactions. */
  public GroupCoordinator coordinator() {
    return service;
  }

  /** What the coordinator reports to. */
  public Metrics metrics() {
    return metrics;
  }

  /** Starts to follow the topics, and to find groups; the partitions come by elections. */
  public void start(ImagePublisher images) {
    service.startup(settings::offsetsTopicPartitions);
    started.set(true);
    images.subscribe(service::onMetadataUpdate);
  }

  /**
   * Takes the groups of a partition over and begins to read them. Does nothing if it is held under
   * this epoch or a higher one; give it up before a higher epoch begins.
   *
   * @throws org.apache.kafka.common.errors.ApiException its log is not open
   */
  public void onElection(int partition, int leaderEpoch) {
    TopicPartition elected = offsetsPartition(partition);
    tenures.begin(elected, new Tenures.Tenure(leaderEpoch, engine.require(elected)));
    service.onElection(partition, leaderEpoch);
  }

  /**
   * Gives the groups of a partition up: what waits for its log fails with NOT_COORDINATOR.
   *
   * @param leaderEpoch of whoever holds it now, where that is known; must be above this broker's
   */
  public void onResignation(int partition, OptionalInt leaderEpoch) {
    tenures.end(offsetsPartition(partition));
    service.onResignation(partition, leaderEpoch);
  }

  private static TopicPartition offsetsPartition(int partition) {
    return new TopicPartition(Topic.GROUP_METADATA_TOPIC_NAME, partition);
  }

  /**
   * Completes when no group that was taken over is being read; clients would be told to come again
   * until then.
   */
  public CompletableFuture<Void> loaded() {
    if (partitions("active") + partitions("failed") >= tenures.count()) {
      return CompletableFuture.completedFuture(null);
    }
    return CompletableFuture.runAsync(
            () -> {}, CompletableFuture.delayedExecutor(LOOK_AGAIN_MS, TimeUnit.MILLISECONDS))
        .thenCompose(_ -> loaded());
  }

  /** How many partitions the coordinator says are in a state. */
  private long partitions(String state) {
    return metrics.metrics().entrySet().stream()
        .filter(metric ->
            metric.getKey().name().equals("num-partitions")
                && metric.getKey().tags().equals(Map.of("state", state)))
        .mapToLong(metric -> ((Number) metric.getValue().metricValue()).longValue())
        .sum();
  }

  /** Whether groups can be asked for. */
  public boolean isStarted() {
    return started.get();
  }

  /** Takes over what is set on single groups. Feed it by {@code catalog.subscribe}. */
  public synchronized void configure(TopicsSnapshot snapshot) {
    for (String group : groupConfigs.groupIds()) {
      if (!snapshot.groups().containsKey(group)) {
        groupConfigs.updateGroupConfig(group, new Properties());
      }
    }
    snapshot
        .groups()
        .forEach((group, configs) -> {
          if (!configs.equals(configured.get(group))) {
            groupConfigs.updateGroupConfig(group, GroupConfigs.properties(configs));
          }
        });
    configured = snapshot.groups();
  }

  /** The partition of {@code __consumer_offsets} that keeps a group. */
  public TopicPartition partitionFor(String group) {
    return offsetsPartition(service.partitionFor(group));
  }

  @Override
  public void close() {
    if (started.get()) {
      service.shutdown();
    }
  }
}
