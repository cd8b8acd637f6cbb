package io.headwater.process;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** A configuration as given, before it is bound to a record: texts, lists and sections. */
sealed interface ConfigValue {
  /** Where it came from, for error texts. */
  String origin();

  record Text(String text, String origin) implements ConfigValue {}

  record Sequence(List<ConfigValue> values, String origin) implements ConfigValue {}

  /** A part of the file as it stands there, for those who read it with its lines. */
  record Source(String yaml, String origin) implements ConfigValue {}

  /** A map of keys. Grows while sources are read, one after the other. */
  final class Section implements ConfigValue {
    private final Map<String, ConfigValue> values = new LinkedHashMap<>();
    private String origin = "";

    @Override
    public String origin() {
      return origin;
    }

    Map<String, ConfigValue> values() {
      return values;
    }

    /** Adds what a file says. */
    void addAll(MappingNode mapping, Path file, List<String> errors) {
      origin = file.toString();
      if (mapping.isTwoStepsConstruction()) {
        errors.add(origin(file, mapping) + ": is within itself, by an alias; write it out");
        return;
      }
      for (NodeTuple tuple : mapping.getValue()) {
        Node at = tuple.getKeyNode();
        if (!(at instanceof ScalarNode key)) {
          errors.add(origin(file, at) + ": a key must be a word, not a list or a section");
        } else if (values.containsKey(key.getValue())) {
          errors.add(origin(file, at) + ": '" + key.getValue() + "' is given twice");
        } else {
          values.put(key.getValue(), of(tuple.getValueNode(), at, file, errors));
        }
      }
    }

    /** Sets a dotted key, making the sections on the way. */
    void put(String key, ConfigValue value, List<String> errors) {
      Section section = this;
      String[] names = key.split("\\.", -1);
      for (int i = 0; i < names.length - 1; i++) {
        ConfigValue next = section.values.computeIfAbsent(names[i], _ -> new Section());
        if (!(next instanceof Section nested)) {
          errors.add(value.origin() + ": '" + key + "' lies below a value, not below a section");
          return;
        }
        section = nested;
      }
      section.values.put(names[names.length - 1], value);
    }

    /**
     * @param at where it begins, for who looks for it: at its key, if it has one
     */
    private static ConfigValue of(Node node, Node at, Path file, List<String> errors) {
      String from = origin(file, at);
      return switch (node) {
        case MappingNode mapping -> {
          var section = new Section();
          section.addAll(mapping, file, errors);
          section.origin = from;
          yield section;
        }
        case SequenceNode sequence when !sequence.isTwoStepsConstruction() ->
            new Sequence(
                sequence.getValue().stream()
                    .map(element -> of(element, element, file, errors))
                    .toList(),
                from);
        // As it is written: what it means is the setting's to say.
        case ScalarNode scalar ->
            new Text(scalar.getTag().equals(Tag.NULL) ? "" : scalar.getValue(), from);
        default -> {
          errors.add(from + ": is within itself, by an alias; write it out");
          yield new Text("", from);
        }
      };
    }

    private static String origin(Path file, Node at) {
      return file + " line " + (at.getStartMark().getLine() + 1);
    }
  }
}
