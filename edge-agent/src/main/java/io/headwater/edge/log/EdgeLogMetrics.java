package io.headwater.edge.log;

import io.headwater.uplink.GapReason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** What the log does. */
public final class EdgeLogMetrics {
  private final MeterRegistry registry;
  private final Counter appended;
  private final Counter refused;
  private final Counter notRetained;
  private final Counter lost;
  private final Counter repeated;
  private final Counter forgotten;
  private final Counter forced;
  private final Counter lazy;
  private final Counter timed;
  private final Timer commit;
  private final DistributionSummary group;

  public EdgeLogMetrics(MeterRegistry registry) {
    this.registry = registry;
    appended =
        Counter.builder("edge.log.appended")
            .baseUnit("records")
            .description("Readings committed")
            .register(registry);
    refused =
        Counter.builder("edge.log.refused")
            .baseUnit("records")
            .description("Readings that could not be committed")
            .register(registry);
    notRetained =
        Counter.builder("edge.log.not.retained")
            .baseUnit("records")
            .description("Messages that could not be retained: 10,000 topics or 16 MiB are there")
            .register(registry);
    lost =
        Counter.builder("edge.log.lost")
            .baseUnit("records")
            .description(
                "Readings of class memory that were acknowledged and could not be committed")
            .register(registry);
    repeated =
        Counter.builder("edge.log.repeats")
            .baseUnit("records")
            .description("Publishes that came again and were not written again (dedupe)")
            .register(registry);
    forgotten =
        Counter.builder("edge.log.ids.forgotten")
            .description("Identifiers of dedupe forgotten before their time: too many are there")
            .register(registry);
    forced = commits("full", "Commits: forced to disk");
    lazy = commits("normal", "Commits: not forced, of readings of other classes than fsync only");
    timed = commits("interval", "Commits: made to force what others have left");
    commit =
        Timer.builder("edge.log.commit")
            .description("Time of one commit, its fsync included")
            .register(registry);
    group =
        DistributionSummary.builder("edge.log.commit.group")
            .baseUnit("records")
            .description("Readings in one commit")
            .register(registry);
  }

  private Counter commits(String kind, String description) {
    return Counter.builder("edge.log.commits")
        .tag("kind", kind)
        .description(description)
        .register(registry);
  }

  /** A commit that was made to force what others have left. */
  void forcedByTime() {
    timed.increment();
  }

  /** Counts what came again, and is known by its identifier. */
  void repeated() {
    repeated.increment();
  }

  /** Counts identifiers that were forgotten before their time. */
  void forgotten(int ids) {
    forgotten.increment(ids);
  }

  /** Counts readings of class memory that did not get further than the queue. */
  void lost() {
    lost.increment();
  }

  void committed(int records, long nanos, boolean isForced) {
    (isForced ? forced : lazy).increment();
    appended.increment(records);
    group.record(records);
    commit.record(nanos, TimeUnit.NANOSECONDS);
  }

  void refused(int records) {
    refused.increment(records);
  }

  /** Counts a message that stays a row only, for want of room among the retained ones. */
  void notRetained() {
    notRetained.increment();
  }

  /** Counts readings that were acknowledged and given up for want of room. */
  void discarded(WhenFull.Kind policy, GapReason reason, long records) {
    Counter.builder("edge.log.discarded")
        .tag("policy", policy.name().toLowerCase(Locale.ROOT).replace('_', '-'))
        .tag("reason", reason.text())
        .baseUnit("records")
        .description(
            "Readings that were acknowledged and given up; the hub is told of each as a gap")
        .register(registry)
        .increment((double) records);
  }

  void room(Supplier<Number> left, Supplier<Number> reserve, Supplier<Number> full) {
    Gauge.builder("edge.log.room", left)
        .baseUnit("bytes")
        .description("Room for ordinary readings; below 0 what must go on uses up the reserve")
        .register(registry);
    Gauge.builder("edge.log.reserve", reserve)
        .baseUnit("bytes")
        .description("What is left of the reserve for critical routes, gaps and sessions")
        .register(registry);
    Gauge.builder("edge.log.full", full)
        .description("1 while the log has no room for ordinary readings")
        .register(registry);
  }

  void syncInterval(Supplier<Duration> interval) {
    Gauge.builder("edge.log.sync.interval", () -> interval.get().toNanos() / 1e9)
        .baseUnit("seconds")
        .description(
            "After so long readings of other classes than fsync are on disk at the latest; above"
                + " log.sync-interval while more is written than log.flash-budget allows")
        .register(registry);
  }

  void gauges(
      Supplier<Number> depth,
      Supplier<Number> queue,
      Supplier<Number> bytes,
      Supplier<Number> ahead) {
    Gauge.builder("edge.log.unforced", ahead)
        .baseUnit("records")
        .description("Readings that are committed, and that a power cut would take")
        .register(registry);
    // The builder that takes a supplier keeps it alive; registry.gauge would not.
    Gauge.builder("edge.uplink.depth", depth)
        .baseUnit("records")
        .description("Readings committed here and not yet settled by the hub")
        .register(registry);
    Gauge.builder("edge.log.queue", queue)
        .baseUnit("records")
        .description("Readings that wait for their commit")
        .register(registry);
    Gauge.builder("edge.log.size", bytes)
        .baseUnit("bytes")
        .description("What the log takes on disk")
        .register(registry);
  }
}
