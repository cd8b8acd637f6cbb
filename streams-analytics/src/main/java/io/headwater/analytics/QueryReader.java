package io.headwater.analytics;

import io.headwater.analytics.Output.Format;
import io.headwater.analytics.aggregate.Aggregate;
import io.headwater.process.YamlFile;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;

/** Reads one query of a query file. */
final class QueryReader {
  static final Set<String> KEYS =
      Set.of(
          "name",
          "from",
          "join",
          "table",
          "decode",
          "value",
          "fields",
          "where",
          "by",
          "window",
          "aggregates",
          "having",
          "emit",
          "idle",
          "late",
          "keep",
          "recompute-after",
          "to",
          "routes",
          "dead-letters");

  private final YamlFile yaml;
  private final Map<String, Query> queries;

  /**
   * @param queries those above, by name
   */
  QueryReader(YamlFile yaml, Map<String, Query> queries) {
    this.yaml = yaml;
    this.queries = queries;
  }

  /** Empty, and a problem, if anything in it is wrong. */
  Optional<Query> read(Node node) {
    int problemsBefore = yaml.problemCount();
    Map<String, Node> keys = yaml.section(node, "a query", KEYS);
    if (!(node instanceof MappingNode)) {
      return Optional.empty();
    }
    String name = yaml.required(node, keys, "name", Texts::queryName);
    var sources = new SourceReader(yaml, queries);
    Source source = sources.read(node, keys.get("from"), keys.get("join"));
    Query merged = source == null ? null : sources.merged(keys.get("from"));
    var reader = new InputReader(yaml);
    Readings readings = reader.read(keys, source == null ? Optional.empty() : source.join());
    boolean windowed = keys.containsKey("window") || keys.containsKey("aggregates");
    Optional<Windows> windows = Optional.empty();
    Output output = new OutputReader(yaml, reader).read(name, keys, windowed);
    if (windowed) {
      if (!keys.containsKey("window")) {
        yaml.problem(node, "'window' is missing: write for example window: {tumbling: 10s}");
      }
      windows = new WindowsReader(yaml).read(node, keys, reader.names(), output.topic(), merged);
    } else {
      withoutWindows(node, keys, merged);
    }
    if (source != null) {
      check(node, keys, source, readings, output, windows);
    }
    if (yaml.problemCount() > problemsBefore || name == null || source == null) {
      return Optional.empty();
    }
    boolean needsValue =
        merged == null && (readings.needsValue() || needsValue(keys, reader, windows, output));
    return Optional.of(new Query(name, source, needing(readings, needsValue), windows, output));
  }

  private void withoutWindows(Node query, Map<String, Node> keys, @Nullable Query merged) {
    for (String key : WindowsReader.KEYS) {
      Node misplaced = keys.get(key);
      if (misplaced != null) {
        yaml.problem(
            misplaced,
            key.equals("by")
                ? "'by' is for queries with a window; the results' key is to: {key: …}"
                : "'" + key + "' is for queries with a window; add one, or leave it out");
      }
    }
    if (merged != null) {
      yaml.problem(
          keys.getOrDefault("from", query), "'from' names a query to merge: that needs a window");
    }
  }

  private void check(
      Node query,
      Map<String, Node> keys,
      Source source,
      Readings readings,
      Output output,
      Optional<Windows> windows) {
    Node to = keys.getOrDefault("to", keys.getOrDefault("name", query));
    var written = new ArrayList<>(output.topics());
    windows.flatMap(Windows::lateTopic).ifPresent(written::add);
    for (String topic : written) {
      if (source.reads(topic)) {
        yaml.problem(
            to, "'to' is the topic that the query reads: choose another than '" + topic + "'");
      }
    }
    source
        .join()
        .filter(join -> source.topics().contains(join.topic()))
        .ifPresent(join ->
            yaml.problem(
                keys.getOrDefault("join", query),
                "join: '" + join.topic() + "' is read by 'from' already; name another topic"));
    if (source.reads(readings.deadLetters())) {
      yaml.problem(
          keys.getOrDefault("from", query),
          "'from' takes the query's own dead letters '" + readings.deadLetters() + "'");
    }
    int told = windows.map(each -> each.aggregates().size()).orElse(readings.fields().size());
    if (output.format() == Format.NUMBER && told > 1) {
      yaml.problem(to, "format: number tells one thing, not " + told + "; choose json or csv");
    }
    if (YamlFile.child(query, "from").flatMap(from -> YamlFile.child(from, "query")).isPresent()) {
      for (String key : new String[] {"by", "decode", "value", "fields", "table", "join"}) {
        Node misplaced = keys.get(key);
        if (misplaced != null) {
          yaml.problem(
              misplaced, "'" + key + "' has no place here: the windows of a query are merged");
        }
      }
    }
  }

  /** A query that names fields, but not the value, does well without. */
  private static boolean needsValue(
      Map<String, Node> keys, InputReader reader, Optional<Windows> windows, Output output) {
    boolean aggregated =
        windows.stream()
            .flatMap(each -> each.aggregates().stream())
            .anyMatch(aggregate -> aggregate.field().equals(Aggregate.VALUE));
    boolean onlyThing = !keys.containsKey("fields") && windows.isPresent();
    return aggregated
        || onlyThing
        || reader.uses("value")
        || (output.format() == Format.NUMBER && !keys.containsKey("fields"));
  }

  private static Readings needing(Readings readings, boolean value) {
    return new Readings(
        readings.format(),
        readings.value(),
        value,
        readings.table(),
        readings.fields(),
        readings.where(),
        readings.by(),
        readings.deadLetters());
  }
}
