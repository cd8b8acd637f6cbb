package io.headwater.process;

import java.nio.file.Path;
import java.util.List;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** Makes a {@link ConfigValue} of a file's tree. Each alias becomes a value of its own. */
final class ConfigTree {
  /** Far more than any configuration has: aliases can make millions out of a few lines. */
  private static final int MOST_VALUES = 100_000;

  private final Path file;
  private final String text;
  private final List<String> sources;
  private final List<String> errors;
  private int values;

  /**
   * @param text the file's
   * @param sources keys of the file whose values are taken as they stand
   */
  ConfigTree(Path file, String text, List<String> sources, List<String> errors) {
    this.file = file;
    this.text = text;
    this.sources = sources;
    this.errors = errors;
  }

  /** Adds what the file says. */
  void addTo(ConfigValue.Section root, MappingNode mapping) {
    addAll(root, mapping, sources);
    if (values > MOST_VALUES) {
      errors.add(file + ": has more than " + MOST_VALUES + " values, by its aliases; write it out");
    }
  }

  private void addAll(ConfigValue.Section section, MappingNode mapping, List<String> asTheyStand) {
    if (mapping.isTwoStepsConstruction()) {
      errors.add(origin(mapping) + ": is within itself, by an alias; write it out");
      return;
    }
    for (NodeTuple tuple : mapping.getValue()) {
      Node at = tuple.getKeyNode();
      if (!(at instanceof ScalarNode key)) {
        errors.add(origin(at) + ": a key must be a word, not a list or a section");
      } else if (section.values().containsKey(key.getValue())) {
        errors.add(origin(at) + ": '" + key.getValue() + "' is given twice");
      } else {
        Node value = tuple.getValueNode();
        section
            .values()
            .put(
                key.getValue(),
                asTheyStand.contains(key.getValue())
                    ? new ConfigValue.Source(YamlSource.of(file.toString(), text, value))
                    : of(value, at));
      }
    }
  }

  /**
   * @param at where it begins, for who looks for it: at its key, if it has one
   */
  private ConfigValue of(Node node, Node at) {
    String from = origin(at);
    if (++values > MOST_VALUES) {
      return new ConfigValue.Text("", from);
    }
    return switch (node) {
      case MappingNode mapping -> {
        var section = new ConfigValue.Section(from);
        addAll(section, mapping, List.of());
        yield section;
      }
      case SequenceNode sequence when !sequence.isTwoStepsConstruction() ->
          new ConfigValue.Sequence(
              sequence.getValue().stream().map(element -> of(element, element)).toList(), from);
      // As it is written: what it means is the setting's to say.
      case ScalarNode scalar ->
          new ConfigValue.Text(scalar.getTag().equals(Tag.NULL) ? "" : scalar.getValue(), from);
      default -> {
        errors.add(from + ": is within itself, by an alias; write it out");
        yield new ConfigValue.Text("", from);
      }
    };
  }

  private String origin(Node at) {
    return file + " line " + (at.getStartMark().getLine() + 1);
  }
}
