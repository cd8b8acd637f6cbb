package io.headwater.analytics.aggregate;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.errors.SerializationException;

/**
 * What the windows of a query keep, so that all of its aggregates can be told.
 *
 * @param partsByField the aggregated fields in the order of {@link Reading}'s values, and what is
 *     kept of each
 */
public record Layout(Map<String, Set<Part>> partsByField) {
  public Layout {
    var copy = new LinkedHashMap<String, Set<Part>>();
    partsByField.forEach((field, parts) -> copy.put(field, Set.copyOf(parts)));
    partsByField = copy;
  }

  public static Layout of(List<Aggregate> aggregates) {
    var parts = new LinkedHashMap<String, Set<Part>>();
    for (Aggregate aggregate : aggregates) {
      if (aggregate.hasField()) {
        parts
            .computeIfAbsent(aggregate.field(), _ -> EnumSet.noneOf(Part.class))
            .addAll(aggregate.function().parts());
      }
    }
    return new Layout(parts);
  }

  public List<String> fields() {
    return List.copyOf(partsByField.keySet());
  }

  /** The window without readings. */
  public WindowState empty() {
    return new WindowState(
        0, partsByField.values().stream().map(FieldState::empty).toList(), Gateways.NONE, false);
  }

  /**
   * What the aggregate is in a window of this layout.
   *
   * @param endMs the window's end
   * @return not a number if the window cannot tell
   */
  public double tell(Aggregate aggregate, WindowState window, long endMs) {
    if (!aggregate.hasField()) {
      return window.readings();
    }
    int index = 0;
    for (String field : partsByField.keySet()) {
      if (field.equals(aggregate.field())) {
        return aggregate.of(field(window, index), endMs);
      }
      index++;
    }
    throw new IllegalArgumentException("no aggregate of '" + aggregate.field() + "' is kept");
  }

  /**
   * What a window of another layout holds of this one.
   *
   * @param from a layout that has all that this one has
   * @throws SerializationException if the window does not hold what its layout says
   */
  public WindowState project(WindowState window, Layout from) {
    List<String> theirs = from.fields();
    var fields = new ArrayList<FieldState>();
    partsByField.forEach(
        (name, parts) -> fields.add(field(window, theirs.indexOf(name)).requireParts(parts)));
    return new WindowState(window.readings(), fields, window.gateways(), window.incomplete());
  }

  private static FieldState field(WindowState window, int index) {
    if (index >= window.fields().size()) {
      throw new SerializationException(
          "the stored window has "
              + window.fields().size()
              + " fields: the query's aggregates were changed; give it a new name, or reset it");
    }
    return window.fields().get(index);
  }

  /** The fields and parts of this layout that the other one does not have. */
  public List<String> missingIn(Layout other) {
    var missing = new ArrayList<String>();
    partsByField.forEach((field, parts) -> {
      Set<Part> there = other.partsByField.get(field);
      if (there == null) {
        missing.add(field);
      } else if (!there.containsAll(parts)) {
        missing.add("what percentiles, deviations or ends of " + field + " need");
      }
    });
    return missing;
  }
}
