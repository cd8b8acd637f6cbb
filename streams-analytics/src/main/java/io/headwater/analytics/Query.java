package io.headwater.analytics;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One declared query, complete and valid.
 *
 * @param name see {@link #NAME_RULE}; part of the consumer group and of internal topics
 * @param windows what is computed; empty for a query that answers each reading by itself
 */
record Query(
    String name, Source source, Readings readings, Optional<Windows> windows, Output output) {

  static final String NAME_RULE = "1 to 100 characters out of a-z A-Z 0-9 . _ -";

  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9._-]{1,100}");

  Query {
    if (!isName(name)) {
      throw new IllegalArgumentException("query '" + name + "' is not valid");
    }
  }

  static boolean isName(String text) {
    return NAME.matcher(text).matches() && !text.equals(".") && !text.equals("..");
  }

  /** Where readings come from, for people. */
  String from() {
    return source.toString();
  }

  /** Where results go; with routes, where those go that no route takes. */
  String to() {
    return output.topic();
  }

  /** How windows are computed anew that are kept no more; empty if they are not. */
  Optional<Late.Recompute> recompute() {
    return windows
        .map(Windows::late)
        .flatMap(late ->
            late instanceof Late.Recompute recompute ? Optional.of(recompute) : Optional.empty());
  }

  Query carryingState() {
    return new Query(name, source, readings, windows, output.carryingState());
  }

  /** Whether it goes on well with what the other one has stored. */
  boolean fitsStateOf(Query other) {
    if (!name.equals(other.name) || !source.equals(other.source)) {
      return false;
    }
    if (windows.isEmpty() && other.windows.isEmpty()) {
      return readings.table().equals(other.readings.table());
    }
    return readings.withDeadLettersTo(other.readings.deadLetters()).equals(other.readings)
        && windows.isPresent()
        && other.windows.isPresent()
        && windows.get().fitStateOf(other.windows.get());
  }

  /** Whether gaps of its topics make its windows incomplete. */
  boolean looksAtGaps() {
    return windows.isPresent()
        && windows.get().merged().isEmpty() // then the windows themselves say so
        // As a topic of readings it can be no table, too.
        && !source.reads(Gaps.TOPIC)
        && readings.table().filter(table -> table.topic().equals(Gaps.TOPIC)).isEmpty();
  }

  /** All topics that must be there before Streams starts. */
  List<String> requiredTopics() {
    var topics = new ArrayList<>(source.topics());
    readings.table().ifPresent(table -> topics.add(table.topic()));
    source.join().ifPresent(join -> topics.add(join.topic()));
    topics.addAll(output.topics());
    topics.add(readings.deadLetters());
    windows.flatMap(Windows::lateTopic).ifPresent(topics::add);
    if (looksAtGaps()) {
      topics.add(Gaps.TOPIC);
    }
    return topics.stream().distinct().toList();
  }
}
