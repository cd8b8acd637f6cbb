package io.headwater.analytics;

import io.headwater.analytics.Query.Emit;
import io.headwater.analytics.Query.Tumbling;
import io.headwater.process.Durations;
import io.headwater.process.UserError;
import io.headwater.process.YamlFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Reads a query file: all of its queries, or all of its errors, each with its line.
 *
 * <pre>{@code
 * queries:
 *   - name: temperature-10s
 *     from: sensors.temperature
 *     value: [$.value, $]          # default $; the first that yields a number
 *     window: {tumbling: 10s, grace: 24h}
 *     aggregates: [count, min, max, mean]
 *     emit: updates                # default
 *     to: analytics.temperature-10s  # default analytics.<name>
 * }</pre>
 */
final class QueryFile {
  private static final Duration DEFAULT_GRACE = Duration.ofHours(24);
  private static final Duration MIN_SIZE = Duration.ofSeconds(1);
  private static final Duration MAX_SIZE = Duration.ofDays(366);
  private static final Duration MAX_GRACE = Duration.ofDays(366);
  private static final int MAX_TOPIC_LENGTH = 249;

  private final YamlFile yaml;

  private QueryFile(YamlFile yaml) {
    this.yaml = yaml;
  }

  /**
   * Reads the file.
   *
   * @return at least one query; names and result topics are distinct
   * @throws UserError with exit code 2 that lists every error, one a line, or with exit code 1 if
   *     the file cannot be read
   */
  static List<Query> read(Path file) {
    YamlFile yaml = YamlFile.read(file, "--queries");
    List<Query> queries =
        yaml.root("it must hold 'queries:' and a list of them")
            .map(new QueryFile(yaml)::queries)
            .orElse(List.of());
    yaml.requireNoProblem();
    return queries;
  }

  private List<Query> queries(Node root) {
    Map<String, Node> top = yaml.section(root, "the file", Set.of("queries"));
    Node list = top.get("queries");
    if (!(list instanceof SequenceNode sequence) || sequence.getValue().isEmpty()) {
      if (list != null || yaml.problemCount() == 0) {
        yaml.problem(
            list == null ? root : list,
            "'queries' must be a list of queries, each with name, from, window and aggregates");
      }
      return List.of();
    }
    var queries = new ArrayList<Query>();
    var names = new HashMap<String, Integer>();
    var targets = new HashMap<String, Integer>();
    for (Node node : sequence.getValue()) {
      query(node, names, targets).ifPresent(queries::add);
    }
    return queries;
  }

  private Optional<Query> query(
      Node node, Map<String, Integer> names, Map<String, Integer> targets) {
    int problemsBefore = yaml.problemCount();
    Map<String, Node> keys =
        yaml.section(
            node, "a query", Set.of("name", "from", "value", "window", "aggregates", "emit", "to"));
    if (!(node instanceof MappingNode)) {
      return Optional.empty();
    }
    String name = yaml.required(node, keys, "name", QueryFile::name);
    String from = yaml.required(node, keys, "from", QueryFile::topic);
    List<ValuePath> value = value(keys.get("value"));
    Query.Window window = window(node, keys.get("window"));
    Set<Aggregate> aggregates = aggregates(node, keys.get("aggregates"));
    Emit emit = yaml.optional(keys.get("emit"), "emit", Emit.UPDATES, QueryFile::emit);
    String to =
        yaml.optional(
            keys.get("to"), "to", "analytics." + (name == null ? "" : name), QueryFile::topic);
    if (name != null) {
      distinct(keys.getOrDefault("name", node), "name", name, names);
    }
    if (to != null && name != null) {
      Node where = keys.getOrDefault("to", keys.getOrDefault("name", node));
      distinct(where, "result topic", to, targets);
      if (to.equals(from)) {
        yaml.problem(
            where, "'to' is the topic that the query reads: choose another than '" + to + "'");
      }
    }
    if (yaml.problemCount() > problemsBefore
        || name == null
        || from == null
        || window == null
        || emit == null
        || to == null) {
      return Optional.empty();
    }
    return Optional.of(new Query(name, from, value, window, aggregates, emit, to));
  }

