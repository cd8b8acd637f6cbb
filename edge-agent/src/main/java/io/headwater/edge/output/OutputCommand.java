package io.headwater.edge.output;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;

/** What a message on an output's topic says: a value, or JSON with one, as readings are. */
final class OutputCommand {
  static final int MOST_BYTES = 1024;

  private static final int MOST_TOLD = 40;
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private OutputCommand() {}

  /**
   * Reads it.
   *
   * @throws IllegalArgumentException that says what is wrong, in a line
   */
  static int parse(Target target, byte[] payload) {
    if (payload.length > MOST_BYTES) {
      throw new IllegalArgumentException(payload.length + " bytes > max " + MOST_BYTES);
    }
    String text = new String(payload, StandardCharsets.UTF_8).strip();
    if (text.isEmpty()) {
      throw new IllegalArgumentException("the payload is empty");
    }
    return target.parse(shorten(text.startsWith("{") ? value(text) : text));
  }

  private static String value(String text) {
    JsonNode json;
    try {
      json = JSON.readTree(text);
    } catch (JsonProcessingException _) {
      throw new IllegalArgumentException("'" + shorten(text) + "' is not JSON");
    }
    JsonNode value = json.path("value");
    if (!value.isValueNode() || value.isNull()) {
      throw new IllegalArgumentException("the JSON has no 'value' that is a number, text or flag");
    }
    return value.asText().strip();
  }

  private static String shorten(String text) {
    return text.length() <= MOST_TOLD ? text : text.substring(0, MOST_TOLD) + "…";
  }
}
