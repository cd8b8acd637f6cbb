package io.headwater.process;

import java.io.StringReader;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * YAML as a tree of nodes, which know their lines. Not by {@code Yaml.compose}: that makes ready to
 * write and to bind as well, which each start would pay for.
 */
final class YamlTree {
  /** What is wrong with a text, in a line's words, and where, if that is known. */
  record Mistake(OptionalInt line, String text) {
    static Mistake of(YAMLException e, String text) {
      return switch (e) {
        case MarkedYAMLException marked ->
            new Mistake(
                marked.getProblemMark() == null
                    ? OptionalInt.empty()
                    : OptionalInt.of(marked.getProblemMark().getLine() + 1),
                marked.getProblem() == null ? "is not YAML" : marked.getProblem());
        case ReaderException reader -> {
          int at = text.codePointCount(0, text.length());
          long lines =
              text.codePoints()
                  .limit(Math.min(at, reader.getPosition()))
                  .filter(c -> c == '\n')
                  .count();
          yield new Mistake(
              OptionalInt.of((int) lines + 1),
              "the character U+%04X must not be in YAML as it is; write it as an escape between double quotes"
                  .formatted(reader.getCodePoint()));
        }
        default ->
            new Mistake(
                OptionalInt.empty(),
                "is not YAML ("
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse("")
                    + ")");
      };
    }
  }

  private YamlTree() {}

  /**
   * The tree of a text; null if it is empty.
   *
   * @throws org.yaml.snakeyaml.error.YAMLException it is not YAML, or more than one document
   */
  static @Nullable Node compose(String text) {
    var options = new LoaderOptions();
    var reader = new StreamReader(new StringReader(text));
    return new Composer(new ParserImpl(reader, options), new Resolver(), options).getSingleNode();
  }
}
