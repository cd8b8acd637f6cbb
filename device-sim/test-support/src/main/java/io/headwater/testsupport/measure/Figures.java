package io.headwater.testsupport.measure;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one round of a row has measured on one broker, by name with its unit: {@code MB/s}.
 *
 * @param values in the order to be printed
 */
public record Figures(Map<String, Double> values) {
  public Figures {
    values = new LinkedHashMap<>(values);
  }

  public static Figures of(String name, double value) {
    return new Figures(Map.of(name, value));
  }

  public Figures and(String name, double value) {
    var more = new LinkedHashMap<>(values);
    more.put(name, value);
    return new Figures(more);
  }

  /** Throws {@link IllegalArgumentException} if there is no such figure. */
  public double get(String name) {
    Double value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no figure '" + name + "' among " + values.keySet());
    }
    return value;
  }
}
