package io.headwater.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import io.headwater.analytics.expression.Expression;
import io.headwater.analytics.expression.JsonValues;
import io.headwater.analytics.expression.Type;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** One reading: what expressions find in it, each value made when it is first asked for. */
final class ReadingScope implements Expression.Scope {
  /** The names that every reading has. */
  static final Map<String, Type> NAMES = names();

  private final Bytes key;
  private final JsonNode payload;
  private final OptionalDouble value;
  private final long timeMs;
  private final String topic;
  private final Headers headers;
  private final Map<String, Object> fields = new HashMap<>();

  ReadingScope(
      Bytes key,
      JsonNode payload,
      OptionalDouble value,
      long timeMs,
      String topic,
      Headers headers) {
    this.key = key;
    this.payload = payload;
    this.value = value;
    this.timeMs = timeMs;
    this.topic = topic;
    this.headers = headers;
  }

  private static Map<String, Type> names() {
    var names = new LinkedHashMap<String, Type>();
    names.put("key", Type.TEXT);
    names.put("value", Type.NUMBER);
    names.put("time", Type.TIME);
    names.put("topic", Type.TEXT);
    names.put("header", Type.TEXTS);
    names.put("payload", Type.ANY);
    return names;
  }

  @Override
  public @Nullable Object find(String name) {
    return switch (name) {
      case "key" -> text(key.get());
      case "value" -> value.isPresent() ? value.getAsDouble() : null;
      case "time" -> Instant.ofEpochMilli(timeMs);
      case "topic" -> topic;
      case "header" -> headers();
      case "payload" -> JsonValues.of(payload);
      default -> fields.get(name);
    };
  }

  void put(String field, Object fieldValue) {
    fields.put(field, fieldValue);
  }

  long timeMs() {
    return timeMs;
  }

  Bytes key() {
    return key;
  }

  /** The number that a field is; not a number if it is absent or something else. */
  double number(String field) {
    return find(field) instanceof Number number ? number.doubleValue() : Double.NaN;
  }

  byte @Nullable [] header(String name) {
    Header header = headers.lastHeader(name);
    return header == null ? null : header.value();
  }

  private Map<String, String> headers() {
    var texts = new HashMap<String, String>();
    for (Header header : headers) {
      if (header.value() != null) {
        texts.put(header.key(), text(header.value()));
      }
    }
    return texts;
  }

  private static String text(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8);
  }
}
