package io.headwater.analytics;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import io.micrometer.core.instrument.Counter;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.streams.KafkaStreams;

/**
 * A query and what runs it.
 *
 * @param definition as its user wrote it
 * @param runner keeps its Streams instance
 * @param recomputer computes windows anew that are kept no more; empty if it does not
 * @param metrics what this process has counted of it since it began to run it
 */
record RunningQuery(
    Query query,
    ObjectNode definition,
    QueryRunner runner,
    Optional<Recomputer> recomputer,
    QueryMetrics metrics)
    implements AutoCloseable {

  /** What {@code /health} says. */
  Optional<String> problem() {
    return runner
        .problem()
        .or(() ->
            recomputer
                .flatMap(Recomputer::problem)
                .map(text -> "query " + query.name() + ": " + text));
  }

  /** Has it end, and does not wait for that. */
  void stop() {
    recomputer.ifPresent(Recomputer::stop);
    runner.stop();
  }

  @Override
  public void close() {
    stop();
    recomputer.ifPresent(Recomputer::close);
    runner.close();
  }

  /**
   * How it does, as {@code /api/queries} tells it. What is not known is left out.
   *
   * <p>{@code lag} is in records, of the partitions that this instance reads; {@code dropped} is
   * what Streams itself left out.
   */
  ObjectNode status() {
    ObjectNode status = JsonNodeFactory.instance.objectNode();
    status.put("name", query.name()).put("state", runner.phase());
    problem().ifPresent(problem -> status.put("problem", problem));
    status.put("from", query.from()).put("to", String.join(", ", query.output().topics()));
    runner.streams().ifPresent(streams -> measured(status, streams));
    status
        .put("recordsIn", (long) metrics.readings().count())
        .put("late", (long) metrics.late().count())
        .put("overdue", (long) metrics.overdue().count())
        .put("recomputed", (long) metrics.recomputed().count())
        .put("undecodable", (long) undecodable())
        .put("results", (long) metrics.results().count())
        .put("restarts", (long) metrics.restarts().count());
    RestoreProgress.Totals restore = runner.restore().totals();
    if (restore.partitions() > 0) {
      status
          .putObject("restore")
          .put("partitions", restore.partitions())
          .put("records", restore.records())
          .put("total", restore.total());
    }
    return status;
  }

  private double undecodable() {
    return metrics.undecodableByReason().values().stream().mapToDouble(Counter::count).sum();
  }

  /** Puts {@code lag} and {@code dropped}, as far as they are known. */
  static void measured(ObjectNode status, KafkaStreams streams) {
    Map<MetricName, ? extends Metric> metrics = streams.metrics();
    // A consumer that restores has a lag of its own kind.
    sum(metrics, "consumer-fetch-manager-metrics", "records-lag", "-restore-consumer")
        .ifPresent(lag -> status.put("lag", lag));
    sum(metrics, "stream-task-metrics", "dropped-records-total", "")
        .ifPresent(dropped -> status.put("dropped", dropped));
  }

  /** Over all partitions or tasks; empty if there is none that knows its number yet. */
  private static OptionalLong sum(
      Map<MetricName, ? extends Metric> metrics, String group, String name, String notClient) {
    boolean found = false;
    double sum = 0;
    for (var entry : metrics.entrySet()) {
      MetricName each = entry.getKey();
      if (each.name().equals(name)
          && each.group().equals(group)
          && (notClient.isEmpty() || !each.tags().getOrDefault("client-id", "").endsWith(notClient))
          && entry.getValue().metricValue() instanceof Double value
          && Double.isFinite(value)) {
        found = true;
        sum += value;
      }
    }
    return found ? OptionalLong.of((long) sum) : OptionalLong.empty();
  }
}
