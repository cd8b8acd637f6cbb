package io.headwater.edge;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.edge.clock.ClockKeeper;
import io.headwater.edge.forward.Progress;
import io.headwater.edge.forward.StatusReporter;
import io.headwater.edge.forward.UplinkStatus;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.LogSettings;
import io.headwater.edge.mqtt.Refusal;
import io.headwater.process.Health;
import io.headwater.uplink.StreamPartition;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The page {@code /status}: how the agent does, as JSON. What is not known, or not the case, is
 * left out; {@code edge-agent/README.md} tells the fields. Thread-safe.
 */
final class StatusPage {
  private final String gateway;
  private final EdgeLog log;
  private final LogSettings settings;
  private final ClockKeeper clock;
  private final StatusReporter reporter;
  private final Supplier<UplinkStatus> uplink;
  private final Supplier<List<Refusal>> refusals;
  private final Health health;
  private final long startedNanos = System.nanoTime();

  StatusPage(
      String gateway,
      EdgeLog log,
      LogSettings settings,
      ClockKeeper clock,
      StatusReporter reporter,
      Supplier<UplinkStatus> uplink,
      Supplier<List<Refusal>> refusals,
      Health health) {
    this.gateway = gateway;
    this.log = log;
    this.settings = settings;
    this.clock = clock;
    this.reporter = reporter;
    this.uplink = uplink;
    this.refusals = refusals;
    this.health = health;
  }

  /** Put together now. */
  String json() {
    long now = System.nanoTime();
    ObjectNode page = JsonNodeFactory.instance.objectNode();
    page.put("gateway", gateway)
        .put("version", EdgeAgent.VERSION)
        .put("running", true)
        .put("uptimeSeconds", secondsSince(startedNanos, now))
        .put("time", Instant.ofEpochMilli(clock.millis()).toString())
        .put("clock", clock.quality().text());
    Progress progress = reporter.progress();
    UplinkStatus bridges = uplink.get();
    waiting(page.putObject("waiting"), progress, bridges.isConnected());
    rates(page.putObject("rates"), progress);
    storage(page.putObject("storage"), progress);
    uplink(page.putObject("uplink"), bridges, now);
    errors(page.putArray("errors"), bridges, now);
    ObjectNode problems = page.putObject("problems");
    new TreeMap<>(health.status().problems()).forEach(problems::put);
    return page + "\n";
  }

  private void waiting(ObjectNode node, Progress progress, boolean isConnected) {
    Map<StreamPartition, Long> depths = log.depths();
    long depth = depths.values().stream().mapToLong(Long::longValue).sum();
    node.put("readings", depth);
    long oldest = reporter.oldestMs();
    if (oldest >= 0) {
      node.put("oldestSeconds", Math.max(0, clock.millis() - oldest) / 1000);
    }
    if (isConnected && progress.drainSeconds() >= 0) {
      node.put("drainSeconds", progress.drainSeconds());
    }
    partitions(node, depths);
  }

  /** Those in which something waits. */
  static void partitions(ObjectNode node, Map<StreamPartition, Long> depths) {
    ArrayNode partitions = node.putArray("partitions");
    new TreeMap<>(depths)
        .forEach((partition, depth) -> {
          if (depth > 0) {
            partitions
                .addObject()
                .put("stream", partition.stream())
                .put("partition", partition.partition())
                .put("readings", depth);
          }
        });
  }

  private static void rates(ObjectNode node, Progress progress) {
    if (progress.inPerSecond() >= 0) {
      node.put("inPerSecond", progress.inPerSecond());
    }
    if (progress.outPerSecond() >= 0) {
      node.put("outPerSecond", progress.outPerSecond());
    }
  }

  private void storage(ObjectNode node, Progress progress) {
    if (progress.writtenBytesPerDay() >= 0) {
      node.put("writtenBytesPerDay", progress.writtenBytesPerDay());
    }
    settings
        .flashBudget()
        .bytesPerDay()
        .ifPresent(budget -> node.put("budgetBytesPerDay", budget.bytes()));
    node.put("syncIntervalSeconds", log.syncInterval().toMillis() / 1e3)
        .put("configuredSyncIntervalSeconds", settings.syncInterval().toMillis() / 1e3);
  }

  private static void uplink(ObjectNode node, UplinkStatus bridges, long now) {
    bridges.bridge().ifPresent(address -> node.put("bridge", address.toString()));
    node.put("connected", bridges.isConnected())
        .put("sinceSeconds", secondsSince(bridges.sinceNanos(), now));
  }

  private void errors(ArrayNode errors, UplinkStatus bridges, long now) {
    log.lastFailure()
        .ifPresent(failure -> error(errors, "commit", failure.error(), failure.nanos(), now));
    bridges
        .lastProblem()
        .ifPresent(problem -> error(errors, "uplink", problem.text(), problem.nanos(), now));
    for (UplinkStatus.Rejected rejected : bridges.rejects()) {
      String text =
          rejected.reason().text()
              + " for the stream "
              + rejected.stream()
              + (rejected.detail().isEmpty() ? "" : ": " + rejected.detail());
      error(errors, "reject", text, rejected.nanos(), now)
          .put("reason", rejected.reason().text())
          .put("times", rejected.times());
    }
    // Without who it was: that stands in the log, which not everybody may read.
    for (Refusal refusal : refusals.get()) {
      error(errors, "client", refusal.reason(), refusal.nanos(), now)
          .put("reason", refusal.reason())
          .put("times", refusal.times());
    }
  }

  /** The clock may have been set since: the age is right in any case. */
  private ObjectNode error(ArrayNode errors, String of, String text, long nanos, long now) {
    long ago = Math.max(0, now - nanos);
    return errors
        .addObject()
        .put("of", of)
        .put("text", text)
        .put("secondsAgo", TimeUnit.NANOSECONDS.toSeconds(ago))
        .put(
            "time",
            Instant.ofEpochMilli(clock.millis() - TimeUnit.NANOSECONDS.toMillis(ago)).toString());
  }

  private static long secondsSince(long nanos, long now) {
    return TimeUnit.NANOSECONDS.toSeconds(Math.max(0, now - nanos));
  }
}
