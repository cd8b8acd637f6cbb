package io.headwater.edge.input;

import io.headwater.edge.input.sensor.Quantity;
import io.headwater.edge.input.sensor.SensorKeys;
import io.headwater.edge.input.sensor.SensorSettings;
import io.headwater.edge.input.sensor.SensorType;
import io.headwater.edge.input.sensor.SensorTypes;
import io.headwater.process.Durations;
import io.headwater.process.YamlFile;
import io.headwater.process.YamlSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Reads the list of inputs. Each is judged for itself, so that a mistake in one costs only that
 * one. Not thread-safe; for one list.
 */
public final class InputsReader {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final String QUANTITY = "{quantity}";
  private static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(10);
  private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(10);
  private static final Duration LONGEST_INTERVAL = Duration.ofDays(1);
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration DEFAULT_RETRY_DELAY = Duration.ofMillis(100);
  private static final Duration DEFAULT_MAX_SILENCE = Duration.ofMinutes(10);
  private static final int DEFAULT_RETRIES = 2;

  private static final Set<String> VALUE_KEYS =
      Set.of("unit", "scale", "offset", "clamp", "dead-band");
  private static final Set<String> COMMON_KEYS =
      Set.of(
          "name",
          "type",
          "topic",
          "interval",
          "jitter",
          "timeout",
          "retries",
          "retry-delay",
          "max-silence",
          "simulated",
          "values");

  private final String origin;
  private final Predicate<String> isTopic;
  private final List<InputSettings> inputs = new ArrayList<>();
  private final List<FaultyInput> faulty = new ArrayList<>();
  private final Map<String, Integer> lineOfName = new HashMap<>();
  private final Map<Integer, String> userOfPin = new HashMap<>();

  private InputsReader(String origin, Predicate<String> isTopic) {
    this.origin = origin;
    this.isTopic = isTopic;
  }

  /**
   * Reads it.
   *
   * @param isTopic whether a topic may be published to
   */
  public static InputPlan read(YamlSource source, Predicate<String> isTopic) {
    var reader = new InputsReader(source.origin(), isTopic);
    reader.readAll(source);
    return new InputPlan(reader.inputs, reader.faulty);
  }

  private void readAll(YamlSource source) {
    if (source.isBlank()) {
      return;
    }
    YamlFile file = YamlFile.of(source);
    Node root = file.root("it must hold a list of inputs").orElse(null);
    if (root instanceof SequenceNode list) {
      for (int i = 0; i < list.getValue().size(); i++) {
        readOne(list.getValue().get(i), "inputs[" + i + "]");
      }
      return;
    }
    if (root != null) {
      file.problem(root, "'inputs' must be a list: '- name: …'");
    }
    faulty.add(new FaultyInput("inputs", Optional.empty(), String.join("; ", file.problems())));
  }

  private void readOne(Node node, String place) {
    YamlFile problems = YamlFile.of(origin, "");
    String name = YamlFile.childText(node, "name").orElse(place);
    @Nullable InputSettings input = input(node, name, problems);
    if (input != null && problems.problemCount() == 0) {
      inputs.add(input);
    } else {
      faulty.add(
          new FaultyInput(
              name,
              YamlFile.childText(node, "topic")
                  .filter(isTopic)
                  .filter(topic -> !topic.contains(QUANTITY)),
              String.join("; ", problems.problems())));
    }
  }

  private @Nullable InputSettings input(Node node, String name, YamlFile problems) {
    String what = "input '" + name + "'";
    if (!(node instanceof MappingNode)) {
      problems.problem(node, what + " must be keys and values: {name: …, type: …, topic: …}");
      return null;
    }
    Optional<String> typeName = YamlFile.childText(node, "type");
    Optional<SensorType> type = typeName.flatMap(SensorTypes::of);
    if (type.isEmpty()) {
      problems.problem(
          YamlFile.child(node, "type").orElse(node),
          typeName
              .map(wrong ->
                  what
                      + ": unknown type '"
                      + wrong
                      + "'"
                      + YamlFile.hint(wrong, SensorTypes.names()))
              .orElse(what + ": 'type' is missing"));
      return null;
    }
    var known = new HashSet<String>(COMMON_KEYS);
    known.addAll(VALUE_KEYS);
    known.addAll(type.get().keys());
    Map<String, Node> nodes = problems.section(node, what, known);
    var keys = new SensorKeys(problems, node, nodes);
    checkName(keys, YamlFile.line(node));
    SensorSettings sensor = type.get().read().apply(keys);
    sensor.pin().ifPresent(pin -> claim(pin, name, YamlFile.line(node), keys));
    Duration interval =
        keys.value(
            "interval",
            DEFAULT_INTERVAL,
            text -> duration(text, SHORTEST_INTERVAL, LONGEST_INTERVAL));
    Duration timeout = keys.value("timeout", shorter(interval, DEFAULT_TIMEOUT), Durations::parse);
    if (timeout.compareTo(interval) > 0 || timeout.isZero()) {
      keys.problem(
          "timeout",
          "timeout "
              + timeout.toMillis()
              + "ms is not between 1ms and the interval, "
              + interval.toMillis()
              + "ms: a fault would not be told in time");
    }
    boolean simulated = keys.flag("simulated", false);
    if (simulated && sensor.deviceFile().isEmpty()) {
      keys.problem("simulated", "simulated: " + type.get().name() + " cannot be simulated");
    }
    return new InputSettings(
        name,
        type.get().name(),
        origin + " line " + YamlFile.line(node),
        sensor,
        values(node, keys, nodes, sensor, problems),
        interval,
        keys.value(
            "jitter", Duration.ZERO, text -> duration(text, Duration.ZERO, interval.dividedBy(2))),
        timeout,
        keys.integer("retries", DEFAULT_RETRIES, 0, 10),
        keys.value(
            "retry-delay",
            DEFAULT_RETRY_DELAY,
            text -> duration(text, Duration.ofMillis(1), LONGEST_INTERVAL)),
        keys.value(
            "max-silence",
            DEFAULT_MAX_SILENCE,
            text -> duration(text, SHORTEST_INTERVAL, Duration.ofDays(365))),
        simulated);
  }

