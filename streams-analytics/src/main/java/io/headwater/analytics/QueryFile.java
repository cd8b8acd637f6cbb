package io.headwater.analytics;

import io.headwater.process.UserError;
import io.headwater.process.YamlFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
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
 *
 * <p>One class reads each part of a query; {@code examples/queries.yaml} shows every key.
 */
final class QueryFile {
  /** The file's keys, for its JSON Schema. */
  static final Set<String> KEYS = Set.of("queries");

  private final YamlFile yaml;

  /** Those read so far, by name; a query may merge one that stands before it. */
  private final Map<String, Query> queries = new LinkedHashMap<>();

  private final Map<String, Integer> linesByName = new HashMap<>();
  private final Map<String, Integer> linesByTarget = new HashMap<>();

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
    return read(YamlFile.read(file, "--queries"));
  }

  /** As {@link #read(Path)}, of a text. */
  static List<Query> read(YamlFile yaml) {
    List<Query> queries =
        yaml.root("it must hold 'queries:' and a list of them")
            .map(new QueryFile(yaml)::queries)
            .orElse(List.of());
    yaml.requireNoProblem();
    return queries;
  }

  private List<Query> queries(Node root) {
    Map<String, Node> top = yaml.section(root, "the file", KEYS);
    Node list = top.get("queries");
    if (!(list instanceof SequenceNode sequence) || sequence.getValue().isEmpty()) {
      if (list != null || yaml.problemCount() == 0) {
        yaml.problem(
            list == null ? root : list,
            "'queries' must be a list of queries, each with name and from");
      }
      return List.of();
    }
    for (Node node : sequence.getValue()) {
      new QueryReader(yaml, queries)
          .read(node)
          .ifPresent(query -> {
            if (isDistinct(node, query)) {
              queries.put(query.name(), query);
            }
          });
    }
    return carryingState();
  }

  private boolean isDistinct(Node node, Query query) {
    int problemsBefore = yaml.problemCount();
    Node name = YamlFile.child(node, "name").orElse(node);
    distinct(name, "name", query.name(), linesByName);
    Node to = YamlFile.child(node, "to").orElse(name);
    for (String topic : query.output().topics()) {
      distinct(to, "result topic", topic, linesByTarget);
    }
    query
        .windows()
        .flatMap(Windows::lateTopic)
        .ifPresent(topic ->
            distinct(
                YamlFile.child(node, "late").orElse(to),
                "the topic of late readings,",
                topic,
                linesByTarget));
    return yaml.problemCount() == problemsBefore;
  }

  private void distinct(Node node, String what, String value, Map<String, Integer> linesByValue) {
    Integer line = linesByValue.putIfAbsent(value, YamlFile.line(node));
    if (line != null) {
      yaml.problem(node, what + " '" + value + "' is already taken by the query in line " + line);
    }
  }

  /** The queries; those that are merged by others say in their results what these need. */
  private List<Query> carryingState() {
    Set<String> merged =
        queries.values().stream()
            .flatMap(query -> query.windows().stream())
            .flatMap(windows -> windows.merged().stream())
            .map(Windows.Merged::query)
            .collect(Collectors.toSet());
    var result = new ArrayList<Query>();
    for (Query query : queries.values()) {
      result.add(merged.contains(query.name()) ? query.carryingState() : query);
    }
    return result;
  }
}
