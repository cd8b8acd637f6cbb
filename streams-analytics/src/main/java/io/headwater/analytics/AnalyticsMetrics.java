package io.headwater.analytics;

import io.headwater.analytics.decode.Undecodable.Reason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/** The meters of the analytics process; those of a query carry its name as a label. */
final class AnalyticsMetrics {
  /**
   * @param readings taken from the source topic
   * @param leftOut readings that the query leaves out: {@code where}, or no row in the table
   * @param late came when no window would take them any more
   * @param amending came when their windows had been told, which are told again
   * @param overdue came when windows of theirs were kept no more, which are computed anew
   * @param recomputed windows that were computed anew for such readings, and told again
   * @param results written
   * @param restarts after a failure
   * @param gapsTimeless gaps of the query's topics that do not say when they were
   */
  record QueryMetrics(
      Counter readings,
      Map<Reason, Counter> undecodableByReason,
      Counter leftOut,
      Counter late,
      Counter amending,
      Counter overdue,
      Counter recomputed,
      Counter results,
      Counter restarts,
      Counter gapsTimeless) {

    Counter undecodable(Reason reason) {
      return Objects.requireNonNull(undecodableByReason.get(reason));
    }
  }

  private final MeterRegistry registry;
  private final Counter liveDropped;

  AnalyticsMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.liveDropped =
        Counter.builder("analytics.live.dropped")
            .description("Listeners to new results that were dropped because they read too slowly")
            .register(registry);
  }

  Counter liveDropped() {
    return liveDropped;
  }

  void liveClients(IntSupplier clients) {
    Gauge.builder("analytics.live.clients", clients, IntSupplier::getAsInt)
        .description("Those who listen to new results over HTTP; 64 at most")
        .strongReference(true) // a lambda would be collected at once
        .register(registry);
  }

  QueryMetrics forQuery(String query) {
    var undecodable = new EnumMap<Reason, Counter>(Reason.class);
    for (Reason reason : Reason.values()) {
      undecodable.put(
          reason,
          Counter.builder("analytics.undecodable")
              .description("Records that were skipped because no reading could be taken from them")
              .tag("query", query)
              .tag("reason", label(reason))
              .register(registry));
    }
    return new QueryMetrics(
        counter("analytics.readings", "Records taken from the source topic", query),
        undecodable,
        counter("analytics.left.out", "Readings that the query's conditions leave out", query),
        counter("analytics.late", "Readings that came when no window took them any more", query),
        counter(
            "analytics.amending",
            "Readings that came when their windows had been told; these are told again",
            query),
        counter(
            "analytics.overdue",
            "Readings that came when windows of theirs were kept no more; these are computed anew"
                + " from the topic",
            query),
        counter("analytics.recomputed", "Windows computed anew from the topic, and told", query),
        counter("analytics.results", "Window results written, updates included", query),
        restarts(query),
        counter(
            "analytics.gaps.timeless",
            "Gaps of source topics that mark no window, as they do not say when they were",
            query));
  }

  Counter restarts(String query) {
    return counter("analytics.restarts", "Starts of a query after it had failed", query);
  }

  void running(String query, BooleanSupplier running) {
    Gauge.builder("analytics.running", running, now -> now.getAsBoolean() ? 1 : 0)
        .description("1 while the query reads and writes, 0 while it starts or has failed")
        .tag("query", query)
        .strongReference(true) // a method reference would be collected at once
        .register(registry);
  }

  /** Takes away the meters of a query that is no longer there. */
  void forget(String query) {
    registry.getMeters().stream()
        .filter(meter -> query.equals(meter.getId().getTag("query")))
        .forEach(registry::remove);
  }

  /** As labels have it: {@code not-json}. */
  static String label(Reason reason) {
    return reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private Counter counter(String name, String help, String query) {
    return Counter.builder(name).description(help).tag("query", query).register(registry);
  }
}
