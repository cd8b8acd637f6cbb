package io.headwater.process;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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

    void addAll(JsonNode object, String from) {
      origin = from;
      object.properties().forEach(entry -> values.put(entry.getKey(), of(entry.getValue(), from)));
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

    private static ConfigValue of(JsonNode node, String from) {
      if (node.isObject()) {
        var section = new Section();
        section.addAll(node, from);
        return section;
      }
      if (node.isArray()) {
        var list = new ArrayList<ConfigValue>();
        node.forEach(element -> list.add(of(element, from)));
        return new Sequence(list, from);
      }
      return new Text(node.isNull() ? "" : node.asText(), from);
    }
  }
}
