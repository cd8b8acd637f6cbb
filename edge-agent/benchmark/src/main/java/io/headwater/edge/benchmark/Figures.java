package io.headwater.edge.benchmark;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one round of a row has measured on one broker, by name with its unit: {@code MB/s}.
 *
 * @param values in the order to be printed
 */
record Figures(Map<String, Double> values) {
  Figures {
    values = new LinkedHashMap<>(values);
  }

  static Figures of(String name, double value) {
    return new Figures(Map.of(name, value));
  }

  Figures and(String name, double value) {
    var more = new LinkedHashMap<>(values);
    more.put(name, value);
    return new Figures(more);
  }

  double get(String name) {
    Double value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no figure '" + name + "' among " + values.keySet());
    }
    return value;
  }
}
