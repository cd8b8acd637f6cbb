package io.headwater.analytics;

import io.headwater.process.YamlFile;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which windows of a query are asked for.
 *
 * @param key of the readings; empty for all keys
 * @param from the earliest start of a window, inclusive; milliseconds since 1970
 * @param to the latest, exclusive
 * @param limit at most so many, the newest; 1 to 10 000
 */
record WindowsRequest(Optional<String> key, long from, long to, int limit) {
  static final int DEFAULT_LIMIT = 1_000;
  static final int MAX_LIMIT = 10_000;

  /**
   * Reads the part of an address behind the question mark.
   *
   * @throws ApiError 400 that names the parameter, its value and what is expected
   */
  static WindowsRequest parse(Optional<String> rawQuery) {
    Map<String, String> given = parameters(rawQuery, List.of("key", "from", "to", "limit"));
    String givenFrom = given.get("from");
    String givenTo = given.get("to");
    long from = givenFrom == null ? 0 : time("from", givenFrom);
    long to = givenTo == null ? Times.FOREVER : time("to", givenTo);
    if (from >= to) {
      throw ApiError.of(
          400,
          "from=%s is not before to=%s: from is the earliest start of a window, to is past the last"
              .formatted(givenFrom == null ? "1970-01-01" : givenFrom, givenTo));
    }
    return new WindowsRequest(
        Optional.ofNullable(given.get("key")), from, to, limit(given.get("limit")));
  }

  /**
   * The parameters by name; those of an empty value are as if not there.
   *
   * @throws ApiError 400 for one that is not known
   */
  static Map<String, String> parameters(Optional<String> rawQuery, List<String> known) {
    var given = new LinkedHashMap<String, String>();
    for (String part : rawQuery.orElse("").split("&", -1)) {
      int equals = part.indexOf('=');
      String name = decode(equals < 0 ? part : part.substring(0, equals));
      String value = equals < 0 ? "" : decode(part.substring(equals + 1));
      if (name.isEmpty()) {
        continue;
      }
      if (!known.contains(name)) {
        throw ApiError.of(400, "unknown parameter '" + name + "'" + YamlFile.hint(name, known));
      }
      if (!value.isEmpty() && given.putIfAbsent(name, value) != null) {
        throw ApiError.of(400, "'" + name + "' is given twice");
      }
    }
    return given;
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      throw ApiError.of(
          400, "'" + text + "' is not encoded as an address needs it: write % as %25");
    }
  }

  private static long time(String name, String text) {
    try {
      // A plus sign of an offset means a space in an address, and hardly anybody thinks of it.
      return Times.parse(text.replace(' ', '+'));
    } catch (IllegalArgumentException _) {
      throw ApiError.of(
          400,
          name
              + "="
              + text
              + " is not a time: write 2026-11-24T12:00:00Z, 2026-11-24 or milliseconds since"
              + " 1970");
    }
  }

  private static int limit(@Nullable String text) {
    if (text == null) {
      return DEFAULT_LIMIT;
    }
    if (!text.matches("[1-9]\\d{0,4}") || Integer.parseInt(text) > MAX_LIMIT) {
      throw ApiError.of(400, "limit=" + text + " is not a number from 1 to " + MAX_LIMIT);
    }
    return Integer.parseInt(text);
  }
}
