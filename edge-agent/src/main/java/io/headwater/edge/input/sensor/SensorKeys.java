package io.headwater.edge.input.sensor;

import io.headwater.process.YamlFile;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;

/**
 * The keys of one input, as its type reads them. What is wrong becomes a problem with its line, and
 * the fallback stands in.
 */
public final class SensorKeys {
  private final YamlFile problems;
  private final Node input;
  private final Map<String, Node> keys;

  public SensorKeys(YamlFile problems, Node input, Map<String, Node> keys) {
    this.problems = problems;
    this.input = input;
    this.keys = Map.copyOf(keys);
  }

  public boolean has(String key) {
    return keys.containsKey(key);
  }

  /** A whole number, also as {@code 0x76}. */
  public int integer(String key, int fallback, int min, int max) {
    return value(key, fallback, text -> wholeNumber(text, min, max));
  }

  /** As {@link #integer(String, int, int, int)}, but it must be there. */
  public int integer(String key, int min, int max) {
    return required(key, min, text -> wholeNumber(text, min, max));
  }

  public double number(String key, double fallback) {
    return value(key, fallback, SensorKeys::number);
  }

  public boolean flag(String key, boolean fallback) {
    return value(key, fallback, SensorKeys::flag);
  }

  /** One of some names. */
  public String choice(String key, String fallback, List<String> choices) {
    return value(
        key,
        fallback,
        text -> {
          if (!choices.contains(text)) {
            throw new IllegalArgumentException(
                "'" + text + "' is not one of " + String.join(", ", choices));
          }
          return text;
        });
  }

  public <T> T value(String key, T fallback, Function<String, T> parse) {
    T value = problems.optional(keys.get(key), key, fallback, parse);
    return value == null ? fallback : value;
  }

  /** Must be there. */
  public <T> T required(String key, T fallback, Function<String, T> parse) {
    T value = problems.required(input, keys, key, parse);
    return value == null ? fallback : value;
  }

  /** The numbers of a list; empty, and a problem, if they are not as many. */
  public double[] numbers(String key, int count) {
    @Nullable Node node = keys.get(key);
    List<Node> elements = problems.list(node);
    double[] numbers =
        elements.stream()
            .map(each -> problems.scalar(each, key, SensorKeys::number))
            .filter(number -> number != null)
            .mapToDouble(number -> number)
            .toArray();
    if (numbers.length != count) {
      problem(key, key + ": write " + count + " numbers, like [0, 100]");
      return new double[0];
    }
    return numbers;
  }

  /** Notes that a key, or the input if it has not got it, is wrong. */
  public void problem(String key, String text) {
    problems.problem(keys.getOrDefault(key, input), text);
  }

  public static double number(String text) {
    try {
      double number = Double.parseDouble(text);
      if (Double.isFinite(number)) {
        return number;
      }
    } catch (NumberFormatException _) {
      // told below
    }
    throw new IllegalArgumentException("'" + text + "' is not a number");
  }

  public static boolean flag(String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("'" + text + "' is not true or false");
    };
  }

  private static int wholeNumber(String text, int min, int max) {
    try {
      int number = Integer.decode(text);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException _) {
      throw new IllegalArgumentException("'" + text + "' is not a whole number");
    }
    boolean hexadecimal = text.startsWith("0x");
    throw new IllegalArgumentException(
        text
            + " is not between "
            + String.join(
                " and ",
                Arrays.stream(new int[] {min, max})
                    .mapToObj(each -> hexadecimal ? "0x" + Integer.toHexString(each) : "" + each)
                    .toList()));
  }
}
