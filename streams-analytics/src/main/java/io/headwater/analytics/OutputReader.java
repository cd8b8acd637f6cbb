package io.headwater.analytics;

import io.headwater.analytics.Output.Format;
import io.headwater.analytics.expression.Expression;
import io.headwater.analytics.expression.Language;
import io.headwater.analytics.expression.Type;
import io.headwater.process.YamlFile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;

/** Reads where results go: {@code to} and {@code routes}. */
final class OutputReader {
  static final Set<String> TO_KEYS = Set.of("topic", "key", "format", "retention", "partitions");
  static final Set<String> ROUTE_KEYS = Set.of("when", "to");

  private static final Duration MIN_RETENTION = Duration.ofMinutes(1);
  private static final Duration MAX_RETENTION = Duration.ofDays(3_660);

  private final YamlFile yaml;
  private final InputReader readings;

  OutputReader(YamlFile yaml, InputReader readings) {
    this.yaml = yaml;
    this.readings = readings;
  }

  /**
   * Reads it.
   *
   * @param name of the query
   * @param windowed results are of windows, not of single readings
   */
  Output read(@Nullable String name, Map<String, Node> keys, boolean windowed) {
    String own = "analytics." + (name == null ? "" : name);
    List<Output.Route> routes = routes(keys.get("routes"), windowed);
    Node to = keys.get("to");
    if (!(to instanceof MappingNode)) {
      String topic = yaml.optional(to, "to", own, Texts::topic);
      return new Output(
          topic == null ? own : topic,
          routes,
          Optional.empty(),
          Format.JSON,
          Optional.empty(),
          Optional.empty(),
          false);
    }
    Map<String, Node> section = yaml.section(to, "'to'", TO_KEYS);
    String topic = yaml.optional(section.get("topic"), "topic", own, Texts::topic);
    return new Output(
        topic == null ? own : topic,
        routes,
        key(section.get("key"), windowed),
        format(section.get("format"), windowed),
        ifGiven(section, "retention", Texts.duration(MIN_RETENTION, MAX_RETENTION)),
        ifGiven(section, "partitions", Texts.number(1, 1_000)),
        false);
  }

  private <T> Optional<T> ifGiven(
      Map<String, Node> section, String key, Function<String, T> parse) {
    Node node = section.get(key);
    return node == null ? Optional.empty() : Optional.ofNullable(yaml.scalar(node, key, parse));
  }

  private Optional<Expression> key(@Nullable Node node, boolean windowed) {
    if (node == null || !windowed) {
      return readings.expression(node, "key", Type.TEXT, Type.NUMBER, Type.WHOLE);
    }
    // Without the aggregates: all results of a window have one key, so the newest one counts.
    return Optional.ofNullable(
        yaml.scalar(
            node,
            "key",
            text -> new Language(ResultScope.names(List.of())).compile(text, Type.TEXT)));
  }

  private Format format(@Nullable Node node, boolean windowed) {
    Format format = yaml.optional(node, "format", Format.JSON, Texts.oneOf(Format.class));
    if (format == Format.PAYLOAD && windowed && node != null) {
      yaml.problem(node, "format: a window has no payload; choose json, csv or number");
    }
    return format == null ? Format.JSON : format;
  }

  private List<Output.Route> routes(@Nullable Node node, boolean windowed) {
    if (node != null && windowed) {
      yaml.problem(node, "'routes' are for queries without window; leave them out");
      return List.of();
    }
    var routes = new ArrayList<Output.Route>();
    for (Node each : yaml.list(node)) {
      Map<String, Node> keys = yaml.section(each, "a route", ROUTE_KEYS);
      if (!(each instanceof MappingNode)) {
        continue;
      }
      String topic = yaml.required(each, keys, "to", Texts::topic);
      if (!keys.containsKey("when")) {
        yaml.problem(each, "'when' is missing; what no route takes goes to the query's 'to'");
      }
      Optional<Expression> when = readings.expression(keys.get("when"), "when", Type.CONDITION);
      if (topic != null && when.isPresent()) {
        routes.add(new Output.Route(when.get(), topic));
      }
    }
    return routes;
  }
}
