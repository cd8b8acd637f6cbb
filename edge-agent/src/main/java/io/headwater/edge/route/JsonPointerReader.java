package io.headwater.edge.route;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads one scalar out of a JSON text, without building a tree: it reads no further than to the
 * value. Of members with one name the first counts. Immutable.
 */
public final class JsonPointerReader {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final Pattern BAD_ESCAPE = Pattern.compile("~(?![01])");

  private final List<String> steps;

  /**
   * @param pointer by RFC 6901: {@code /a/b}, {@code /a/0}; {@code ~1} stands for / and {@code ~0}
   *     for ~
   */
  public JsonPointerReader(String pointer) {
    if (!pointer.startsWith("/")) {
      throw new IllegalArgumentException(
          "'" + pointer + "' is no JSON pointer: one begins with a slash, for example /meta/id");
    }
    if (BAD_ESCAPE.matcher(pointer).find()) {
      throw new IllegalArgumentException(
          "'" + pointer + "' is no JSON pointer: behind ~ stands 0 (for ~) or 1 (for /)");
    }
    var found = new ArrayList<String>();
    for (String step : pointer.substring(1).split("/", -1)) {
      found.add(step.replace("~1", "/").replace("~0", "~"));
    }
    steps = List.copyOf(found);
  }

  /** The string or number that stands there; empty if there is none, or the text is no JSON. */
  public Optional<String> read(byte[] json) {
    try (JsonParser parser = FACTORY.createParser(json)) {
      parser.nextToken();
      for (String step : steps) {
        if (!descend(parser, step)) {
          return Optional.empty();
        }
      }
      return switch (parser.currentToken()) {
        case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> Optional.of(parser.getText());
        case null, default -> Optional.empty();
      };
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  private static boolean descend(JsonParser parser, String step) throws IOException {
    if (parser.currentToken() == JsonToken.START_OBJECT) {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean found = parser.currentName().equals(step);
        parser.nextToken();
        if (found) {
          return true;
        }
        parser.skipChildren();
      }
      return false;
    }
    if (parser.currentToken() == JsonToken.START_ARRAY) {
      for (int i = 0; ; i++) {
        JsonToken element = parser.nextToken();
        if (element == null || element == JsonToken.END_ARRAY) {
          return false;
        }
        if (Integer.toString(i).equals(step)) {
          return true;
        }
        parser.skipChildren();
      }
    }
    return false;
  }
}
