package io.headwater.sim.scenario;

import io.headwater.process.ByteSize;
import io.headwater.process.Durations;
import io.headwater.process.UserError;
import io.headwater.process.YamlFile;
import io.headwater.sim.local.Layout;
import io.headwater.sim.local.Part;
import io.headwater.sim.proxy.Direction;
import io.headwater.sim.proxy.LinkFault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Reads a scenario: all of it, or all of its mistakes, each with its line.
 *
 * <pre>{@code
 * about: The uplink is cut under load.
 * load: {devices: 50, rate: 500}
 * phases:
 *   - name: steady
 *     for: 10s
 *     expect: {arrived-p99: 5s}
 *   - name: outage
 *     for: 20s
 *     faults:
 *       - {cut: uplink, at: 1s..3s, for: 15s}
 * expect: {lost: 0}
 * }</pre>
 */
public final class ScenarioFile {
  private static final Duration DEFAULT_LATE_AFTER = Duration.ofMinutes(1);
  private static final Duration DEFAULT_DRAIN = Duration.ofSeconds(60);
  private static final Duration RESTARTED_AFTER = Duration.ofSeconds(1);

  /** The kinds of fault, each with the keys that belong to it besides at and for. */
  private static final Map<String, Set<String>> KINDS = new LinkedHashMap<>();

  static {
    KINDS.put("cut", Set.of());
    KINDS.put("half-open", Set.of());
    KINDS.put("black-hole", Set.of());
    KINDS.put("one-way", Set.of("passes"));
    KINDS.put("delay", Set.of("by", "jitter"));
    KINDS.put("loss", Set.of("every"));
    KINDS.put("bandwidth", Set.of("limit"));
    KINDS.put("kill", Set.of());
    KINDS.put("restart", Set.of());
    KINDS.put("suspend", Set.of());
    KINDS.put("fill", Set.of());
    KINDS.put("break-broker", Set.of());
    KINDS.put("storm", Set.of("fraction"));
  }

  private final YamlFile yaml;
  private final String name;
  private Layout layout = Layout.USUAL;

  private ScenarioFile(YamlFile yaml, String name) {
    this.yaml = yaml;
    this.name = name;
  }

  /**
   * Reads a file.
   *
   * @throws UserError with exit code 2 that lists every mistake, or 1 if it cannot be read
   */
  public static Scenario read(Path file) {
    String fileName = String.valueOf(file.getFileName());
    return read(YamlFile.read(file, "scenario"), fileName.replaceFirst("\\.ya?ml$", ""));
  }

  /**
   * @param name of the scenario
   */
  static Scenario read(YamlFile yaml, String name) {
    Scenario scenario =
        yaml.root("it must hold 'phases:' and a list of them")
            .map(new ScenarioFile(yaml, name)::scenario)
            .orElse(null);
    yaml.requireNoProblem();
    if (scenario == null) {
      throw new AssertionError("no scenario and no problem in " + name);
    }
    return scenario;
  }

  private @Nullable Scenario scenario(Node root) {
    Map<String, Node> keys =
        yaml.section(
            root,
            "the file",
            Set.of("about", "system", "load", "late-after", "drain", "phases", "expect"));
    if (!(root instanceof MappingNode)) {
      return null;
    }
    String about = yaml.optional(keys.get("about"), "about", "", Function.identity());
    layout = layout(keys.get("system"));
    Load load = load(keys.get("load"));
    Duration lateAfter =
        yaml.optional(
            keys.get("late-after"), "late-after", DEFAULT_LATE_AFTER, ScenarioFile::positive);
    Duration drain =
        yaml.optional(keys.get("drain"), "drain", DEFAULT_DRAIN, ScenarioFile::positive);
    List<Bound> bounds = bounds(keys.get("expect"), Measure.Scope.RUN);
    List<Scenario.Phase> phases = phases(root, keys.get("phases"));
    if (yaml.problemCount() > 0 || about == null || lateAfter == null || drain == null) {
      return null;
    }
    return new Scenario(name, about, layout, load, lateAfter, drain, phases, withNever(bounds));
  }

  private static List<Bound> withNever(List<Bound> bounds) {
    var all = new ArrayList<Bound>();
    for (Bound never : Scenario.NEVER) {
      if (bounds.stream().noneMatch(bound -> bound.measure() == never.measure())) {
        all.add(never);
      }
    }
    all.addAll(bounds);
    return all;
  }