  private void checkName(SensorKeys keys, int line) {
    String name = keys.required("name", "", text -> text);
    if (!name.isEmpty() && !NAME.matcher(name).matches()) {
      keys.problem(
          "name", "name '" + name + "' is not 1 to 64 of letters, digits, '.', '_' and '-'");
    }
    @Nullable Integer first = lineOfName.putIfAbsent(name, line);
    if (!name.isEmpty() && first != null) {
      keys.problem("name", "the name '" + name + "' is given twice: the first is in line " + first);
    }
  }

  private void claim(int pin, String name, int line, SensorKeys keys) {
    @Nullable String other = userOfPin.putIfAbsent(pin, "'" + name + "' in line " + line);
    if (other != null) {
      keys.problem("pin", "pin " + pin + " is used twice: " + other + " has it already");
    }
  }

  private List<ValueSettings> values(
      Node node,
      SensorKeys keys,
      Map<String, Node> nodes,
      SensorSettings sensor,
      YamlFile problems) {
    List<Quantity> quantities = sensor.quantities();
    Map<String, Node> chosen = new HashMap<>();
    if (quantities.size() == 1) {
      if (keys.has("values")) {
        keys.problem(
            "values", "'values' is for sensors of several; write its keys beside 'topic' here");
      }
    } else {
      for (String key : VALUE_KEYS) {
        if (keys.has(key)) {
          keys.problem(key, severalHint(key, quantities));
        }
      }
      @Nullable Node values = nodes.get("values");
      if (values != null) {
        chosen.putAll(
            problems.section(
                values, "'values'", Set.copyOf(quantities.stream().map(Quantity::name).toList())));
      }
    }
    String topic = keys.required("topic", "", text -> text);
    var result = new ArrayList<ValueSettings>();
    for (int i = 0; i < quantities.size(); i++) {
      Quantity quantity = quantities.get(i);
      SensorKeys own = keys;
      if (quantities.size() > 1) {
        if (keys.has("values") && !chosen.containsKey(quantity.name())) {
          continue;
        }
        own = ownKeys(node, chosen.get(quantity.name()), quantity, problems);
      }
      result.add(value(own, i, quantity, topic, sensor.isOnChange()));
    }
    checkTopic(keys, topic, result);
    return result;
  }

  private static String severalHint(String key, List<Quantity> quantities) {
    String first = quantities.getFirst().name();
    return "'"
        + key
        + "' of which? This type measures "
        + String.join(", ", quantities.stream().map(Quantity::name).toList())
        + ": write values: {"
        + first
        + ": {"
        + key
        + ": …}}";
  }

  private static SensorKeys ownKeys(
      Node input, @Nullable Node node, Quantity quantity, YamlFile problems) {
    if (node == null || (node instanceof ScalarNode scalar && scalar.getValue().isBlank())) {
      return new SensorKeys(problems, input, Map.of());
    }
    return new SensorKeys(
        problems, node, problems.section(node, "'" + quantity.name() + "'", VALUE_KEYS));
  }

  private static ValueSettings value(
      SensorKeys keys, int index, Quantity quantity, String topic, boolean isOnChange) {
    Optional<Clamp> clamp = Optional.empty();
    if (keys.has("clamp")) {
      double[] bounds = keys.numbers("clamp", 2);
      if (bounds.length == 2 && bounds[0] > bounds[1]) {
        keys.problem("clamp", "clamp: min " + bounds[0] + " > max " + bounds[1]);
      } else if (bounds.length == 2) {
        clamp = Optional.of(new Clamp(bounds[0], bounds[1]));
      }
    }
    OptionalDouble deadBand = OptionalDouble.empty();
    if (keys.has("dead-band") || isOnChange) {
      deadBand =
          OptionalDouble.of(
              keys.value(
                  "dead-band",
                  0.0,
                  text -> {
                    double band = SensorKeys.number(text);
                    if (band < 0) {
                      throw new IllegalArgumentException(text + " < 0");
                    }
                    return band;
                  }));
    }
    return new ValueSettings(
        index,
        quantity.name(),
        topic.replace(QUANTITY, quantity.name()),
        keys.value("unit", quantity.unit(), text -> text),
        keys.number("scale", 1),
        keys.number("offset", 0),
        clamp,
        deadBand);
  }

  private void checkTopic(SensorKeys keys, String topic, List<ValueSettings> values) {
    if (topic.isEmpty()) {
      return;
    }
    if (values.size() > 1 && !topic.contains(QUANTITY)) {
      keys.problem(
          "topic",
          "topic '"
              + topic
              + "' must hold {quantity}: this type measures "
              + String.join(", ", values.stream().map(ValueSettings::quantity).toList()));
      return;
    }
    for (ValueSettings value : values) {
      if (!isTopic.test(value.topic())) {
        keys.problem("topic", "topic '" + value.topic() + "' cannot be published to");
      }
    }
  }

  private static Duration duration(String text, Duration min, Duration max) {
    Duration duration = Durations.parse(text);
    if (duration.compareTo(min) < 0 || duration.compareTo(max) > 0) {
      throw new IllegalArgumentException(
          text + " is not between " + Durations.text(min) + " and " + Durations.text(max));
    }
    return duration;
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
