package io.headwater.process;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

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

    /**
     * Adds what a file says.
     *
     * @param object its values
     * @param source the same with its lines
     */
    void addAll(JsonNode object, Node source, Path file) {
      origin = file.toString();
      var sources = new HashMap<String, NodeTuple>();
      if (source instanceof MappingNode mapping) {
        for (NodeTuple tuple : mapping.getValue()) {
          if (tuple.getKeyNode() instanceof ScalarNode key) {
            sources.put(key.getValue(), tuple);
          }
        }
      }
      object
          .properties()
          .forEach(entry -> {
            NodeTuple tuple = sources.get(entry.getKey());
            values.put(
                entry.getKey(),
                of(
                    entry.getValue(),
                    tuple == null ? source : tuple.getValueNode(),
                    tuple == null ? source : tuple.getKeyNode(),
                    file));
          });
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
     * @param source what is in it
     * @param at where it begins, for who looks for it: at its key, if it has one
     */
    private static ConfigValue of(JsonNode node, Node source, Node at, Path file) {
      String from = origin(file, at);
      if (node.isObject()) {
        var section = new Section();
        section.addAll(node, source, file);
        section.origin = from;
        return section;
      }
      if (node.isArray()) {
        List<Node> sources = source instanceof SequenceNode list ? list.getValue() : List.of();
        var list = new ArrayList<ConfigValue>();
        for (int i = 0; i < node.size(); i++) {
          Node element = i < sources.size() ? sources.get(i) : at;
          list.add(of(node.get(i), element, element, file));
        }
        return new Sequence(list, from);
      }
      return new Text(node.isNull() ? "" : node.asText(), from);
    }

    private static String origin(Path file, Node at) {
      return file + " line " + (at.getStartMark().getLine() + 1);
    }
  }
}
