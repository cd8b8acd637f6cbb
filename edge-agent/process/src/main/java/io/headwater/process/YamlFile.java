package io.headwater.process;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * A YAML file with a structure of its own, read node by node: every mistake is kept with its line,
 * and all are told at once. For a file of settings see {@link Config}. Not thread-safe.
 */
public final class YamlFile {
  private final String name;
  private final String text;
  private final Optional<Node> part;
  private final List<Problem> problems = new ArrayList<>();

  private record Problem(int line, String text) {}

  private YamlFile(String name, String text, Optional<Node> part) {
    this.name = name;
    this.text = text;
    this.part = part;
  }

  /**
   * Reads the file's text.
   *
   * @param option how users name it: {@code --queries}
   * @throws UserError if it cannot be read
   */
  public static YamlFile read(Path file, String option) {
    try {
      return of(file.toString(), Files.readString(file));
    } catch (NoSuchFileException e) {
      throw unreadable(option, file, "there is no such file", e);
    } catch (MalformedInputException e) {
      throw unreadable(option, file, "is not UTF-8 text", e);
    } catch (IOException e) {
      throw unreadable(option, file, "cannot be read (" + e + ")", e);
    }
  }

  private static UserError unreadable(String option, Path file, String problem, IOException cause) {
    return UserError.failure(option + " " + file + ": " + problem, cause);
  }

  /**
   * @param name what error lines begin with
   */
  public static YamlFile of(String name, String text) {
    return new YamlFile(name, text, Optional.empty());
  }

  /** A part of a file of settings; its lines are those of the whole file. */
  public static YamlFile of(YamlSource source) {
    return new YamlFile(source.origin(), source.yaml(), source.node());
  }

  /**
   * The file's tree; empty, and a problem, if it holds none.
   *
   * @param expected what an empty file is told: {@code it must hold 'queries:' and a list of them}
   */
  public Optional<Node> root(String expected) {
    if (part.isPresent()) {
      return part;
    }
    try {
      Node root = YamlTree.compose(text);
      if (root == null) {
        problems.add(new Problem(1, "the file is empty: " + expected));
      }
      return Optional.ofNullable(root);
    } catch (YAMLException e) {
      var mistake = YamlTree.Mistake.of(e, text);
      problems.add(new Problem(mistake.line().orElse(1), mistake.text()));
    }
    return Optional.empty();
  }

  /**
   * The section's values by key; unknown and repeated keys are problems.
   *
   * @param what the section's name for users
   */
  public Map<String, Node> section(Node node, String what, Set<String> known) {
    var values = new LinkedHashMap<String, Node>();
    if (!(node instanceof MappingNode mapping)) {
      problem(node, what + " must be keys and values: " + String.join(", ", sorted(known)));
      return values;
    }
    for (NodeTuple tuple : mapping.getValue()) {
      String key =
          tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "(not a name)";
      if (!known.contains(key)) {
        problem(tuple.getKeyNode(), "unknown key '" + key + "'" + hint(key, known));
      } else if (values.putIfAbsent(key, tuple.getValueNode()) != null) {
        problem(tuple.getKeyNode(), "'" + key + "' is given twice");
      }
    }
    return values;
  }

  /** The elements of a list, or the one value that stands in place of a list of one. */
  public List<Node> list(@Nullable Node node) {
    return switch (node) {
      case null -> List.of();
      case SequenceNode sequence -> sequence.getValue();
      default -> List.of(node);
    };
  }

  /** The value; null, and a problem, if it is absent or wrong. */
  public <T> @Nullable T required(
      Node parent, Map<String, Node> keys, String key, Function<String, T> parse) {
    Node node = keys.get(key);
    if (node == null) {
      problem(parent, "'" + key + "' is missing");
      return null;
    }
    return scalar(node, key, parse);
  }

  /** The value, or the fallback if it is absent; null, and a problem, if it is wrong. */
  public <T> @Nullable T optional(
      @Nullable Node node, String key, T fallback, Function<String, T> parse) {
    return node == null ? fallback : scalar(node, key, parse);
  }

  /**
   * A single value.
   *
   * @param parse throws an IllegalArgumentException that says what is wrong
   */
  public <T> @Nullable T scalar(Node node, String key, Function<String, T> parse) {
    if (!(node instanceof ScalarNode scalar)) {
      problem(node, "'" + key + "' must be a single value");
      return null;
    }
    try {
      return parse.apply(scalar.getValue().strip());
    } catch (IllegalArgumentException e) {
      problem(node, key + ": " + e.getMessage());
      return null;
    }
  }

  public void problem(Node node, String problem) {
    problems.add(new Problem(line(node), problem));
  }

  /** All problems so far, by line, each as it is told to users. */
  public List<String> problems() {
    return problems.stream()
        .sorted(Comparator.comparingInt(Problem::line))
        .map(problem -> name + " line " + problem.line() + ": " + problem.text())
        .toList();
  }

  public int problemCount() {
    return problems.size();
  }

  /**
   * @throws UserError with exit code 2 that lists every problem by line, if there is any
   */
  public void requireNoProblem() {
    if (!problems.isEmpty()) {
      throw UserError.usage(String.join(System.lineSeparator(), problems()));
    }
  }

  /** The value of a key, if the node has it; its other keys do not matter. */
  public static Optional<Node> child(Node node, String key) {
    if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        if (tuple.getKeyNode() instanceof ScalarNode scalar && scalar.getValue().equals(key)) {
          return Optional.of(tuple.getValueNode());
        }
      }
    }
    return Optional.empty();
  }

  /** As {@link #child}, of a single value that is not empty. */
  public static Optional<String> childText(Node node, String key) {
    return child(node, key)
        .filter(ScalarNode.class::isInstance)
        .map(each -> ((ScalarNode) each).getValue().strip())
        .filter(text -> !text.isEmpty());
  }

  public static int line(Node node) {
    return node.getStartMark().getLine() + 1;
  }

  /** What is added to a wrong name: the nearest known one, or all. */
  public static String hint(String wrong, Collection<String> known) {
    return NearestName.of(wrong, known)
        .map(nearest -> ": did you mean '" + nearest + "'?")
        .orElseGet(() -> "; known here: " + String.join(", ", sorted(known)));
  }

  private static List<String> sorted(Collection<String> names) {
    return names.stream().sorted().toList();
  }
}
