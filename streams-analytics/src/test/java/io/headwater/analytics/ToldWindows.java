package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.headwater.analytics.SqlReference.WindowId;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The windows that a query tells, each as it was told last, beside what SQL makes of them. */
final class ToldWindows {
  /** Equal to the last bit. */
  private static final Set<String> EXACT = Set.of("count", "min", "max", "first", "last");

  /** Of the reading of that rank; what {@code Sketch} promises. */
  private static final Map<String, Double> SKETCHED =
      Map.of("median", 0.001, "p95", 0.001, "p99", 0.001);

  private final Map<WindowId, JsonNode> windows = new HashMap<>();
  private final String prefix;

  /** Those of the reading's value. */
  ToldWindows() {
    this.prefix = "";
  }

  /** Those of a field: {@code max(celsius)} is told as {@code celsius_max}. */
  ToldWindows(String field) {
    this.prefix = field + "_";
  }

  void add(JsonNode result) {
    var id =
        new WindowId(result.get("key").textValue(), ms(result.get("start")), ms(result.get("end")));
    if (result.has("retracted")) {
      windows.remove(id);
    } else {
      windows.put(id, result);
    }
  }

  void removeKey(String key) {
    windows.keySet().removeIf(id -> id.key().equals(key));
  }

  private static long ms(JsonNode instant) {
    return Instant.parse(instant.textValue()).toEpochMilli();
  }

  /**
   * The same windows, and the same aggregates in each.
   *
   * @param context for the failure's text
   */
  void assertEqual(Map<WindowId, Map<String, Double>> expected, Object context) {
    assertThat(windows.keySet()).as("%s", context).isEqualTo(expected.keySet());
    expected.forEach((id, columns) ->
        columns.forEach((column, number) -> {
          JsonNode told = Objects.requireNonNull(windows.get(id));
          JsonNode field = told.get(column.equals("count") ? column : prefix + column);
          double actual = field.isNull() ? Double.NaN : field.doubleValue();
          if (!isEqual(column, actual, number)) {
            throw new AssertionError(
                column + " of " + id + " is " + actual + ", in SQL " + number + "; " + context);
          }
        }));
  }

  private static boolean isEqual(String column, double actual, double expected) {
    if (EXACT.contains(column) || Double.isNaN(expected)) {
      return Double.compare(actual, expected) == 0;
    }
    // Relative to the readings' size: sums and differences of both signs may be next to zero.
    double size =
        SKETCHED.containsKey(column) ? Math.abs(expected) : Math.max(1, Math.abs(expected));
    return Math.abs(actual - expected) <= size * SKETCHED.getOrDefault(column, 1e-9) + 1e-12;
  }
}
