package io.headwater.analytics;

import io.headwater.analytics.expression.Expression;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where results go.
 *
 * @param topic of what no route takes
 * @param routes the first whose condition holds takes the result
 * @param key the results' key, instead of the one that is aggregated by
 * @param retention of topics that are made; otherwise the hub's default
 * @param partitions of topics that are made; otherwise the hub's default
 * @param carriesState results also carry what a query that merges them needs
 */
record Output(
    String topic,
    List<Route> routes,
    Optional<Expression> key,
    Format format,
    Optional<Duration> retention,
    Optional<Integer> partitions,
    boolean carriesState) {

  record Route(Expression when, String topic) {}

  /** How results are written. */
  enum Format {
    /** An object with query, key, time or window, and what is told. */
    JSON,
    /** A line with key, time or start and end, and what is told. */
    CSV,
    /** The only thing told, as decimal text. */
    NUMBER,
    /** The payload as it came; only of queries that answer each reading by itself. */
    PAYLOAD
  }

  Output {
    routes = List.copyOf(routes);
  }

  static Output to(String topic) {
    return new Output(
        topic, List.of(), Optional.empty(), Format.JSON, Optional.empty(), Optional.empty(), false);
  }

  List<String> topics() {
    return Stream.concat(routes.stream().map(Route::topic), Stream.of(topic)).distinct().toList();
  }

  Output carryingState() {
    return new Output(topic, routes, key, format, retention, partitions, true);
  }
}
