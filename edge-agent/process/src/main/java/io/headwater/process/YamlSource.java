package io.headwater.process;

import java.util.Optional;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * A value of the configuration as it stands in its file, in place of a record: for a part whose
 * mistakes must not keep the process from starting, and are told with their lines.
 *
 * <p>Its text begins with as many line ends as there are lines before it, so that a {@link
 * YamlFile} made of it counts lines as the whole file does. Anchors outside of it are not known
 * inside. Two are equal if they say the same, wherever they stand.
 */
public final class YamlSource {
  private final String origin;
  private final String yaml;

  /**
   * @param origin where it is from, for error lines: the file's name
   */
  public YamlSource(String origin, String yaml) {
    this.origin = origin;
    this.yaml = yaml;
  }

  /** A key's value in the text of a file that is YAML; empty if the key is not there. */
  static Optional<YamlSource> find(String origin, String text, String key) {
    if (YamlTree.compose(text) instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        if (tuple.getKeyNode() instanceof ScalarNode scalar && scalar.getValue().equals(key)) {
          return Optional.of(cut(origin, text, tuple.getValueNode()));
        }
      }
    }
    return Optional.empty();
  }

  private static YamlSource cut(String origin, String text, Node node) {
    var start = node.getStartMark();
    int from = text.offsetByCodePoints(0, start.getIndex());
    int to = text.offsetByCodePoints(0, node.getEndMark().getIndex());
    return new YamlSource(
        origin,
        "\n".repeat(start.getLine()) + " ".repeat(start.getColumn()) + text.substring(from, to));
  }

  public String origin() {
    return origin;
  }

  public String yaml() {
    return yaml;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof YamlSource source && source.yaml.strip().equals(yaml.strip());
  }

  @Override
  public int hashCode() {
    return yaml.strip().hashCode();
  }

  @Override
  public String toString() {
    return yaml.strip();
  }
}
