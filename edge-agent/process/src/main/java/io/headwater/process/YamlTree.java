package io.headwater.process;

import java.io.StringReader;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * YAML as a tree of nodes, which know their lines. Not by {@code Yaml.compose}: that makes ready to
 * write and to bind as well, which each start would pay for.
 */
final class YamlTree {
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
