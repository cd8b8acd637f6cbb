package io.headwater.process;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * A value of the configuration as it stands in its file, in place of a record: for a part whose
 * mistakes must not keep the process from starting, and are told with their lines by a {@link
 * YamlFile} made of it.
 *
 * <p>Two are equal if they say the same, wherever they stand and however they are written.
 */
public final class YamlSource {
  /** Of what is compared: aliases can make much out of little. */
  private static final int MOST_SAID = 1 << 20;

  private final String origin;
  private final String yaml;

  /** Within the file's tree, so that it knows anchors from elsewhere; null for a text alone. */
  private final @Nullable Node node;

  /**
   * @param origin where it is from, for error lines: the file's name
   */
  public YamlSource(String origin, String yaml) {
    this(origin, yaml, null);
  }

  private YamlSource(String origin, String yaml, @Nullable Node node) {
    this.origin = origin;
    this.yaml = yaml;
    this.node = node;
  }

  /** A part of the text of a file. */
  static YamlSource of(String origin, String text, Node node) {
    int from = text.offsetByCodePoints(0, node.getStartMark().getIndex());
    int to = text.offsetByCodePoints(0, node.getEndMark().getIndex());
    return new YamlSource(origin, text.substring(from, to), node);
  }

  public String origin() {
    return origin;
  }

  /** Whether nothing is given. */
  public boolean isBlank() {
    return yaml.isBlank();
  }

  String yaml() {
    return yaml;
  }

  Optional<Node> node() {
    return Optional.ofNullable(node);
  }

  private String says() {
    var said = new StringBuilder();
    try {
      say(node == null ? YamlTree.compose(yaml) : node, said);
    } catch (YAMLException _) {
      return yaml.strip();
    }
    return said.toString();
  }

  private static void say(@Nullable Node node, StringBuilder said) {
    if (said.length() > MOST_SAID) {
      return;
    }
    switch (node) {
      case MappingNode mapping when !mapping.isTwoStepsConstruction() -> {
        said.append('{');
        for (NodeTuple each : mapping.getValue()) {
          say(each.getKeyNode(), said);
          say(each.getValueNode(), said);
        }
        said.append('}');
      }
      case SequenceNode sequence when !sequence.isTwoStepsConstruction() -> {
        said.append('[');
        List<Node> values = sequence.getValue();
        values.forEach(each -> say(each, said));
        said.append(']');
      }
      case ScalarNode scalar ->
          said.append(scalar.getValue().length()).append(':').append(scalar.getValue());
      case null, default -> said.append('?');
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof YamlSource source && source.says().equals(says());
  }

  @Override
  public int hashCode() {
    return says().hashCode();
  }

  @Override
  public String toString() {
    return yaml.strip();
  }
}
