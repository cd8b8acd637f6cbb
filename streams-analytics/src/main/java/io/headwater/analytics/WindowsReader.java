package io.headwater.analytics;

import io.headwater.analytics.Windows.Emit;
import io.headwater.analytics.aggregate.Aggregate;
import io.headwater.analytics.aggregate.Layout;
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
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;

/** Reads windows and what is told of them. */
final class WindowsReader {
  static final Set<String> WINDOW_KEYS =
      Set.of("tumbling", "hopping", "every", "sliding", "session", "grace");

  /** Keys of a query that make sense only with windows. */
  static final List<String> KEYS =
      List.of("aggregates", "having", "emit", "idle", "late", "keep", "recompute-after", "by");

  static final Duration MAX_GRACE = Duration.ofDays(366);

  private static final List<String> KINDS = List.of("tumbling", "hopping", "sliding", "session");

  /** Amends windows when a backlog comes. */
  private static final Duration GRACE_OF_UPDATES = Duration.ofHours(24);

  /** A final result waits for it. */
  private static final Duration GRACE_OF_FINAL = Duration.ofMinutes(1);

  private static final Duration DEFAULT_IDLE = Duration.ofSeconds(10);
  private static final Duration MIN_SIZE = Duration.ofSeconds(1);
  private static final Duration MAX_SIZE = Duration.ofDays(366);
  private static final int MAX_OVERLAP = 3_600;

  /** Behind the topic of results. */
  private static final String LATE = ".late";

  private static final Duration DEFAULT_KEEP = Duration.ofHours(1);
  private static final Duration DEFAULT_RECOMPUTE_AFTER = Duration.ofMinutes(1);

  private enum EmitChoice {
    UPDATES,
    FINAL
  }

  /** What {@code late} can be. */
  enum LateChoice {
    RECOMPUTE,
    SIDE,
    DROP
  }

  private final YamlFile yaml;

  WindowsReader(YamlFile yaml) {
    this.yaml = yaml;
  }

  /**
   * Reads them.
   *
   * @param names of fields that may be aggregated, with their types
   * @param to the topic of results
   * @param merged the query whose windows are merged
   */
  Optional<Windows> read(
      Node query,
      Map<String, Node> keys,
      Map<String, Type> names,
      String to,
      @Nullable Query merged) {
    Emit emit = emit(keys);
    Late late = late(keys, emit, to, merged != null);
    Window window = window(keys.get("window"), emit);
    List<Aggregate> aggregates =
        aggregates(query, keys.get("aggregates"), merged == null ? names : null);
    Optional<Expression> having =
        keys.containsKey("having") && !aggregates.isEmpty()
            ? Optional.ofNullable(
                yaml.scalar(
                    keys.get("having"),
                    "having",
                    text ->
                        new Language(ResultScope.names(aggregates)).compile(text, Type.CONDITION)))
            : Optional.empty();
    if (window == null || aggregates.isEmpty()) {
      return Optional.empty();
    }
    Optional<Windows.Merged> merging =
        merged == null ? Optional.empty() : merging(query, keys, window, aggregates, merged);
    return Optional.of(new Windows(window, aggregates, having, emit, late, merging));
  }

  private Emit emit(Map<String, Node> keys) {
    EmitChoice choice =
        yaml.optional(keys.get("emit"), "emit", EmitChoice.UPDATES, Texts.oneOf(EmitChoice.class));
    Node node = keys.get("idle");
    Duration idle =
        yaml.optional(node, "idle", DEFAULT_IDLE, Texts.duration(MIN_SIZE, Duration.ofDays(1)));
    if (choice == EmitChoice.FINAL && idle != null) {
      return new Emit.Final(idle);
    }
    if (choice == EmitChoice.UPDATES && node != null) {
      yaml.problem(node, "'idle' is for emit: final; leave it out");
    }
    return new Emit.Updates();
  }

  private Late late(Map<String, Node> keys, Emit emit, String to, boolean merging) {
    Node node = keys.get("late");
    LateChoice choice =
        yaml.optional(node, "late", LateChoice.RECOMPUTE, Texts.oneOf(LateChoice.class));
    Duration keep =
        yaml.optional(
            keys.get("keep"), "keep", DEFAULT_KEEP, Texts.duration(Duration.ZERO, MAX_GRACE));
    Duration after =
        yaml.optional(
            keys.get("recompute-after"),
            "recompute-after",
            DEFAULT_RECOMPUTE_AFTER,
            Texts.duration(Duration.ZERO, Duration.ofDays(1)));
    for (String key : new String[] {"keep", "recompute-after"}) {
      Node misplaced = keys.get(key);
      if (misplaced != null && emit instanceof Emit.Updates && key.equals("keep")) {
        yaml.problem(
            misplaced, "'keep' is for emit: final; others take readings as long as 'grace'");
      } else if (misplaced != null && choice != LateChoice.RECOMPUTE) {
        yaml.problem(misplaced, "'" + key + "' is for late: recompute; leave it out");
      }
    }
    if (choice == LateChoice.SIDE && merging && node != null) {
      yaml.problem(
          node, "late: side is for readings; windows of a query are merged, or dropped: 'drop'");
    }
    if (choice == LateChoice.SIDE && node != null) {
      yaml.scalar(node, "late", _ -> Texts.topic(to + LATE));
    }
    return switch (choice) {
      case SIDE -> new Late.Side(to + LATE);
      case DROP -> new Late.Drop();
      case RECOMPUTE ->
          new Late.Recompute(
              keep == null ? DEFAULT_KEEP : keep, after == null ? DEFAULT_RECOMPUTE_AFTER : after);
      case null -> new Late.Drop();
    };
  }

