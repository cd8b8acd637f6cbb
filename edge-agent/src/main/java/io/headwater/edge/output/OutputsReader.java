package io.headwater.edge.output;

import io.headwater.edge.input.sensor.SensorKeys;
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
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Reads the list of outputs. Each is judged for itself, so that a mistake in one costs only that
 * one. Not thread-safe; for one list.
 */
public final class OutputsReader {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Duration SHORTEST_WATCHDOG = Duration.ofMillis(100);
  private static final Duration LONGEST_WATCHDOG = Duration.ofDays(365);
  private static final String DIGITAL = "digital";
  private static final String PWM = "pwm";
  private static final Set<String> TYPES = Set.of(DIGITAL, PWM);
  private static final Set<String> COMMON_KEYS =
      Set.of("name", "type", "topic", "state", "safe", "watchdog", "inverted", "simulated");
  private static final int DEFAULT_HERTZ = 1000;

  private final String origin;
  private final Predicate<String> isTopic;
  private final Map<Integer, String> userOfPin;
  private final Map<String, String> userOfChannel = new HashMap<>();
  private final Map<String, Integer> lineOfName = new HashMap<>();
  private final Map<String, String> commands = new HashMap<>();
  private final List<OutputSettings> outputs = new ArrayList<>();
  private final List<FaultyOutput> faulty = new ArrayList<>();

  private OutputsReader(String origin, Predicate<String> isTopic, Map<Integer, String> pins) {
    this.origin = origin;
    this.isTopic = isTopic;
    this.userOfPin = new HashMap<>(pins);
  }

  /**
   * Reads it.
   *
   * @param isTopic whether a topic may be published to
   * @param pins that inputs have, and which
   */
  public static OutputPlan read(
      YamlSource source, Predicate<String> isTopic, Map<Integer, String> pins) {
    var reader = new OutputsReader(source.origin(), isTopic, pins);
    reader.readAll(source);
    return new OutputPlan(reader.outputs, reader.faulty);
  }

  private void readAll(YamlSource source) {
    if (source.isBlank()) {
      return;
    }
    YamlFile file = YamlFile.of(source);
    Node root = file.root("it must hold a list of outputs").orElse(null);
    if (root instanceof SequenceNode list) {
      for (int i = 0; i < list.getValue().size(); i++) {
        Node each = list.getValue().get(i);
        String name = YamlFile.childText(each, "name").orElse("outputs[" + i + "]");
        YamlFile.childText(each, "topic").ifPresent(topic -> commands.putIfAbsent(topic, name));
      }
      for (int i = 0; i < list.getValue().size(); i++) {
        readOne(list.getValue().get(i), "outputs[" + i + "]");
      }
      return;
    }
    if (root != null) {
      file.problem(root, "'outputs' must be a list: '- name: …'");
    }
    faulty.add(new FaultyOutput("outputs", String.join("; ", file.problems())));
  }

  private void readOne(Node node, String place) {
    YamlFile problems = YamlFile.of(origin, "");
    String name = YamlFile.childText(node, "name").orElse(place);
    @Nullable OutputSettings output = output(node, name, problems);
    if (output != null && problems.problemCount() == 0) {
      outputs.add(output);
    } else {
      faulty.add(new FaultyOutput(name, String.join("; ", problems.problems())));
    }
  }

  private @Nullable OutputSettings output(Node node, String name, YamlFile problems) {
    String what = "output '" + name + "'";
    if (!(node instanceof MappingNode)) {
      problems.problem(
          node, what + " must be keys and values: {name: …, type: …, topic: …, state: …}");
      return null;
    }
    Optional<String> type = YamlFile.childText(node, "type");
    if (type.filter(TYPES::contains).isEmpty()) {
      problems.problem(
          YamlFile.child(node, "type").orElse(node),
          type.map(wrong -> what + ": unknown type '" + wrong + "'" + YamlFile.hint(wrong, TYPES))
              .orElse(what + ": 'type' is missing"));
      return null;
    }
    boolean digital = type.get().equals(DIGITAL);
    var known = new HashSet<String>(COMMON_KEYS);
    known.addAll(digital ? Set.of("pin") : Set.of("chip", "channel", "frequency"));
    var keys = new SensorKeys(problems, node, problems.section(node, what, known));
    int line = YamlFile.line(node);
    checkName(keys, line);
    Target target = digital ? pin(keys, name, line) : channel(keys, name, line);
    return new OutputSettings(
        name,
        origin + " line " + line,
        target,
        topic(keys, "topic"),
        state(keys),
        keys.value("safe", 0, target::parse),
        keys.value("watchdog", Duration.ZERO, OutputsReader::watchdog),
        keys.flag("inverted", false),
        keys.flag("simulated", false));
  }

  private Target pin(SensorKeys keys, String name, int line) {
    int pin = keys.integer("pin", 0, 1023);
    @Nullable String other = userOfPin.putIfAbsent(pin, user(name, line));
    if (other != null && keys.has("pin")) {
      keys.problem("pin", "pin " + pin + " is used twice: " + other + " has it already");
    }
    return new Target.DigitalPin(pin);
  }

  private Target channel(SensorKeys keys, String name, int line) {
    int chip = keys.integer("chip", 0, 0, 255);
    int channel = keys.integer("channel", 0, 63);
    @Nullable String other = userOfChannel.putIfAbsent(chip + "/" + channel, user(name, line));
    if (other != null && keys.has("channel")) {
      keys.problem(
          "channel",
          "channel "
              + channel
              + " of PWM chip "
              + chip
              + " is used twice: "
              + other
              + " has it already");
    }
    return new Target.PwmChannel(
        chip, channel, keys.integer("frequency", DEFAULT_HERTZ, 1, 10_000_000));
  }

  private String user(String name, int line) {
    return "output '" + name + "' (" + origin + " line " + line + ")";
  }

  private void checkName(SensorKeys keys, int line) {
    String name = keys.required("name", "", text -> text);
    if (name.isEmpty()) {
      return;
    }
    if (!NAME.matcher(name).matches()) {
      keys.problem(
          "name", "name '" + name + "' is not 1 to 64 of letters, digits, '.', '_' and '-'");
    }
    @Nullable Integer first = lineOfName.putIfAbsent(name, line);
    if (first != null) {
      keys.problem("name", "the name '" + name + "' is given twice: the first is in line " + first);
    }
  }

  private String topic(SensorKeys keys, String key) {
    String topic = keys.required(key, "", text -> text);
    if (!topic.isEmpty() && !isTopic.test(topic)) {
      keys.problem(key, key + " '" + topic + "' cannot be published to");
    }
    return topic;
  }

  private String state(SensorKeys keys) {
    String state = topic(keys, "state");
    @Nullable String driven = commands.get(state);
    if (driven != null) {
      keys.problem(
          "state",
          "state '"
              + state
              + "' is the topic that commands '"
              + driven
              + "': outputs would drive each other for ever");
    }
    return state;
  }

  private static Duration watchdog(String text) {
    Duration duration = Durations.parse(text);
    if (!duration.isZero()
        && (duration.compareTo(SHORTEST_WATCHDOG) < 0
            || duration.compareTo(LONGEST_WATCHDOG) > 0)) {
      throw new IllegalArgumentException(text + " is not 0, and not between 100ms and 365d");
    }
    return duration;
  }
}
