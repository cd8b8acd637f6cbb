package io.headwater.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Windows that were found: the newest ones, up to a limit, whatever order they come in. Not
 * thread-safe.
 */
final class FoundWindows {
  /**
   * @param start milliseconds since 1970
   * @param json as in the result topic
   */
  record Window(long start, String key, JsonNode json) {
    static Window of(JsonNode json) {
      return new Window(
          Instant.parse(json.path("start").asText()).toEpochMilli(),
          json.path("key").asText(),
          json);
    }
  }

  private static final Comparator<Window> OLDEST_FIRST =
      Comparator.comparingLong(Window::start).thenComparing(Window::key);

  private final int limit;
  private final PriorityQueue<Window> newest = new PriorityQueue<>(OLDEST_FIRST);
  private boolean truncated;

  FoundWindows(int limit) {
    this.limit = limit;
  }

  /** Whether a window of this start could be among the newest; saves making others. */
  boolean wants(long start) {
    if (newest.size() < limit || start >= newest.element().start()) {
      return true;
    }
    truncated = true;
    return false;
  }

  void add(Window window) {
    newest.add(window);
    if (newest.size() > limit) {
      newest.remove();
      truncated = true;
    }
  }

  void addAll(List<Window> windows, boolean othersAreOlder) {
    windows.forEach(this::add);
    truncated |= othersAreOlder;
  }

  boolean isEmpty() {
    return newest.isEmpty();
  }

  /** Whether there were more. */
  boolean isTruncated() {
    return truncated;
  }

  List<Window> oldestFirst() {
    var sorted = new ArrayList<>(newest);
    sorted.sort(OLDEST_FIRST);
    return sorted;
  }
}
