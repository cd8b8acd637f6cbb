package io.headwater.edge.route;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds the most specific rule of a topic: literal before {@code +} before {@code #}, level by
 * level.
 *
 * <p>What no rule takes, and what a rule gives an impossible name, goes to the stream {@code mqtt}
 * under its topic as key. Thread-safe.
 */
public final class RouteTable {
  public static final String DEFAULT_STREAM = "mqtt";
  public static final int MOST_STREAMS = 100;
  private static final int MOST_CACHED = 20_000;
  private static final int LONGEST_NAME = 249;
  private static final Pattern STREAM = Pattern.compile("[A-Za-z0-9._-]+");

  /**
   * Where a publish goes.
   *
   * @param rule that took it; null for the default
   * @param why in words
   */
  public record Routed(String stream, String key, @Nullable RouteRule rule, String why) {}

  private final List<RouteRule> rules;
  private final Map<String, Routed> cache = new ConcurrentHashMap<>();
  private final Set<String> streams = ConcurrentHashMap.newKeySet();

  public RouteTable(List<RouteRule> rules) {
    this.rules = rules.stream().sorted(Comparator.comparing(RouteTable::rank)).toList();
  }

  /** Sorts by specificity: at the first level that differs, literal, then +, then #. */
  private static String rank(RouteRule rule) {
    var rank = new StringBuilder();
    for (String level : rule.topic().split("/", -1)) {
      rank.append(level.equals("#") ? '2' : level.startsWith("+") ? '1' : '0');
    }
    return rank.append('3').toString();
  }

  /** Pairs of rules that take some topics both, where neither is more specific. */
  public List<String> overlaps() {
    var overlaps = new ArrayList<String>();
    var seen = new HashMap<String, RouteRule>();
    for (RouteRule rule : rules) {
      String shape = rule.topic().replaceAll("\\+[^/]*", "+");
      RouteRule other = seen.putIfAbsent(shape, rule);
      if (other != null) {
        overlaps.add(other.topic() + " and " + rule.topic() + " take the same topics");
      }
    }
    return overlaps;
  }

  public Routed route(String topic) {
    Routed cached = cache.get(topic);
    if (cached != null) {
      return cached;
    }
    Routed routed = find(topic);
    if (!streams.contains(routed.stream())) {
      if (streams.size() >= MOST_STREAMS && !routed.stream().equals(DEFAULT_STREAM)) {
        routed =
            byDefault(topic, "there are " + MOST_STREAMS + " streams already, the most allowed");
      }
      streams.add(routed.stream());
    }
    if (cache.size() >= MOST_CACHED) {
      cache.clear();
    }
    cache.put(topic, routed);
    return routed;
  }

  private Routed find(String topic) {
    String[] levels = topic.split("/", -1);
    for (RouteRule rule : rules) {
      Optional<Map<String, String>> matched = match(rule.topic().split("/", -1), levels);
      if (matched.isPresent()) {
        String stream = fill(rule.stream(), matched.get());
        if (!isStream(stream)) {
          return byDefault(
              topic, "rule " + rule.topic() + " gives '" + stream + "', not a name for a stream");
        }
        return new Routed(
            stream, fill(rule.key(), matched.get()), rule, "rule " + rule.topic() + " takes it");
      }
    }
    return byDefault(topic, "no rule takes it");
  }

  private static Routed byDefault(String topic, String why) {
    return new Routed(DEFAULT_STREAM, topic, null, why);
  }

  private static boolean isStream(String name) {
    return name.length() <= LONGEST_NAME
        && STREAM.matcher(name).matches()
        && !name.equals(".")
        && !name.equals("..")
        && !name.startsWith("__");
  }

  private static Optional<Map<String, String>> match(String[] filter, String[] topic) {
    var names = new HashMap<String, String>();
    for (int i = 0; i < filter.length; i++) {
      if (filter[i].equals("#")) {
        return i == 0 && topic[0].startsWith("$") ? Optional.empty() : Optional.of(names);
      }
      if (i >= topic.length) {
        return Optional.empty();
      }
      if (filter[i].startsWith("+")) {
        if (i == 0 && topic[0].startsWith("$")) {
          return Optional.empty();
        }
        names.put(filter[i].substring(1), topic[i]);
      } else if (!filter[i].equals(topic[i])) {
        return Optional.empty();
      }
    }
    return filter.length == topic.length ? Optional.of(names) : Optional.empty();
  }

  private static String fill(String template, Map<String, String> names) {
    String filled = template;
    for (var name : names.entrySet()) {
      filled = filled.replace("{" + name.getKey() + "}", name.getValue());
    }
    return filled;
  }

  /** Names that a rule's templates use without a wildcard of that name. */
  public static Set<String> unknownNames(RouteRule rule) {
    var known = new HashSet<String>();
    for (String level : rule.topic().split("/", -1)) {
      if (level.startsWith("+")) {
        known.add(level.substring(1));
      }
    }
    var unknown = new HashSet<String>();
    var matcher = Pattern.compile("\\{([^}]*)\\}").matcher(rule.stream() + rule.key());
    while (matcher.find()) {
      if (!known.contains(matcher.group(1))) {
        unknown.add(matcher.group(1));
      }
    }
    return unknown;
  }
}
