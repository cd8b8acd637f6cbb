package io.headwater.analytics;

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
  /** Why a record was not taken as a reading. */
  enum Undecodable {
    /** The payload is not JSON. */
    NOT_JSON,
    /** None of the query's paths yields a finite number. */
    NO_NUMBER,
    /** There is no payload. */
    EMPTY,
    /** There is no key to aggregate by. */
    NO_KEY
  }

  /**
   * @param readings taken from the source topic
   * @param late came after the grace of their window
   * @param results written
   * @param restarts after a failure
   */
  record QueryMetrics(
      Counter readings,
      Map<Undecodable, Counter> undecodableByReason,
      Counter late,
      Counter results,
      Counter restarts) {

    Counter undecodable(Undecodable reason) {
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
    var undecodable = new EnumMap<Undecodable, Counter>(Undecodable.class);
    for (Undecodable reason : Undecodable.values()) {
      undecodable.put(
          reason,
          Counter.builder("analytics.undecodable")
              .description("Records that were skipped because no reading could be taken from them")
              .tag("query", query)
              .tag("reason", reason.name().toLowerCase(Locale.ROOT).replace('_', '-'))
              .register(registry));
    }
    return new QueryMetrics(
        counter("analytics.readings", "Records taken from the source topic", query),
        undecodable,
        counter("analytics.late", "Readings that came after the grace of their window", query),
        counter("analytics.results", "Window results written, updates included", query),
        counter("analytics.restarts", "Starts of a query after it had failed", query));
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

  private Counter counter(String name, String help, String query) {
    return Counter.builder(name).description(help).tag("query", query).register(registry);
  }
}
