package io.headwater.hub.kafka.metrics;

import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * Who leads what in a cluster, as the catalog of this broker has it. Thread-safe, but for {@link
 * #apply}, which the catalog calls by one thread at a time.
 */
public final class ClusterMetrics {
  private final MeterRegistry registry;
  private final TopicCatalog catalog;
  private final Counter changes;
  private TopicsSnapshot latest;

  public ClusterMetrics(MeterRegistry registry, TopicCatalog catalog, int nodeId) {
    this.registry = registry;
    this.catalog = catalog;
    latest = catalog.current();
    changes =
        Counter.builder("hub.cluster.leader.changes")
            .description("Times that a partition got another leader, as this broker has seen it")
            .baseUnit("changes")
            .register(registry);
    gauge(
        "led",
        "partitions",
        "Partitions that this broker leads",
        all -> count(all, partition -> partition.leader() == nodeId));
    gauge(
        "leaderless",
        "partitions",
        "Partitions whose leader is not there",
        all -> count(all, partition -> !all.brokers().containsKey(partition.leader())));
    gauge("brokers", "brokers", "Brokers that are registered", all -> all.brokers().size());
    Gauge.builder("hub.cluster.controller", catalog, all -> isController(all, nodeId) ? 1 : 0)
        .description("1 if this broker gives partitions to brokers")
        .register(registry);
  }

  private void gauge(
      String name, String unit, String description, ToDoubleFunction<TopicsSnapshot> value) {
    Gauge.builder("hub.cluster." + name, catalog, all -> value.applyAsDouble(all.current()))
        .description(description)
        .baseUnit(unit)
        .register(registry);
  }

  private static boolean isController(TopicCatalog catalog, int nodeId) {
    return catalog.controller().orElse(-1) == nodeId;
  }

  private static long count(TopicsSnapshot snapshot, Predicate<Partition> which) {
    return snapshot.topics().values().stream()
        .flatMap(topic -> topic.partitions().stream())
        .filter(which)
        .count();
  }

  /** Counts what has another leader than before. */
  public void apply(TopicsSnapshot snapshot) {
    TopicsSnapshot before = latest;
    latest = snapshot;
    long changed = 0;
    for (Topic topic : snapshot.topics().values()) {
      changed += before.topic(topic.id()).map(known -> changed(known, topic)).orElse(0L);
    }
    changes.increment((double) changed);
  }

  private static long changed(Topic before, Topic after) {
    return before.partitions().stream()
        .filter(partition -> partition.index() < after.partitions().size())
        .filter(
            partition -> after.partitions().get(partition.index()).leader() != partition.leader())
        .count();
  }
}
