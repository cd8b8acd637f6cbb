package io.headwater.analytics;

import io.headwater.analytics.aggregate.Aggregate;
import io.headwater.analytics.aggregate.Layout;
import io.headwater.analytics.aggregate.WindowState;
import io.headwater.analytics.expression.Expression;
import io.headwater.analytics.expression.Type;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** The result of one window: what is told of it, and what {@code having} finds in it. */
final class ResultScope implements Expression.Scope {
  private final String key;
  private final Instant start;
  private final Instant end;
  private final WindowState window;
  private final Map<String, Number> told = new LinkedHashMap<>();

  /**
   * @param weighEndMs until when the last reading of a time-weighted mean counts
   * @param endMs the window's end, exclusive
   */
  ResultScope(
      Bytes key,
      long startMs,
      long endMs,
      long weighEndMs,
      List<Aggregate> aggregates,
      Layout layout,
      WindowState window) {
    this.key = new String(key.get(), StandardCharsets.UTF_8);
    this.start = Instant.ofEpochMilli(startMs);
    this.end = Instant.ofEpochMilli(endMs);
    this.window = window;
    for (Aggregate aggregate : aggregates) {
      double number = layout.tell(aggregate, window, weighEndMs);
      if (aggregate.isCount()) {
        told.put(aggregate.label(), (long) number);
      } else if (Double.isFinite(number)) {
        told.put(aggregate.label(), number);
      }
    }
  }

  /** The names that a result of these aggregates has. */
  static Map<String, Type> names(List<Aggregate> aggregates) {
    var names = new LinkedHashMap<String, Type>();
    names.put("key", Type.TEXT);
    names.put("start", Type.TIME);
    names.put("end", Type.TIME);
    for (Aggregate aggregate : aggregates) {
      names.put(aggregate.label(), aggregate.isCount() ? Type.WHOLE : Type.NUMBER);
    }
    return names;
  }

  @Override
  public @Nullable Object find(String name) {
    return switch (name) {
      case "key" -> key;
      case "start" -> start;
      case "end" -> end;
      default -> told.get(name);
    };
  }

  String key() {
    return key;
  }

  Instant start() {
    return start;
  }

  Instant end() {
    return end;
  }

  /** Whether readings are missing. */
  boolean isIncomplete() {
    return window.incomplete();
  }

  WindowState window() {
    return window;
  }

  /** Null if the window cannot tell. */
  @Nullable Number number(Aggregate aggregate) {
    return told.get(aggregate.label());
  }
}
