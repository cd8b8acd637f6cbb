package io.headwater.analytics;

import io.headwater.analytics.Query.Emit;
import io.headwater.analytics.Query.Tumbling;
import io.headwater.process.Durations;
import io.headwater.process.NearestName;
import io.headwater.process.UserError;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
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

  private final Path file;
  private final List<Problem> errors = new ArrayList<>();

  private record Problem(int line, String text) {}

  private QueryFile(Path file) {
    this.file = file;
  }

  /**
   * Reads the file.
   *
   * @return at least one query; names and result topics are distinct
   * @throws UserError with exit code 2 that lists every error, one a line, or with exit code 1 if
   *     the file cannot be read
   */
  static List<Query> read(Path file) {
    var reader = new QueryFile(file);
    List<Query> queries = reader.queries();
    if (!reader.errors.isEmpty()) {
      throw UserError.usage(
          reader.errors.stream()
              .sorted(Comparator.comparingInt(Problem::line))
              .map(problem -> file + " line " + problem.line() + ": " + problem.text())
              .collect(Collectors.joining(System.lineSeparator())));
    }
    return queries;
  }

  private List<Query> queries() {
    Node root = compose();
    if (root == null) {
      return List.of();
    }
    Map<String, Node> top = section(root, "the file", Set.of("queries"));
    Node list = top.get("queries");
    if (!(list instanceof SequenceNode sequence) || sequence.getValue().isEmpty()) {
      if (list != null || errors.isEmpty()) {
        error(
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

  /** The file's tree; null if it holds nothing. */
  private @Nullable Node compose() {
    try {
      Node root = new Yaml(new LoaderOptions()).compose(new StringReader(Files.readString(file)));
      if (root == null) {
        errors.add(new Problem(1, "the file is empty: it must hold 'queries:' and a list of them"));
      }
      return root;
    } catch (NoSuchFileException e) {
      throw unreadable("there is no such file", e);
    } catch (MalformedInputException e) {
      throw unreadable("is not UTF-8 text", e);
    } catch (MarkedYAMLException e) {
      var mark = e.getProblemMark();
      errors.add(new Problem(mark == null ? 1 : mark.getLine() + 1, e.getProblem()));
    } catch (YAMLException e) {
      errors.add(new Problem(1, firstLine(e)));
    } catch (IOException e) {
      throw unreadable("cannot be read (" + e + ")", e);
    }
    return null;
  }

  private UserError unreadable(String problem, IOException cause) {
    return UserError.failure("--queries " + file + ": " + problem, cause);
  }

  private Optional<Query> query(
      Node node, Map<String, Integer> names, Map<String, Integer> targets) {
    int errorsBefore = errors.size();
    Map<String, Node> keys =
        section(
            node, "a query", Set.of("name", "from", "value", "window", "aggregates", "emit", "to"));
    if (!(node instanceof MappingNode)) {
      return Optional.empty();
    }
    String name = required(node, keys, "name", QueryFile::name);
    String from = required(node, keys, "from", QueryFile::topic);
    List<ValuePath> value = value(keys.get("value"));
    Query.Window window = window(node, keys.get("window"));
    Set<Aggregate> aggregates = aggregates(node, keys.get("aggregates"));
    Emit emit = optional(keys.get("emit"), "emit", Emit.UPDATES, QueryFile::emit);
    String to =
        optional(keys.get("to"), "to", "analytics." + (name == null ? "" : name), QueryFile::topic);
    if (name != null) {
      distinct(keys.getOrDefault("name", node), "name", name, names);
    }
    if (to != null && name != null) {
      Node where = keys.getOrDefault("to", keys.getOrDefault("name", node));
      distinct(where, "result topic", to, targets);
      if (to.equals(from)) {
        error(where, "'to' is the topic that the query reads: choose another than '" + to + "'");
      }
    }
    if (errors.size() > errorsBefore
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
    Integer line = linesByValue.putIfAbsent(value, line(node));
    if (line != null) {
      error(node, what + " '" + value + "' is already taken by the query in line " + line);
    }
  }

  private List<ValuePath> value(@Nullable Node node) {
    if (node == null) {
      return List.of(ValuePath.parse("$"));
    }
    List<Node> nodes = node instanceof SequenceNode list ? list.getValue() : List.of(node);
    if (nodes.isEmpty()) {
      error(node, "'value' is empty: write a path like $.value, or leave it out for $");
    }
    var paths = new ArrayList<ValuePath>();
    for (Node path : nodes) {
      ValuePath parsed = scalar(path, "value", ValuePath::parse);
      if (parsed != null) {
        paths.add(parsed);
      }
    }
    return paths;
  }

  private Query.@Nullable Window window(Node query, @Nullable Node node) {
    if (node == null) {
      error(query, "'window' is missing: write for example window: {tumbling: 10s}");
      return null;
    }
    Map<String, Node> keys = section(node, "'window'", Set.of("tumbling", "grace"));
    if (!(node instanceof MappingNode)) {
      return null;
    }
    Duration size = required(node, keys, "tumbling", text -> duration(text, MIN_SIZE, MAX_SIZE));
    Duration grace =
        optional(
            keys.get("grace"),
            "grace",
            DEFAULT_GRACE,
            text -> duration(text, Duration.ZERO, MAX_GRACE));
    return size == null || grace == null ? null : new Tumbling(size, grace);
  }

  private Set<Aggregate> aggregates(Node query, @Nullable Node node) {
    var result = EnumSet.noneOf(Aggregate.class);
    List<Node> nodes =
        switch (node) {
          case null -> List.of();
          case SequenceNode list -> list.getValue();
          default -> List.of(node);
        };
    if (nodes.isEmpty()) {
      error(
          node == null ? query : node,
          "'aggregates' is missing: choose from " + String.join(", ", aggregateLabels()));
    }
    for (Node each : nodes) {
      Aggregate aggregate = scalar(each, "aggregates", QueryFile::aggregate);
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
    throw new IllegalArgumentException("unknown aggregate '" + text + "'" + hint(text, known));
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

  // --- nodes ----------------------------------------------------------------------------------

  /** The section's values by key; unknown and repeated keys are errors. */
  private Map<String, Node> section(Node node, String what, Set<String> known) {
    var values = new LinkedHashMap<String, Node>();
    if (!(node instanceof MappingNode mapping)) {
      error(node, what + " must be keys and values: " + String.join(", ", sorted(known)));
      return values;
    }
    for (NodeTuple tuple : mapping.getValue()) {
      String key =
          tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "(not a name)";
      if (!known.contains(key)) {
        error(tuple.getKeyNode(), "unknown key '" + key + "'" + hint(key, sorted(known)));
      } else if (values.putIfAbsent(key, tuple.getValueNode()) != null) {
        error(tuple.getKeyNode(), "'" + key + "' is given twice");
      }
    }
    return values;
  }

  private <T> @Nullable T required(
      Node parent, Map<String, Node> keys, String key, Function<String, T> parse) {
    Node node = keys.get(key);
    if (node == null) {
      error(parent, "'" + key + "' is missing");
      return null;
    }
    return scalar(node, key, parse);
  }

  private <T> @Nullable T optional(
      @Nullable Node node, String key, T fallback, Function<String, T> parse) {
    return node == null ? fallback : scalar(node, key, parse);
  }

  private <T> @Nullable T scalar(Node node, String key, Function<String, T> parse) {
    if (!(node instanceof ScalarNode scalar)) {
      error(node, "'" + key + "' must be a single value");
      return null;
    }
    try {
      return parse.apply(scalar.getValue().strip());
    } catch (IllegalArgumentException e) {
      error(node, key + ": " + e.getMessage());
      return null;
    }
  }

  private void error(Node node, String problem) {
    errors.add(new Problem(line(node), problem));
  }

  private static int line(Node node) {
    return node.getStartMark().getLine() + 1;
  }

  private static String hint(String wrong, List<String> known) {
    return NearestName.of(wrong, known)
        .map(name -> ": did you mean '" + name + "'?")
        .orElse("; known here: " + String.join(", ", known));
  }

  private static List<String> sorted(Set<String> names) {
    return names.stream().sorted().toList();
  }

  private static String firstLine(Exception e) {
    String message = e.getMessage();
    return message == null ? e.toString() : message.lines().findFirst().orElse(e.toString());
  }
}
