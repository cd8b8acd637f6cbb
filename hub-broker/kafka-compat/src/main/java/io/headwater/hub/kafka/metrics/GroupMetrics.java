package io.headwater.hub.kafka.metrics;

import io.headwater.hub.kafka.log.LogEngine;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.jspecify.annotations.Nullable;

/**
 * Groups: lag, offsets and members of each, as the coordinator has told last; and what the
 * coordinator tells of itself.
 */
public final class GroupMetrics {
  /** A committed offset's place. */
  private record Key(String group, String topic, int partition) {}

  private final GroupSampler sampler;
  private final int mostPartitions;
  private final MeterRegistry registry;
  private final BooleanSupplier served;
  private final LeftOut groupsLeftOut;
  private final LeftOut partitionsLeftOut;
  private final MultiGauge lag;
  private final MultiGauge committed;
  private final MultiGauge members;
  private final MultiGauge states;
  private final MultiGauge groups;
  private volatile GroupsSample sample;
  private volatile Map<Key, GroupsSample.Committed> offsets = Map.of();
  private volatile Map<String, Integer> memberCounts = Map.of();

  /**
   * @param served whether there can be groups: nobody may have needed any yet
   * @param coordinatorMetrics what the coordinator reports to
   */
  public GroupMetrics(
      MeterRegistry registry,
      BooleanSupplier served,
      GroupCoordinator coordinator,
      Metrics coordinatorMetrics,
      LogEngine engine,
      MetricsSettings settings) {
    this.registry = registry;
    this.served = served;
    sampler = new GroupSampler(coordinator, engine, settings.groups());
    mostPartitions = settings.groupPartitions();
    sample = new GroupsSample(System.nanoTime(), List.of(), Map.of());
    groupsLeftOut = new LeftOut(registry, "groups");
    partitionsLeftOut = new LeftOut(registry, "group-partitions");
    lag = gauge("hub.group.lag", "records", "Records between a group's offset and the end");
    committed = gauge("hub.group.committed", "offset", "Offset that a group has committed");
    members = gauge("hub.group.members", "members", "Members of a group");
    states = gauge("hub.group.state", null, "1, with a group's type and state as labels");
    groups = gauge("hub.groups", "groups", "Groups, by type and state");
    Gauge.builder("hub.group.age", this, meters -> meters.age())
        .description("Age of what the series of groups tell")
        .baseUnit("seconds")
        .register(registry);
    bridge(coordinatorMetrics);
  }

  private MultiGauge gauge(String name, @Nullable String unit, String description) {
    MultiGauge.Builder builder = MultiGauge.builder(name).description(description);
    return (unit == null ? builder : builder.baseUnit(unit)).register(registry);
  }

  private double age() {
    return (System.nanoTime() - sample.takenNanos()) / 1e9;
  }

  private void bridge(Metrics metrics) {
    counter(metrics, "hub.group.offsets.committed", "offset-commit-count", "Offsets committed");
    counter(
        metrics,
        "hub.group.offsets.expired",
        "offset-expiration-count",
        "Offsets forgotten for their age");
    counter(
        metrics, "hub.group.offsets.deleted", "offset-deletion-count", "Offsets deleted by hand");
    for (var type :
        Map.of(
                "classic", "group-completed-rebalance-count",
                "consumer", "consumer-group-rebalance-count",
                "streams", "streams-group-rebalance-count")
            .entrySet()) {
      FunctionCounter.builder(
              "hub.group.rebalances", metrics, all -> value(all, type.getValue(), Map.of()))
          .description("Times that partitions were shared out anew, by type of group")
          .baseUnit("rebalances")
          .tag("type", type.getKey())
          .register(registry);
    }
    Gauge.builder(
            "hub.group.coordinator.queue", metrics, all -> value(all, "event-queue-size", Map.of()))
        .description("Steps that wait for the coordinator's threads")
        .baseUnit("events")
        .register(registry);
    Gauge.builder(
            "hub.group.coordinator.idle",
            metrics,
            all -> value(all, "thread-idle-ratio-avg", Map.of()))
        .description("Share of time that the coordinator's threads have nothing to do")
        .baseUnit("ratio")
        .register(registry);
    for (String state : List.of("active", "loading", "failed")) {
      Gauge.builder(
              "hub.group.coordinator.partitions",
              metrics,
              all -> value(all, "num-partitions", Map.of("state", state)))
          .description("Partitions of __consumer_offsets, by whether their groups can be used")
          .baseUnit("partitions")
          .tag("state", state)
          .register(registry);
    }
  }

  private void counter(Metrics metrics, String name, String source, String description) {
    FunctionCounter.builder(name, metrics, all -> value(all, source, Map.of()))
        .description(description)
        .baseUnit("offsets")
        .register(registry);
  }

  /** What the coordinator reports; 0 while it has not begun to. */
  private static double value(Metrics metrics, String name, Map<String, String> tags) {
    for (Map.Entry<MetricName, KafkaMetric> metric : metrics.metrics().entrySet()) {
      if (metric.getKey().name().equals(name)
          && metric.getKey().tags().equals(tags)
          && metric.getValue().metricValue() instanceof Number number) {
        return number.doubleValue();
      }
    }
    return 0;
  }

  GroupsSample sample() {
    return sample;
  }

  /** Asks the coordinator anew. On the metrics' thread, which may wait. */
  public void refresh() {
    if (served.getAsBoolean()) {
      sampler.take().ifPresent(this::show);
    } else {
      show(new GroupsSample(System.nanoTime(), List.of(), Map.of()));
    }
  }

  private void show(GroupsSample taken) {
    var shown = new HashMap<Key, GroupsSample.Committed>();
    var counts = new HashMap<String, Integer>();
    var lagRows = new ArrayList<Row<?>>();
    var offsetRows = new ArrayList<Row<?>>();
    var memberRows = new ArrayList<Row<?>>();
    var stateRows = new ArrayList<Row<?>>();
    int left = 0;
    for (GroupsSample.Group group : taken.groups()) {
      String id = group.id();
      counts.put(id, group.members());
      memberRows.add(Row.of(Tags.of("group", id), () -> memberCounts.get(id)));
      stateRows.add(
          Row.of(
              Tags.of("group", id, "type", group.kind().type(), "state", group.kind().state()), 1));
      for (GroupsSample.Committed offset : group.offsets()) {
        if (shown.size() >= mostPartitions) {
          left++;
          continue;
        }
        var key = new Key(id, offset.topic(), offset.partition());
        shown.put(key, offset);
        Tags tags =
            Tags.of(
                "group", id,
                "topic", key.topic(),
                "partition", Integer.toString(key.partition()));
        lagRows.add(Row.of(tags, () -> offset(key, true)));
        offsetRows.add(Row.of(tags, () -> offset(key, false)));
      }
    }
    // Values before rows: a row without a value would be scraped as NaN.
    offsets = shown;
    memberCounts = counts;
    sample = taken;
    lag.register(lagRows);
    committed.register(offsetRows);
    members.register(memberRows);
    states.register(stateRows);
    groups.register(
        taken.counts().entrySet().stream()
            .<Row<?>>map(kind ->
                Row.of(
                    Tags.of("type", kind.getKey().type(), "state", kind.getKey().state()),
                    () -> sample.counts().getOrDefault(kind.getKey(), 0)))
            .toList());
    groupsLeftOut.set(taken.all() - taken.groups().size());
    partitionsLeftOut.set(left);
  }

  private double offset(Key key, boolean lag) {
    GroupsSample.Committed offset = offsets.get(key);
    return offset == null ? Double.NaN : (double) (lag ? offset.lag() : offset.offset());
  }
}