  private Layout layout(@Nullable Node node) {
    if (node == null) {
      return Layout.USUAL;
    }
    Map<String, Node> keys =
        yaml.section(node, "'system'", Set.of("gateways", "bridges", "broker"));
    return new Layout(
        given(keys, "gateways", text -> whole(text, 1, Layout.MOST_GATEWAYS)).orElse(1),
        given(keys, "bridges", text -> whole(text, 1, Layout.MOST_BRIDGES)).orElse(1),
        given(
                keys,
                "broker",
                text ->
                    label(
                        text,
                        Layout.Broker.values(),
                        broker -> broker.name().toLowerCase(Locale.ROOT)))
            .orElse(Layout.Broker.EMBEDDED));
  }

  private Load load(@Nullable Node node) {
    if (node == null) {
      return Load.UNSAID;
    }
    Map<String, Node> keys =
        yaml.section(
            node,
            "'load'",
            Set.of(
                "devices",
                "rate",
                "jitter",
                "qos",
                "mqtt",
                "connect-rate",
                "window",
                "ack-timeout",
                "topic-prefix"));
    return new Load(
        given(keys, "devices", text -> whole(text, 1, 100_000)),
        given(keys, "rate", ScenarioFile::rate),
        given(keys, "jitter", text -> percent(text, 0, 90)),
        given(keys, "qos", text -> whole(text, 0, 2)),
        given(keys, "mqtt", text -> oneOf(text, List.of("3.1.1", "5"))),
        given(keys, "connect-rate", text -> whole(text, 1, 1_000_000)),
        given(keys, "window", text -> whole(text, 1, 1_000)),
        given(keys, "ack-timeout", ScenarioFile::positive),
        given(keys, "topic-prefix", Function.identity()));
  }

  private <T> Optional<T> given(Map<String, Node> keys, String key, Function<String, T> parse) {
    Node node = keys.get(key);
    return node == null ? Optional.empty() : Optional.ofNullable(yaml.scalar(node, key, parse));
  }

  private List<Scenario.Phase> phases(Node root, @Nullable Node list) {
    var phases = new ArrayList<Scenario.Phase>();
    if (!(list instanceof SequenceNode sequence) || sequence.getValue().isEmpty()) {
      yaml.problem(
          list == null ? root : list, "'phases' must be a list of phases, each with name and for");
      return phases;
    }
    var names = new HashSet<String>();
    for (Node node : sequence.getValue()) {
      Map<String, Node> keys =
          yaml.section(
              node, "a phase", Set.of("name", "for", "rate", "faults", "random", "expect"));
      if (!(node instanceof MappingNode)) {
        continue;
      }
      String phase = yaml.required(node, keys, "name", Function.identity());
      Duration length = yaml.required(node, keys, "for", ScenarioFile::positive);
      if (phase != null && !names.add(phase)) {
        yaml.problem(node, "phase '" + phase + "' is there twice");
      }
      List<Bound> bounds = bounds(keys.get("expect"), Measure.Scope.PHASE);
      List<Scenario.Entry> faults = faults(keys.get("faults"), length);
      Optional<Scenario.Lottery> random = random(keys.get("random"));
      Optional<Double> rate = given(keys, "rate", ScenarioFile::rateOrNone);
      if (phase != null && length != null) {
        phases.add(new Scenario.Phase(phase, Optional.of(length), rate, faults, random, bounds));
      }
    }
    return phases;
  }

  private List<Bound> bounds(@Nullable Node node, Measure.Scope scope) {
    var bounds = new ArrayList<Bound>();
    if (node == null) {
      return bounds;
    }
    List<Measure> measures = Measure.of(scope);
    var labels = new HashSet<String>();
    measures.forEach(measure -> labels.add(measure.label()));
    Map<String, Node> keys = yaml.section(node, "'expect'", labels);
    for (Measure measure : measures) {
      Node value = keys.get(measure.label());
      if (value != null) {
        Bound bound = yaml.scalar(value, measure.label(), text -> Bound.parse(measure, text));
        if (bound != null) {
          bounds.add(bound);
        }
      }
    }
    return bounds;
  }

  private List<Scenario.Entry> faults(@Nullable Node list, @Nullable Duration phase) {
    var faults = new ArrayList<Scenario.Entry>();
    for (Node node : yaml.list(list)) {
      Scenario.Entry entry = fault(node, phase);
      if (entry != null) {
        faults.add(entry);
      }
    }
    return faults;
  }