  private @Nullable Window window(@Nullable Node node, Emit emit) {
    if (node == null) {
      return null;
    }
    Map<String, Node> keys = yaml.section(node, "'window'", WINDOW_KEYS);
    if (!(node instanceof MappingNode)) {
      return null;
    }
    Duration grace =
        yaml.optional(
            keys.get("grace"),
            "grace",
            emit instanceof Emit.Final ? GRACE_OF_FINAL : GRACE_OF_UPDATES,
            Texts.duration(Duration.ZERO, MAX_GRACE));
    List<String> kinds = KINDS.stream().filter(keys::containsKey).toList();
    if (kinds.size() != 1) {
      yaml.problem(node, "'window' needs one of " + String.join(", ", KINDS) + " with a duration");
      return null;
    }
    String kind = kinds.getFirst();
    Duration size = yaml.required(node, keys, kind, Texts.duration(MIN_SIZE, MAX_SIZE));
    if (!kind.equals("hopping") && keys.containsKey("every")) {
      yaml.problem(node, "'every' is for hopping windows; leave it out");
    }
    if (size == null || grace == null) {
      return null;
    }
    return switch (kind) {
      case "tumbling" -> new Window.Tumbling(size, grace);
      case "hopping" -> hopping(node, keys, size, grace);
      case "sliding" -> new Window.Sliding(size, grace);
      default -> new Window.Session(size, grace);
    };
  }

  private @Nullable Window hopping(
      Node node, Map<String, Node> keys, Duration size, Duration grace) {
    Duration every = yaml.required(node, keys, "every", Texts.duration(MIN_SIZE, MAX_SIZE));
    if (every == null) {
      return null;
    }
    if (every.compareTo(size) > 0 || size.dividedBy(every) > MAX_OVERLAP) {
      yaml.problem(
          node, "every: must be at most the size, and at least 1/" + MAX_OVERLAP + " of it");
      return null;
    }
    return new Window.Hopping(size, every, grace);
  }

  /**
   * @param names null if the fields are another query's
   */
  private List<Aggregate> aggregates(
      Node query, @Nullable Node node, @Nullable Map<String, Type> names) {
    var result = new ArrayList<Aggregate>();
    List<Node> nodes = yaml.list(node);
    if (nodes.isEmpty()) {
      yaml.problem(
          node == null ? query : node,
          "'aggregates' is missing: choose from " + String.join(", ", Aggregate.names()));
    }
    for (Node each : nodes) {
      Aggregate aggregate = yaml.scalar(each, "aggregates", text -> aggregate(text, names));
      if (aggregate != null
          && result.stream().anyMatch(other -> other.label().equals(aggregate.label()))) {
        yaml.problem(each, "aggregates: '" + aggregate.label() + "' is there twice");
      } else if (aggregate != null) {
        result.add(aggregate);
      }
    }
    return result;
  }

  private static Aggregate aggregate(String text, @Nullable Map<String, Type> names) {
    Aggregate aggregate;
    try {
      aggregate = Aggregate.parse(text);
    } catch (Aggregate.UnknownAggregate e) {
      throw new IllegalArgumentException(
          e.getMessage() + YamlFile.hint(e.name(), Aggregate.names()), e);
    }
    if (names != null && aggregate.hasField()) {
      List<String> numbers =
          names.entrySet().stream()
              .filter(name -> name.getValue() == Type.NUMBER || name.getValue() == Type.WHOLE)
              .map(Map.Entry::getKey)
              .toList();
      if (!numbers.contains(aggregate.field())) {
        throw new IllegalArgumentException(
            "'"
                + aggregate.field()
                + "' is not a number of the readings"
                + YamlFile.hint(aggregate.field(), numbers));
      }
    }
    return aggregate;
  }

  private Optional<Windows.Merged> merging(
      Node query, Map<String, Node> keys, Window window, List<Aggregate> aggregates, Query merged) {
    String name = merged.name();
    if (merged.windows().isEmpty()
        || !(merged.windows().get().window() instanceof Window.Tumbling(var part, _))
        || merged.output().key().isPresent()) {
      yaml.problem(
          keys.getOrDefault("from", query),
          "query '" + name + "' cannot be merged: it needs tumbling windows and its own key");
      return Optional.empty();
    }
    boolean fits =
        switch (window) {
          case Window.Tumbling(var size, _) -> isMultiple(size, part);
          case Window.Hopping(var size, var every, _) ->
              isMultiple(size, part) && isMultiple(every, part);
          case Window.Sliding _, Window.Session _ -> false;
        };
    if (!fits) {
      yaml.problem(
          keys.getOrDefault("window", query),
          "window: must be tumbling or hopping by multiples of the "
              + part.toSeconds()
              + " s of query '"
              + name
              + "'");
    }
    Layout theirs = merged.windows().get().layout();
    List<String> missing = Layout.of(aggregates).missingIn(theirs);
    if (!missing.isEmpty()) {
      yaml.problem(
          keys.getOrDefault("aggregates", query),
          "aggregates: query '" + name + "' does not keep " + String.join(", ", missing));
    }
    return Optional.of(new Windows.Merged(name, theirs));
  }

  private static boolean isMultiple(Duration size, Duration part) {
    return size.toMillis() % part.toMillis() == 0;
  }
}
