package io.headwater.analytics;

import io.headwater.process.Durations;
import io.headwater.process.YamlFile;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Reads single values of a query file. An IllegalArgumentException says what is wrong with one and
 * what is expected.
 */
final class Texts {
  private static final int MAX_TOPIC_LENGTH = 249;

  private static final Pattern IDENTIFIER = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]{0,63}");

  /** CEL's keywords, reserved words, types and macros. */
  private static final Set<String> RESERVED =
      Set.of(
          "true",
          "false",
          "null",
          "in",
          "as",
          "break",
          "const",
          "continue",
          "else",
          "for",
          "function",
          "if",
          "import",
          "let",
          "loop",
          "package",
          "namespace",
          "return",
          "var",
          "void",
          "while",
          "int",
          "uint",
          "double",
          "bool",
          "string",
          "bytes",
          "list",
          "map",
          "type",
          "has",
          "all",
          "exists",
          "size",
          "math",
          "query");

  private Texts() {}

  static String queryName(String text) {
    if (!Query.isName(text)) {
      throw new IllegalArgumentException("'" + text + "' must be " + Query.NAME_RULE);
    }
    return text;
  }

  static String topic(String text) {
    if (!text.matches("[a-zA-Z0-9._-]{1," + MAX_TOPIC_LENGTH + "}")
        || text.equals(".")
        || text.equals("..")) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' is not a topic: write 1 to "
              + MAX_TOPIC_LENGTH
              + " characters out of a-z A-Z 0-9 . _ -");
    }
    return text;
  }

  /** A name for expressions. */
  static String identifier(String text) {
    if (!IDENTIFIER.matcher(text).matches() || RESERVED.contains(text)) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' cannot be a name in expressions: write letters, digits and _, not a word of the"
              + " language");
    }
    return text;
  }

  /** One of an enum's names in lower case. */
  static <E extends Enum<E>> Function<String, E> oneOf(Class<E> choices) {
    return text -> {
      List<String> known = Arrays.stream(choices.getEnumConstants()).map(Texts::label).toList();
      for (E choice : choices.getEnumConstants()) {
        if (label(choice).equals(text)) {
          return choice;
        }
      }
      throw new IllegalArgumentException(
          "'" + text + "' is not known" + YamlFile.hint(text, known));
    };
  }

  static String label(Enum<?> choice) {
    return choice.name().toLowerCase(Locale.ROOT);
  }

  static boolean yesOrNo(String text) {
    return switch (text) {
      case "true", "yes" -> true;
      case "false", "no" -> false;
      default -> throw new IllegalArgumentException("'" + text + "' is neither true nor false");
    };
  }

  static Function<String, Duration> duration(Duration min, Duration max) {
    return text -> {
      Duration duration = Durations.parse(text);
      if (duration.compareTo(min) < 0 || duration.compareTo(max) > 0) {
        throw new IllegalArgumentException(
            text
                + " is not between "
                + (min.isZero() ? "0" : min.toSeconds() + "s")
                + " and "
                + max.toDays()
                + "d");
      }
      return duration;
    };
  }

  static Function<String, Integer> number(int min, int max) {
    return text -> {
      if (!text.matches("\\d{1,9}")
          || Integer.parseInt(text) < min
          || Integer.parseInt(text) > max) {
        throw new IllegalArgumentException(
            "'" + text + "' is not a number between " + min + " and " + max);
      }
      return Integer.parseInt(text);
    };
  }
}