  private Optional<Scenario.Lottery> random(@Nullable Node node) {
    if (node == null) {
      return Optional.empty();
    }
    Map<String, Node> keys = yaml.section(node, "'random'", Set.of("every", "faults"));
    Span every = yaml.required(node, keys, "every", Span::parse);
    List<Scenario.Entry> faults = faults(keys.get("faults"), null);
    for (Scenario.Entry entry : faults) {
      if (entry.length().isEmpty()) {
        yaml.problem(node, "'" + entry.fault().describe() + "' at random needs 'for'");
      }
      if (!entry.at().equals(Span.NONE)) {
        yaml.problem(node, "'at' is for faults that are not drawn at random");
      }
    }
    if (every != null && !every.min().isPositive()) {
      yaml.problem(node, "every: must be above 0");
    }
    if (!(keys.get("faults") instanceof SequenceNode list) || list.getValue().isEmpty()) {
      yaml.problem(node, "'random' needs 'faults', a list to draw from");
    }
    return every == null || faults.isEmpty() || !every.min().isPositive()
        ? Optional.empty()
        : Optional.of(new Scenario.Lottery(every, faults));
  }

  private Scenario.@Nullable Entry fault(Node node, @Nullable Duration phase) {
    if (!(node instanceof MappingNode mapping) || mapping.getValue().isEmpty()) {
      yaml.problem(node, "a fault must be written like '- cut: uplink'");
      return null;
    }
    var known = new HashSet<>(KINDS.keySet());
    known.addAll(Set.of("at", "for"));
    KINDS.values().forEach(known::addAll);
    Map<String, Node> keys = yaml.section(node, "a fault", known);
    List<String> kinds = keys.keySet().stream().filter(KINDS::containsKey).toList();
    if (kinds.size() != 1) {
      yaml.problem(
          node,
          (kinds.isEmpty() ? "the fault has no kind" : "one fault of two kinds: " + kinds)
              + "; known kinds: "
              + String.join(", ", KINDS.keySet()));
      return null;
    }
    String kind = kinds.getFirst();
    Set<String> own = KINDS.getOrDefault(kind, Set.of());
    for (String key : keys.keySet()) {
      if (!key.equals(kind) && !key.equals("at") && !key.equals("for") && !own.contains(key)) {
        yaml.problem(keys.getOrDefault(key, node), "'" + key + "' does not belong to " + kind);
      }
    }
    Fault fault = fault(kind, node, keys);
    Span at = yaml.optional(keys.get("at"), "at", Span.NONE, Span::parse);
    Optional<Span> length = given(keys, "for", Span::parse);
    if (at != null && phase != null && at.max().compareTo(phase) >= 0) {
      yaml.problem(
          keys.getOrDefault("at", node),
          "at: " + seconds(at.max()) + " is after the phase, which lasts " + seconds(phase));
    }
    if (fault == null || at == null) {
      return null;
    }
    return switch (fault) {
      case Fault.Kill _, Fault.Restart _ ->
          new Scenario.Entry(
              fault, at, Optional.of(length.orElse(new Span(RESTARTED_AFTER, RESTARTED_AFTER))));
      case Fault.Storm _, Fault.BreakBroker _ ->
          new Scenario.Entry(fault, at, Optional.of(Span.NONE));
      case Fault.OnLink _, Fault.Suspend _, Fault.Fill _ -> new Scenario.Entry(fault, at, length);
    };
  }

  private @Nullable Fault fault(String kind, Node node, Map<String, Node> keys) {
    return switch (kind) {
      case "kill" -> onPart(kind, node, keys, Fault.Kill::new);
      case "restart" -> onPart(kind, node, keys, Fault.Restart::new);
      case "suspend" -> onPart(kind, node, keys, Fault.Suspend::new);
      case "fill" -> onPart(kind, node, keys, Fault.Fill::new);
      case "break-broker" -> {
        Fault broken = onPart(kind, node, keys, Fault.BreakBroker::new);
        if (broken instanceof Fault.BreakBroker(Target target)
            && !target.part().equals(Optional.of(Part.BRIDGE))) {
          yaml.problem(node, "break-broker: only a bridge has one inside");
        }
        yield broken;
      }
      case "storm" -> {
        yaml.required(node, keys, kind, text -> oneOf(text, List.of(Link.SENSORS.label())));
        Double fraction =
            yaml.optional(keys.get("fraction"), "fraction", 1.0, text -> percent(text, 1, 100));
        yield fraction == null ? null : new Fault.Storm(fraction);
      }
      default -> {
        Link.Numbered link = yaml.required(node, keys, kind, text -> Link.parse(text, layout));
        LinkFault fault = linkFault(kind, node, keys);
        yield link == null || fault == null
            ? null
            : new Fault.OnLink(link.link(), link.number(), fault);
      }
    };
  }

