package io.headwater.hub.kafka.log;

import com.yammer.metrics.core.Gauge;
import com.yammer.metrics.core.Meter;
import com.yammer.metrics.core.MetricName;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.apache.kafka.server.metrics.KafkaYammerMetrics;
import org.apache.kafka.storage.internals.log.LogCleaner;

/**
 * What Kafka's cleaner tells of itself: where it has a method for it by that, else through the
 * registry that Kafka's storage code reports to, one for all of a process.
 */
final class CleanerMeters {
  private static final String MANAGER = "LogCleanerManager";

  private final MeterRegistry registry;
  private final LogCleaner cleaner;

  private CleanerMeters(MeterRegistry registry, LogCleaner cleaner) {
    this.registry = registry;
    this.cleaner = cleaner;
  }

  static void register(MeterRegistry registry, LogCleaner cleaner, String folder) {
    new CleanerMeters(registry, cleaner).register(folder);
  }

  private void register(String folder) {
    gauge(
        "hub.log.cleaner.dirty",
        "ratio",
        "Share of bytes not yet compacted, of the log with the highest",
        _ -> reported(manager("max-dirty-percent", Map.of())) / 100);
    gauge(
        "hub.log.cleaner.last.run",
        "seconds",
        "Time since the cleaner last looked for work",
        _ -> reported(manager("time-since-last-run-ms", Map.of())) / 1e3);
    gauge(
        "hub.log.cleaner.uncleanable",
        "partitions",
        "Partitions that cannot be compacted because of an error",
        one -> one.cleanerManager().uncleanablePartitions(folder).size());
    gauge(
        "hub.log.cleaner.uncleanable.size",
        "bytes",
        "Bytes that could be compacted in those partitions",
        _ -> reported(manager("uncleanable-bytes", Map.of("logDirectory", folder))));
    gauge(
        "hub.log.cleaner.dead",
        "threads",
        "Threads of the cleaner that have died",
        LogCleaner::deadThreadCount);
    gauge(
        "hub.log.cleaner.delay",
        "seconds",
        "How much later than max.compaction.lag.ms the latest log is compacted",
        one ->
            one.maxOverCleanerThreads(
                thread -> thread.lastPreCleanStats().maxCompactionDelayMs() / 1e3));
    gauge(
        "hub.log.cleaner.last.duration",
        "seconds",
        "Time that the last compaction of a log took",
        one -> one.maxOverCleanerThreads(thread -> thread.lastStats().elapsedSecs()));
    gauge(
        "hub.log.cleaner.last.read",
        "bytes",
        "Bytes that the last compaction of a log has read",
        one -> one.maxOverCleanerThreads(thread -> (double) thread.lastStats().bytesRead()));
    gauge(
        "hub.log.cleaner.last.written",
        "bytes",
        "Bytes that it has kept",
        one -> one.maxOverCleanerThreads(thread -> (double) thread.lastStats().bytesWritten()));
    gauge(
        "hub.log.cleaner.buffer",
        "ratio",
        "How full the map of keys was in the last compaction; full means several passes",
        one -> one.maxOverCleanerThreads(thread -> thread.lastStats().bufferUtilization()));
    MetricName io = KafkaYammerMetrics.getMetricName("kafka.utils", "Throttler", "cleaner-io");
    double before = count(io); // by an engine that this process had earlier
    FunctionCounter.builder("hub.log.cleaner.io", cleaner, _ -> count(io) - before)
        .description("Bytes that the cleaner has read and written")
        .baseUnit("bytes")
        .register(registry);
  }

  private void gauge(
      String name, String unit, String description, ToDoubleFunction<LogCleaner> value) {
    io.micrometer.core.instrument.Gauge.builder(name, cleaner, value)
        .description(description)
        .baseUnit(unit)
        .register(registry);
  }

  private static MetricName manager(String name, Map<String, String> tags) {
    return KafkaYammerMetrics.getMetricName("kafka.log", MANAGER, name, new LinkedHashMap<>(tags));
  }

  /** NaN once the cleaner is closed. */
  private static double reported(MetricName name) {
    return KafkaYammerMetrics.defaultRegistry().allMetrics().get(name) instanceof Gauge<?> gauge
            && gauge.value() instanceof Number number
        ? number.doubleValue()
        : Double.NaN;
  }

  private static double count(MetricName name) {
    return KafkaYammerMetrics.defaultRegistry().allMetrics().get(name) instanceof Meter meter
        ? (double) meter.count()
        : 0;
  }
}