  private void distinct(Node node, String what, String value, Map<String, Integer> linesByValue) {
    Integer line = linesByValue.putIfAbsent(value, YamlFile.line(node));
    if (line != null) {
      yaml.problem(node, what + " '" + value + "' is already taken by the query in line " + line);
    }
  }

  private List<ValuePath> value(@Nullable Node node) {
    if (node == null) {
      return List.of(ValuePath.parse("$"));
    }
    List<Node> nodes = yaml.list(node);
    if (nodes.isEmpty()) {
      yaml.problem(node, "'value' is empty: write a path like $.value, or leave it out for $");
    }
    var paths = new ArrayList<ValuePath>();
    for (Node path : nodes) {
      ValuePath parsed = yaml.scalar(path, "value", ValuePath::parse);
      if (parsed != null) {
        paths.add(parsed);
      }
    }
    return paths;
  }

  private Query.@Nullable Window window(Node query, @Nullable Node node) {
    if (node == null) {
      yaml.problem(query, "'window' is missing: write for example window: {tumbling: 10s}");
      return null;
    }
    Map<String, Node> keys = yaml.section(node, "'window'", Set.of("tumbling", "grace"));
    if (!(node instanceof MappingNode)) {
      return null;
    }
    Duration size =
        yaml.required(node, keys, "tumbling", text -> duration(text, MIN_SIZE, MAX_SIZE));
    Duration grace =
        yaml.optional(
            keys.get("grace"),
            "grace",
            DEFAULT_GRACE,
            text -> duration(text, Duration.ZERO, MAX_GRACE));
    return size == null || grace == null ? null : new Tumbling(size, grace);
  }

  private Set<Aggregate> aggregates(Node query, @Nullable Node node) {
    var result = EnumSet.noneOf(Aggregate.class);
    List<Node> nodes = yaml.list(node);
    if (nodes.isEmpty()) {
      yaml.problem(
          node == null ? query : node,
          "'aggregates' is missing: choose from " + String.join(", ", aggregateLabels()));
    }
    for (Node each : nodes) {
      Aggregate aggregate = yaml.scalar(each, "aggregates", QueryFile::aggregate);
      if (aggregate != null) {
        result.add(aggregate);
      }
    }
    return result;
  }

  // --- single values; an IllegalArgumentException carries what is wrong ------------------------

  private static String name(String text) {
    if (!Query.isName(text)) {
      throw new IllegalArgumentException("'" + text + "' must be " + Query.NAME_RULE);
    }
    return text;
  }

  private static String topic(String text) {
    if (!text.matches("[a-zA-Z0-9._-]{1," + MAX_TOPIC_LENGTH + "}")
        || text.equals(".")
        || text.equals("..")) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' is not a topic: write 1 to "
              + MAX_TOPIC_LENGTH
              + " characters out of a-z A-Z 0-9 . _ -");
    }
    return text;
  }

  private static Emit emit(String text) {
    if (!text.equals("updates")) {
      throw new IllegalArgumentException("'" + text + "' is not known; known: updates");
    }
    return Emit.UPDATES;
  }

  private static Aggregate aggregate(String text) {
    for (Aggregate aggregate : Aggregate.values()) {
      if (aggregate.label().equals(text)) {
        return aggregate;
      }
    }
    List<String> known = aggregateLabels();
    throw new IllegalArgumentException(
        "unknown aggregate '" + text + "'" + YamlFile.hint(text, known));
  }

  private static List<String> aggregateLabels() {
    return Arrays.stream(Aggregate.values()).map(Aggregate::label).toList();
  }

  private static Duration duration(String text, Duration min, Duration max) {
    Duration duration = Durations.parse(text);
    if (duration.compareTo(min) < 0 || duration.compareTo(max) > 0) {
      throw new IllegalArgumentException(
          text
              + " is not between "
              + (min.isZero() ? "0" : min.toSeconds() + "s")
              + " and "
              + max.toDays()
              + "d");
    }
    return duration;
  }
}
