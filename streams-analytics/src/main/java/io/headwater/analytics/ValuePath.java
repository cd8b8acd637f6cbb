package io.headwater.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where in a JSON payload a reading's number is: {@code $}, {@code $.value}, {@code
 * $.sensors[0].t}, {@code $['air temperature']}.
 *
 * <p>The part of JSONPath (RFC 9535) that names exactly one place.
 *
 * @param text as written
 */
record ValuePath(String text, List<Step> steps) {
  sealed interface Step {
    /** The node below, or a missing node. */
    JsonNode from(JsonNode node);
  }

  record Member(String name) implements Step {
    @Override
    public JsonNode from(JsonNode node) {
      return node.path(name);
    }
  }

  record Element(int index) implements Step {
    @Override
    public JsonNode from(JsonNode node) {
      return node.path(index);
    }
  }

  private static final Pattern STEP =
      Pattern.compile("\\.([\\p{L}_][\\p{L}\\p{N}_-]*)|\\['([^']+)'\\]|\\[(\\d{1,6})\\]");

  ValuePath {
    steps = List.copyOf(steps);
  }

  /** Reads a path; anything else is an IllegalArgumentException that says what is expected. */
  static ValuePath parse(String text) {
    if (!text.startsWith("$")) {
      throw notAPath(text);
    }
    var steps = new ArrayList<Step>();
    Matcher matcher = STEP.matcher(text);
    int at = 1;
    while (at < text.length()) {
      if (!matcher.find(at) || matcher.start() != at) {
        throw notAPath(text);
      }
      if (matcher.group(1) != null) {
        steps.add(new Member(matcher.group(1)));
      } else if (matcher.group(2) != null) {
        steps.add(new Member(matcher.group(2)));
      } else {
        steps.add(new Element(Integer.parseInt(matcher.group(3))));
      }
      at = matcher.end();
    }
    return new ValuePath(text, steps);
  }

  private static IllegalArgumentException notAPath(String text) {
    return new IllegalArgumentException(
        "'"
            + text
            + "' is not a path: write $ for the payload itself, $.name, $['a name'] or $.list[0]");
  }

  /** What is there; a missing node if nothing is. */
  JsonNode find(JsonNode payload) {
    JsonNode node = payload;
    for (Step step : steps) {
      node = step.from(node);
    }
    return node;
  }

  /** The number there, if there is a finite one. */
  OptionalDouble read(JsonNode payload) {
    JsonNode node = find(payload);
    return node.isNumber() && Double.isFinite(node.doubleValue())
        ? OptionalDouble.of(node.doubleValue())
        : OptionalDouble.empty();
  }
}
