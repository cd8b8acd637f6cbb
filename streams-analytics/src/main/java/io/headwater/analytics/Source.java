package io.headwater.analytics;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Where a query's readings come from.
 *
 * @param topics empty if there is a pattern
 * @param pattern of topics' whole names; those that are made later are found, too
 * @param join another stream whose readings are put beside those of the same key
 */
record Source(List<String> topics, Optional<TopicPattern> pattern, Optional<Join> join) {
  /** A regular expression; equal if its text is. */
  record TopicPattern(String text) {
    java.util.regex.Pattern compiled() {
      return java.util.regex.Pattern.compile(text);
    }
  }

  /**
   * Another stream.
   *
   * @param name by which expressions call its payload
   * @param within how far apart two readings may be
   * @param grace how late one of them may come
   */
  record Join(String topic, String name, Duration within, Duration grace) {}

  Source {
    topics = List.copyOf(topics);
    if (topics.isEmpty() == pattern.isEmpty()) {
      throw new IllegalArgumentException("either topics or a pattern");
    }
  }

  static Source of(String... topics) {
    return new Source(List.of(topics), Optional.empty(), Optional.empty());
  }

  /** Whether readings of this topic are among the query's. */
  boolean reads(@Nullable String topic) {
    return topic != null
        && (topics.contains(topic)
            || pattern.filter(p -> p.compiled().matcher(topic).matches()).isPresent()
            || join.filter(other -> other.topic().equals(topic)).isPresent());
  }

  /**
   * All topics that readings come from, the other stream's among them.
   *
   * @param existing the topics that there are, for a pattern
   * @return sorted
   */
  List<String> allTopics(Collection<String> existing) {
    var all = new TreeSet<>(topics);
    join.ifPresent(other -> all.add(other.topic()));
    pattern.ifPresent(found -> existing.stream().filter(this::reads).forEach(all::add));
    return List.copyOf(all);
  }

  @Override
  public String toString() {
    return pattern.map(TopicPattern::text).orElseGet(() -> String.join(", ", topics));
  }
}