  private @Nullable Fault onPart(
      String kind, Node node, Map<String, Node> keys, Function<Target, Fault> make) {
    Target target = yaml.required(node, keys, kind, text -> Target.parse(text, layout));
    return target == null ? null : make.apply(target);
  }

  private @Nullable LinkFault linkFault(String kind, Node node, Map<String, Node> keys) {
    return switch (kind) {
      case "cut" -> new LinkFault.Cut();
      case "half-open" -> new LinkFault.HalfOpen();
      case "black-hole" -> new LinkFault.BlackHole();
      case "one-way" -> {
        Direction passes =
            yaml.required(
                node,
                keys,
                "passes",
                text -> label(text, Direction.values(), ScenarioFile::directionLabel));
        yield passes == null ? null : new LinkFault.OneWay(passes);
      }
      case "delay" -> {
        Duration by = yaml.required(node, keys, "by", Durations::parse);
        Duration jitter =
            yaml.optional(keys.get("jitter"), "jitter", Duration.ZERO, Durations::parse);
        yield by == null || jitter == null ? null : new LinkFault.Delay(by, jitter);
      }
      case "loss" -> {
        Duration every = yaml.required(node, keys, "every", ScenarioFile::positive);
        yield every == null ? null : new LinkFault.Loss(every);
      }
      case "bandwidth" -> {
        Long limit = yaml.required(node, keys, "limit", ScenarioFile::bytes);
        yield limit == null ? null : new LinkFault.Bandwidth(limit);
      }
      default -> throw new AssertionError(kind);
    };
  }

  // --- single values; an IllegalArgumentException carries what is wrong ------------------------

  static String directionLabel(Direction direction) {
    return switch (direction) {
      case TO_TARGET -> "up";
      case TO_CLIENT -> "down";
    };
  }

  private static <E> E label(String text, E[] values, Function<E, String> label) {
    List<String> labels = Arrays.stream(values).map(label).toList();
    return values[labels.indexOf(oneOf(text, labels))];
  }

  private static String oneOf(String text, List<String> allowed) {
    if (!allowed.contains(text)) {
      throw new IllegalArgumentException(
          "'" + text + "' is not one of " + String.join(", ", allowed));
    }
    return text;
  }

  private static int whole(String text, int min, int max) {
    try {
      int number = Integer.parseInt(text);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException _) {
      // The message below says what is expected.
    }
    throw new IllegalArgumentException(
        "'" + text + "' is not a whole number between " + min + " and " + max);
  }

  private static double rate(String text) {
    double rate = rateOrNone(text);
    if (rate == 0) {
      throw new IllegalArgumentException("'" + text + "' is not above 0");
    }
    return rate;
  }

  private static double rateOrNone(String text) {
    try {
      double rate = Double.parseDouble(text);
      if (rate >= 0 && rate <= 1_000_000) {
        return rate;
      }
    } catch (NumberFormatException _) {
      // The message below says what is expected.
    }
    throw new IllegalArgumentException(
        "'" + text + "' is not a number of readings a second between 0 and 1000000");
  }

  /** Reads per cent, with the sign, as a fraction. */
  public static double percent(String text, int min, int max) {
    String number = text.endsWith("%") ? text.substring(0, text.length() - 1).strip() : "";
    try {
      double percent = Double.parseDouble(number);
      if (percent >= min && percent <= max) {
        return percent / 100;
      }
    } catch (NumberFormatException _) {
      // The message below says what is expected.
    }
    throw new IllegalArgumentException(
        "'" + text + "' is not between " + min + "% and " + max + "%");
  }

  private static long bytes(String text) {
    long bytes = ByteSize.parse(text).bytes();
    if (bytes < 1) {
      throw new IllegalArgumentException("'" + text + "' must be above 0");
    }
    return bytes;
  }

  private static Duration positive(String text) {
    Duration duration = Durations.parse(text);
    if (!duration.isPositive()) {
      throw new IllegalArgumentException("'" + text + "' must be above 0");
    }
    return duration;
  }

  private static String seconds(Duration duration) {
    return duration.toMillis() / 1000.0 + " s";
  }
}
