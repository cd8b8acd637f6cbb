package io.headwater.edge.mqtt;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The filters of one client. Changed by its event loop, looked at by all threads. */
final class Subscriptions {
  private static final int CACHED_TOPICS = 200;

  /** What fits a topic. */
  private record Fitting(
      List<Subscription> subscriptions, boolean anyNoLocal, long since, @Nullable Match all) {}

  /** Most topics are nobody's here: they share one. */
  private static final Fitting NOTHING = new Fitting(List.of(), false, 0, null);

  /**
   * How a message goes to the client.
   *
   * @param qos the highest of the filters that fit
   * @param retainAsPublished whether one of them wants the publisher's retain flag
   */
  record Match(int qos, boolean retainAsPublished, List<Integer> identifiers) {}

  private final String clientId;
  private final Rights rights;
  private volatile Map<String, Subscription> filters = Map.of();

  /** By topic; confined to the event loop. */
  private final Map<String, Fitting> cache = new HashMap<>();

  Subscriptions(String clientId, Rights rights) {
    this.clientId = clientId;
    this.rights = rights;
  }

  /** Whether there was no such filter; otherwise it goes on with other options. */
  boolean put(String filter, Subscription subscription) {
    var changed = new LinkedHashMap<>(filters);
    Subscription known = changed.get(filter);
    changed.put(filter, known == null ? subscription : subscription.from(known.since()));
    filters = changed;
    cache.clear();
    return known == null;
  }

  /** Whether there was such a filter. */
  boolean remove(String filter) {
    var changed = new LinkedHashMap<>(filters);
    boolean removed = changed.remove(filter) != null;
    filters = changed;
    cache.clear();
    return removed;
  }

  /** All by their filters, shared ones too; another map after each change. */
  Map<String, Subscription> all() {
    return filters;
  }

  boolean contains(String filter) {
    return filters.containsKey(filter);
  }

  int size() {
    return filters.size();
  }

  boolean isEmpty() {
    return filters.isEmpty();
  }

  /** Whether there are others than shared ones, which {@link SharedGroup}s serve. */
  boolean hasOwn() {
    return filters.keySet().stream().anyMatch(each -> !SharedFilter.isShared(each));
  }

  /** How a message goes to the client; null if it does not. On the event loop only. */
  @Nullable Match match(String topic, String publisher, long seq) {
    Fitting fitting = cache.get(topic);
    if (fitting == null) {
      if (cache.size() >= CACHED_TOPICS) {
        cache.clear();
      }
      fitting = fitting(topic);
      cache.put(topic, fitting);
    }
    boolean own = fitting.anyNoLocal() && clientId.equals(publisher);
    Match match =
        own || seq < fitting.since()
            ? match(
                fitting.subscriptions().stream()
                    .filter(each -> !(own && each.noLocal()) && seq >= each.since())
                    .toList())
            : fitting.all();
    return match != null && rights.mayReceive(topic) ? match : null;
  }

  private Fitting fitting(String topic) {
    var found = new ArrayList<Subscription>();
    boolean anyNoLocal = false;
    long since = 0;
    for (var entry : filters.entrySet()) {
      if (matches(entry.getKey(), topic)) {
        found.add(entry.getValue());
        anyNoLocal |= entry.getValue().noLocal();
        since = Math.max(since, entry.getValue().since());
      }
    }
    return found.isEmpty() ? NOTHING : new Fitting(found, anyNoLocal, since, match(found));
  }

  private static @Nullable Match match(List<Subscription> subscriptions) {
    if (subscriptions.isEmpty()) {
      return null;
    }
    int qos = 0;
    boolean retainAsPublished = false;
    var identifiers = new ArrayList<Integer>();
    for (Subscription each : subscriptions) {
      qos = Math.max(qos, each.qos());
      retainAsPublished |= each.retainAsPublished();
      if (each.identifier() > 0) {
        identifiers.add(each.identifier());
      }
    }
    return new Match(qos, retainAsPublished, List.copyOf(identifiers));
  }

  /** Whether a message of the agent's own goes to the client. */
  boolean wants(String topic) {
    for (String filter : filters.keySet()) {
      if (matches(filter, topic)) {
        return rights.mayReceive(topic);
      }
    }
    return false;
  }

  /** Whether a filter names the topic without a wildcard, but for what may lie below it. */
  boolean owns(String topic) {
    return (filters.containsKey(topic) || filters.containsKey(topic + "/#"))
        && rights.mayReceive(topic);
  }

  static boolean isFilter(String filter) {
    if (filter.isEmpty() || filter.length() > 1024 || filter.indexOf('\0') >= 0) {
      return false;
    }
    String[] levels = filter.split("/", -1);
    for (int i = 0; i < levels.length; i++) {
      String level = levels[i];
      boolean wildcard = level.equals("+") || (level.equals("#") && i == levels.length - 1);
      if (!wildcard && (level.indexOf('+') >= 0 || level.indexOf('#') >= 0)) {
        return false;
      }
    }
    return true;
  }

  /** By the rules of MQTT: {@code a/#} also fits {@code a}; first wildcards do not fit a $. */
  static boolean matches(String filter, String topic) {
    if (topic.startsWith("$") && (filter.startsWith("+") || filter.startsWith("#"))) {
      return false;
    }
    int f = 0;
    int t = 0;
    while (true) {
      int filterEnd = end(filter, f);
      String level = filter.substring(f, filterEnd);
      if (level.equals("#")) {
        return true;
      }
      if (t > topic.length()) {
        return false;
      }
      int topicEnd = end(topic, t);
      if (!level.equals("+") && !level.contentEquals(topic.subSequence(t, topicEnd))) {
        return false;
      }
      f = filterEnd + 1;
      t = topicEnd + 1;
      boolean filterDone = f > filter.length();
      boolean topicDone = t > topic.length();
      if (filterDone) {
        return topicDone;
      }
      if (topicDone) {
        return filter.startsWith("#", f) && f == filter.length() - 1;
      }
    }
  }

  private static int end(String text, int from) {
    int slash = text.indexOf('/', from);
    return slash < 0 ? text.length() : slash;
  }
}
