package io.headwater.hub.kafka.metrics;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import io.micrometer.core.instrument.Clock;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.apache.kafka.common.TopicPartition;

/**
 * The best-known series of kafka_exporter (github.com/danielqsj/kafka_exporter) in its names,
 * labels and meanings, for dashboards and alerts that were made for it. As there, a partition that
 * a group has not committed, of a topic that it has, is at offset -1 with lag -1.
 */
public final class ExporterPage {
  private final TopicCatalog catalog;
  private final LogEngine engine;
  private final PartitionMetrics partitions;
  private final GroupMetrics groups;
  private final int mostGroupPartitions;
  private final PrometheusMeterRegistry page;

  /**
   * @param partitions knows which of them are shown
   * @param groups has asked for them last
   */
  public ExporterPage(
      TopicCatalog catalog,
      LogEngine engine,
      PartitionMetrics partitions,
      GroupMetrics groups,
      int mostGroupPartitions) {
    this.catalog = catalog;
    this.engine = engine;
    this.partitions = partitions;
    this.groups = groups;
    this.mostGroupPartitions = mostGroupPartitions;
    var series = new PrometheusRegistry();
    series.register((MultiCollector) this::collect);
    page = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, series, Clock.SYSTEM);
  }

  /** In Prometheus' text format. */
  public String text() {
    return page.scrape();
  }

  private MetricSnapshots collect() {
    TopicsSnapshot snapshot = catalog.current();
    var families = new Families();
    brokers(snapshot, families);
    topics(snapshot, families);
    groups(snapshot, families);
    return families.snapshots();
  }

  private static void brokers(TopicsSnapshot snapshot, Families families) {
    families.add(
        "kafka_brokers",
        "Number of brokers in the cluster",
        Labels.EMPTY,
        snapshot.brokers().size());
    for (Broker broker : snapshot.brokers().values()) {
      families.brokerInfo.dataPoint(
          new InfoDataPointSnapshot(
              Labels.of(
                  "id",
                  Integer.toString(broker.id()),
                  "address",
                  broker.host() + ":" + broker.port())));
    }
  }

  private void topics(TopicsSnapshot snapshot, Families families) {
    for (String name : partitions.shownTopics()) {
      snapshot
          .topic(name)
          .ifPresent(topic ->
              families.add(
                  "kafka_topic_partitions",
                  "Number of partitions of this topic",
                  Labels.of("topic", name),
                  topic.partitions().size()));
    }
    for (TopicPartition partition : partitions.shownPartitions()) {
      snapshot.partition(partition).ifPresent(known -> partition(partition, known, families));
    }
  }

  private void partition(TopicPartition partition, Partition known, Families families) {
    Labels labels =
        Labels.of("topic", partition.topic(), "partition", Integer.toString(partition.partition()));
    offset(
        "kafka_topic_partition_current_offset",
        "Current offset of this partition: its high watermark",
        partition,
        labels,
        PartitionLog::highWatermark,
        families);
    offset(
        "kafka_topic_partition_oldest_offset",
        "Oldest offset of this partition",
        partition,
        labels,
        PartitionLog::startOffset,
        families);
    int replicas = known.replicas().size();
    int inSync = known.leader() >= 0 ? replicas : 0;
    families.add(
        "kafka_topic_partition_in_sync_replica",
        "Number of replicas of this partition that are in sync",
        labels,
        inSync);
    families.add(
        "kafka_topic_partition_leader",
        "Broker id of the leader of this partition",
        labels,
        known.leader());
    families.add(
        "kafka_topic_partition_leader_is_preferred",
        "1 if the leader of this partition is its preferred one",
        labels,
        replicas > 0 && known.replicas().getFirst() == known.leader() ? 1 : 0);
    families.add(
        "kafka_topic_partition_replicas", "Number of replicas of this partition", labels, replicas);
    families.add(
        "kafka_topic_partition_under_replicated_partition",
        "1 if fewer replicas of this partition are in sync than it has",
        labels,
        inSync < replicas ? 1 : 0);
  }

  private void offset(
      String name,
      String help,
      TopicPartition partition,
      Labels labels,
      ToDoubleFunction<PartitionLog> value,
      Families families) {
    Optional<PartitionLog> log = engine.find(partition);
    if (log.isPresent()) {
      families.add(name, help, labels, value.applyAsDouble(log.get()));
    }
  }

  private void groups(TopicsSnapshot snapshot, Families families) {
    int left = mostGroupPartitions;
    for (GroupsSample.Group group : groups.sample().groups()) {
      families.add(
          "kafka_consumergroup_members",
          "Number of members of a group",
          Labels.of("consumergroup", group.id()),
          group.members());
      var byTopic = new LinkedHashMap<String, Map<Integer, GroupsSample.Committed>>();
      for (GroupsSample.Committed offset : group.offsets()) {
        byTopic
            .computeIfAbsent(offset.topic(), _ -> new LinkedHashMap<>())
            .put(offset.partition(), offset);
      }
      for (var entry : byTopic.entrySet()) {
        Optional<Topic> topic = snapshot.topic(entry.getKey());
        if (topic.isPresent()) {
          left -= group(group.id(), topic.get(), entry.getValue(), left, families);
        }
      }
    }
  }

  /** Returns how many partitions were shown. */
  private static int group(
      String group,
      Topic topic,
      Map<Integer, GroupsSample.Committed> offsets,
      int most,
      Families families) {
    int count = 0;
    for (Partition partition : topic.partitions()) {
      if (count >= most) {
        break;
      }
      GroupsSample.Committed offset = offsets.get(partition.index());
      Labels labels =
          Labels.of(
              "consumergroup",
              group,
              "topic",
              topic.name(),
              "partition",
              Integer.toString(partition.index()));
      families.add(
          "kafka_consumergroup_current_offset",
          "Current offset of a group in this partition, -1 if it has none",
          labels,
          offset == null ? -1 : (double) offset.offset());
      families.add(
          "kafka_consumergroup_lag",
          "Approximate lag of a group in this partition, -1 if it has no offset",
          labels,
          offset == null ? -1 : (double) offset.lag());
      count++;
    }
    Labels labels = Labels.of("consumergroup", group, "topic", topic.name());
    families.add(
        "kafka_consumergroup_current_offset_sum",
        "Current offset of a group in this topic, over all partitions",
        labels,
        sum(offsets, GroupsSample.Committed::offset));
    families.add(
        "kafka_consumergroup_lag_sum",
        "Approximate lag of a group in this topic, over all partitions",
        labels,
        sum(offsets, GroupsSample.Committed::lag));
    return count;
  }

  private static double sum(
      Map<Integer, GroupsSample.Committed> offsets, ToDoubleFunction<GroupsSample.Committed> of) {
    return offsets.values().stream().mapToDouble(of).sum();
  }

  /** The page while it is put together. */
  private static final class Families {
    private final InfoSnapshot.Builder brokerInfo =
        InfoSnapshot.builder().name("kafka_broker").help("Information about a broker");
    private final Map<String, GaugeSnapshot.Builder> gauges = new LinkedHashMap<>();

    void add(String name, String help, Labels labels, double value) {
      gauges
          .computeIfAbsent(name, _ -> GaugeSnapshot.builder().name(name).help(help))
          .dataPoint(new GaugeDataPointSnapshot(value, labels, null));
    }

    MetricSnapshots snapshots() {
      var all = MetricSnapshots.builder().metricSnapshot(brokerInfo.build());
      List.copyOf(gauges.values()).forEach(gauge -> all.metricSnapshot(gauge.build()));
      return all.build();
    }
  }
}
