package io.headwater.analytics;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A line of comma-separated values (RFC 4180), without an end of line. */
final class CsvLine {
  private final StringBuilder line = new StringBuilder();
  private boolean empty = true;

  /** Adds a value; nothing between two commas for null. */
  void add(@Nullable Object value) {
    if (!empty) {
      line.append(',');
    }
    empty = false;
    String text = value == null ? "" : value.toString();
    if (text.indexOf(',') < 0
        && text.indexOf('"') < 0
        && text.indexOf('\n') < 0
        && text.indexOf('\r') < 0) {
      line.append(text);
    } else {
      line.append('"').append(text.replace("\"", "\"\"")).append('"');
    }
  }

  byte[] bytes() {
    return line.toString().getBytes(StandardCharsets.UTF_8);
  }
}
