package io.headwater.analytics;

import io.headwater.process.YamlFile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;

/** Reads where a query's readings come from: {@code from} and {@code join}. */
final class SourceReader {
  static final Set<String> FROM_KEYS = Set.of("pattern", "query");
  static final Set<String> JOIN_KEYS = Set.of("topic", "as", "within", "grace");

  private static final Duration MAX_WITHIN = Duration.ofDays(1);
  private static final Duration DEFAULT_GRACE = Duration.ofHours(24);

  private final YamlFile yaml;
  private final Map<String, Query> queries;

  SourceReader(YamlFile yaml, Map<String, Query> queries) {
    this.yaml = yaml;
    this.queries = queries;
  }

  /** Null, and a problem, if it is absent or wrong. */
  @Nullable Source read(Node query, @Nullable Node from, @Nullable Node join) {
    Optional<Source.Join> joined = join(join);
    if (from == null) {
      yaml.problem(query, "'from' is missing");
      return null;
    }
    if (from instanceof MappingNode) {
      Map<String, Node> keys = yaml.section(from, "'from'", FROM_KEYS);
      Node merged = keys.get("query");
      if (merged != null) {
        Query other = merged(from);
        return other == null ? null : new Source(List.of(other.to()), Optional.empty(), joined);
      }
      Source.TopicPattern pattern = yaml.required(from, keys, "pattern", SourceReader::pattern);
      return pattern == null ? null : new Source(List.of(), Optional.of(pattern), joined);
    }
    var topics = new ArrayList<String>();
    for (Node node : yaml.list(from)) {
      String topic = yaml.scalar(node, "from", Texts::topic);
      if (topic == null) {
        return null;
      }
      topics.add(topic);
    }
    if (topics.isEmpty()) {
      yaml.problem(from, "'from' is empty: name a topic");
      return null;
    }
    return new Source(topics, Optional.empty(), joined);
  }

  /** The query whose windows are merged; null if {@code from} names none, or none that is known. */
  @Nullable Query merged(@Nullable Node from) {
    Node node = from instanceof MappingNode ? YamlFile.child(from, "query").orElse(null) : null;
    return node == null ? null : yaml.scalar(node, "query", this::known);
  }

  private Query known(String name) {
    Query query = queries.get(name);
    if (query == null) {
      throw new IllegalArgumentException(
          "there is no valid query '"
              + name
              + "' above this one"
              + (queries.isEmpty() ? "" : YamlFile.hint(name, queries.keySet())));
    }
    return query;
  }

  private Optional<Source.Join> join(@Nullable Node node) {
    if (node == null) {
      return Optional.empty();
    }
    Map<String, Node> keys = yaml.section(node, "'join'", JOIN_KEYS);
    if (!(node instanceof MappingNode)) {
      return Optional.empty();
    }
    String topic = yaml.required(node, keys, "topic", Texts::topic);
    String name = yaml.required(node, keys, "as", Texts::identifier);
    Duration within =
        yaml.required(node, keys, "within", Texts.duration(Duration.ZERO, MAX_WITHIN));
    Duration grace =
        yaml.optional(
            keys.get("grace"),
            "grace",
            DEFAULT_GRACE,
            Texts.duration(Duration.ZERO, WindowsReader.MAX_GRACE));
    return topic == null || name == null || within == null || grace == null
        ? Optional.empty()
        : Optional.of(new Source.Join(topic, name, within, grace));
  }

  private static Source.TopicPattern pattern(String text) {
    var pattern = new Source.TopicPattern(text);
    try {
      var _ = pattern.compiled();
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a regular expression: " + e.getDescription(), e);
    }
    return pattern;
  }
}
