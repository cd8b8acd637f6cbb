package io.headwater.analytics;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One declared query, complete and valid.
 *
 * @param name see {@link #NAME_RULE}; part of the consumer group and of internal topics
 * @param from source topic; its record key is the key of the results
 * @param value where a payload's number is looked for, in this order; not empty
 * @param aggregates what is told of each window; not empty
 * @param to result topic
 */
record Query(
    String name,
    String from,
    List<ValuePath> value,
    Window window,
    Set<Aggregate> aggregates,
    Emit emit,
    String to) {

  static final String NAME_RULE = "1 to 100 characters out of a-z A-Z 0-9 . _ -";

  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9._-]{1,100}");

  /** How readings are put into windows. */
  sealed interface Window {
    /** How long after its end a window still takes readings. */
    Duration grace();
  }

  /**
   * Windows of one size, one after the other, the first at the Unix epoch.
   *
   * @param size 1 s to 366 days
   */
  record Tumbling(Duration size, Duration grace) implements Window {}

  /** When a window's result is written. */
  enum Emit {
    /** At every commit in which the window changed. */
    UPDATES
  }

  Query {
    value = List.copyOf(value);
    aggregates = Set.copyOf(EnumSet.copyOf(aggregates));
    if (!isName(name) || value.isEmpty()) {
      throw new IllegalArgumentException("query '" + name + "' is not valid");
    }
  }

  static boolean isName(String text) {
    return NAME.matcher(text).matches() && !text.equals(".") && !text.equals("..");
  }
}
