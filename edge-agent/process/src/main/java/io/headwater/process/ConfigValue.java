package io.headwater.process;

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
  record Source(YamlSource source) implements ConfigValue {
    @Override
    public String origin() {
      return source.origin();
    }
  }

  /** A map of keys. Grows while sources are read, one after the other. */
  final class Section implements ConfigValue {
    private final Map<String, ConfigValue> values = new LinkedHashMap<>();
    private final String origin;

    Section(String origin) {
      this.origin = origin;
    }

    @Override
    public String origin() {
      return origin;
    }

    Map<String, ConfigValue> values() {
      return values;
    }

    /** Sets a dotted key, making the sections on the way. */
    void put(String key, ConfigValue value, List<String> errors) {
      Section section = this;
      String[] names = key.split("\\.", -1);
      for (int i = 0; i < names.length - 1; i++) {
        ConfigValue next = section.values.get(names[i]);
        if (next == null || (next instanceof Text text && text.text().isBlank())) { // "http:"
          next = new Section(next == null ? "" : next.origin());
          section.values.put(names[i], next);
        }
        if (!(next instanceof Section nested)) {
          errors.add(value.origin() + ": '" + key + "' lies below a value, not below a section");
          return;
        }
        section = nested;
      }
      section.values.put(names[names.length - 1], value);
    }
  }
}
