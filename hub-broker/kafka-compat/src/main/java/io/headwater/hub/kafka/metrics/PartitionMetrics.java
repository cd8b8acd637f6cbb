package io.headwater.hub.kafka.metrics;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.apache.kafka.common.TopicPartition;

/**
 * Offsets and sizes of topics and partitions, read from the logs when they are scraped. A log that
 * is not open gives NaN.
 */
public final class PartitionMetrics {
  /** One meter of each partition. */
  private record OfPartition(MultiGauge gauge, ToDoubleFunction<PartitionLog> value) {}

  private final LogEngine engine;
  private final TopicCatalog catalog;
  private final ShownTopics shown;
  private final int most;
  private final MeterRegistry registry;
  private final LeftOut leftOut;
  private final MultiGauge topicSize;
  private final MultiGauge topicPartitions;
  private final List<OfPartition> ofPartition = new ArrayList<>();
  private volatile TopicsSnapshot latest;
  private long applied = -1;
  private volatile List<TopicPartition> shownPartitions = List.of();

  public PartitionMetrics(
      MeterRegistry registry, LogEngine engine, TopicCatalog catalog, ShownTopics shown, int most) {
    this.registry = registry;
    this.engine = engine;
    this.catalog = catalog;
    this.shown = shown;
    this.most = most;
    latest = catalog.current();
    leftOut = new LeftOut(registry, "partitions");
    Gauge.builder("hub.topics", catalog, all -> all.current().topics().size())
        .description("Topics, those of the coordinators included")
        .baseUnit("topics")
        .register(registry);
    Gauge.builder("hub.partitions", catalog, all -> partitions(all.current()))
        .description("Partitions of all topics")
        .baseUnit("partitions")
        .register(registry);
    topicSize = gauge("hub.topic.size", "bytes", "Bytes of a topic's logs");
    topicPartitions = gauge("hub.topic.partitions", "partitions", "Partitions of a topic");
    partition("start", "offset", "First offset that can be read", PartitionLog::startOffset);
    partition("end", "offset", "The offset that the next record gets", PartitionLog::endOffset);
    partition(
        "high.watermark", "offset", "Records below it can be read", PartitionLog::highWatermark);
    partition(
        "stable.lag",
        "records",
        "Records that wait for the end of a transaction before read_committed consumers see them",
        log -> Math.max(0, log.highWatermark() - log.lastStableOffset()));
    partition("size", "bytes", "Bytes of all segments", PartitionLog::size);
    partition("segments", "segments", "Segments", PartitionLog::segments);
  }

  private static int partitions(TopicsSnapshot snapshot) {
    int count = 0;
    for (Topic topic : snapshot.topics().values()) {
      count += topic.partitions().size();
    }
    return count;
  }

  private MultiGauge gauge(String name, String unit, String description) {
    return MultiGauge.builder(name).description(description).baseUnit(unit).register(registry);
  }

  private void partition(
      String what, String unit, String description, ToDoubleFunction<PartitionLog> value) {
    ofPartition.add(new OfPartition(gauge("hub.partition." + what, unit, description), value));
  }

  List<String> shownTopics() {
    return shown.all();
  }

  List<TopicPartition> shownPartitions() {
    return shownPartitions;
  }

  /** Takes note of topics that the catalog may not tell of yet; {@link #refresh} shows them. */
  public void apply(TopicsSnapshot snapshot) {
    latest = snapshot;
  }

  /** Gives new topics and partitions their series and takes those of deleted ones away. */
  public void refresh() {
    TopicsSnapshot snapshot = latest;
    if (snapshot.version() == applied) {
      return;
    }
    var topics = new ArrayList<Topic>();
    shown.all().forEach(name -> snapshot.topic(name).ifPresent(topics::add));
    topicSize.register(topics.stream().map(topic -> row(topic, this::size)).toList());
    topicPartitions.register(
        topics.stream()
            .map(topic ->
                row(
                    topic,
                    name ->
                        catalog
                            .current()
                            .topic(name)
                            .map(now -> (double) now.partitions().size())
                            .orElse(Double.NaN)))
            .toList());
    var partitions = new ArrayList<TopicPartition>();
    for (Topic topic : topics) {
      for (int i = 0; i < topic.partitions().size() && partitions.size() < most; i++) {
        partitions.add(new TopicPartition(topic.name(), i));
      }
    }
    for (OfPartition one : ofPartition) {
      one.gauge()
          .register(partitions.stream().map(partition -> row(partition, one.value())).toList());
    }
    shownPartitions = List.copyOf(partitions);
    leftOut.set(partitions(snapshot) - partitions.size());
    applied = snapshot.version();
  }

  private static Row<?> row(Topic topic, ToDoubleFunction<String> value) {
    String name = topic.name();
    return Row.of(Tags.of("topic", name), () -> value.applyAsDouble(name));
  }

  private Row<?> row(TopicPartition partition, ToDoubleFunction<PartitionLog> value) {
    return Row.of(
        Tags.of("topic", partition.topic(), "partition", Integer.toString(partition.partition())),
        () -> {
          Optional<PartitionLog> log = engine.find(partition);
          return log.isEmpty() ? Double.NaN : value.applyAsDouble(log.get());
        });
  }

  private double size(String topic) {
    double bytes = 0;
    int count = catalog.current().topic(topic).map(now -> now.partitions().size()).orElse(0);
    for (int i = 0; i < count; i++) {
      bytes +=
          engine.find(new TopicPartition(topic, i)).map(log -> (double) log.size()).orElse(0.0);
    }
    return bytes;
  }
}
