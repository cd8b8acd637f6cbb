package io.headwater.edge.route;

import io.headwater.edge.log.Durability;
import io.headwater.edge.log.WhenFull;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
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
  static final Pattern PLACEHOLDER = Pattern.compile("\\{([^}]*)\\}");

  /** The hub's own topics and Headwater's: no device may write into them. */
  private static final List<String> RESERVED = List.of("__", "headwater-");

  /**
   * Where a publish goes.
   *
   * @param rule that took it; null for the default
   * @param why in words
   */
  public record Routed(String stream, String key, @Nullable RouteRule rule, String why) {
    /** How it is told whether the publish has come before. */
    public Optional<Dedupe> dedupe() {
      return rule == null ? Optional.empty() : rule.dedupe();
    }

    /** When the publish is acknowledged. */
    public Durability durability() {
      return rule == null ? Durability.FSYNC : rule.durability().orElse(Durability.FSYNC);
    }

    /** What becomes of the reading when there is no room. */
    public WhenFull whenFull() {
      return rule == null ? WhenFull.REJECT : rule.whenFull().orElse(WhenFull.REJECT);
    }
  }

  /**
   * What one wildcard of the rule has taken.
   *
   * @param name of the wildcard; {@code +} or {@code #} if it has none
   * @param value the level, or for {@code #} all the rest
   */
  public record Wildcard(String name, String value) {}

  /**
   * A rule that takes the topic, too, and does not get it.
   *
   * @param why in words
   */
  public record Loser(RouteRule rule, String why) {}

  /**
   * Where a publish goes, and what else would have taken it.
   *
   * @param winner the most specific rule that takes the topic; null if none does. {@code routed}
   *     may still be the default, if the rule gives an impossible name
   * @param wildcards of the winner, from left to right
   */
  public record Explanation(
      Routed routed, @Nullable RouteRule winner, List<Wildcard> wildcards, List<Loser> losers) {
    public Explanation {
      wildcards = List.copyOf(wildcards);
      losers = List.copyOf(losers);
    }
  }

  private final List<RouteRule> rules;
  private final StreamOrders orders;
  private final Map<String, Routed> cache = new ConcurrentHashMap<>();
  private final Set<String> streams = ConcurrentHashMap.newKeySet();

  public RouteTable(List<RouteRule> rules) {
    this(rules, Set.of());
  }

  /**
   * @param known streams that there are already; they count
   */
  public RouteTable(List<RouteRule> rules, Set<String> known) {
    this.streams.addAll(known);
    this.rules = rules.stream().sorted(Comparator.comparing(RouteTable::rank)).toList();
    this.orders = new StreamOrders(this.rules);
  }

  /** Sorts by specificity: at the first level that differs, literal, then +, then #. */
  private static String rank(RouteRule rule) {
    var rank = new StringBuilder();
    for (String level : rule.topic().split("/", -1)) {
      rank.append(kind(level));
    }
    // An end is more than the # that goes on there: a/# takes a, too, but less specifically.
    return rank.append('1').toString();
  }

  /** Pairs of rules that take some topics both, where neither is a special case of the other. */
  public List<String> overlaps() {
    var overlaps = new ArrayList<String>();
    for (int i = 0; i < rules.size(); i++) {
      for (RouteRule later : rules.subList(i + 1, rules.size())) {
        String first = rules.get(i).topic();
        boolean covered = covers(first, later.topic());
        boolean covering = covers(later.topic(), first);
        if (covered && covering) {
          overlaps.add(first + " and " + later.topic() + " take the same topics; the first wins");
        } else if (!covered && !covering && meet(first, later.topic())) {
          overlaps.add(
              first + " and " + later.topic() + " take some topics both; there the first wins");
        }
      }
    }
    return overlaps;
  }

  /** Whether a filter takes all that another one takes. */
  private static boolean covers(String wide, String narrow) {
    String[] w = wide.split("/", -1);
    String[] n = narrow.split("/", -1);
    for (int i = 0; i < w.length; i++) {
      if (w[i].equals("#")) {
        return true;
      }
      if (i >= n.length || n[i].equals("#") || (!w[i].startsWith("+") && !w[i].equals(n[i]))) {
        return false;
      }
    }
    return w.length == n.length;
  }

  /** Whether some topic fits both filters. */
  private static boolean meet(String left, String right) {
    String[] l = left.split("/", -1);
    String[] r = right.split("/", -1);
    int levels = Math.max(l.length, r.length);
    for (int i = 0; i < levels; i++) {
      // a/# takes a, too
      boolean leftOpen = i < l.length && l[i].equals("#");
      boolean rightOpen = i < r.length && r[i].equals("#");
      if (leftOpen || rightOpen) {
        return true;
      }
      if (i >= l.length || i >= r.length) {
        return false;
      }
      if (!l[i].startsWith("+") && !r[i].startsWith("+") && !l[i].equals(r[i])) {
        return false;
      }
    }
    return true;
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

  /** In which order a stream's readings go to the hub; empty if no route says one. */
  public Optional<SendOrder> order(String stream) {
    return orders.of(stream);
  }

  /** Routes that contradict each other about the order of a stream; in words. */
  public static List<String> conflictingOrders(List<RouteRule> rules) {
    return StreamOrders.conflicts(rules);
  }

  /** As {@link #route}, with the reasons. Changes nothing. */
  public Explanation explain(String topic) {
    String[] levels = topic.split("/", -1);
    RouteRule winner = null;
    var wildcards = new ArrayList<Wildcard>();
    var losers = new ArrayList<Loser>();
    for (RouteRule rule : rules) {
      if (match(rule.topic().split("/", -1), levels).isEmpty()) {
        continue;
      }
      if (winner == null) {
        winner = rule;
        wildcards.addAll(wildcards(rule.topic().split("/", -1), levels));
      } else {
        losers.add(new Loser(rule, whyLess(winner.topic(), rule.topic())));
      }
    }
    return new Explanation(find(topic), winner, wildcards, losers);
  }

  private static List<Wildcard> wildcards(String[] filter, String[] topic) {
    var found = new ArrayList<Wildcard>();
    for (int i = 0; i < filter.length; i++) {
      if (filter[i].equals("#")) {
        found.add(
            new Wildcard(
                "#",
                String.join("/", List.of(topic).subList(Math.min(i, topic.length), topic.length))));
      } else if (filter[i].startsWith("+")) {
        found.add(new Wildcard(filter[i].length() == 1 ? "+" : filter[i].substring(1), topic[i]));
      }
    }
    return found;
  }

  /** Why the second of two rules that take the same topic comes behind the first. */
  private static String whyLess(String first, String second) {
    String[] f = first.split("/", -1);
    String[] s = second.split("/", -1);
    for (int i = 0; i < Math.min(f.length, s.length); i++) {
      if (kind(f[i]) != kind(s[i])) {
        return "at level "
            + (i + 1)
            + " it has '"
            + s[i]
            + "', the other "
            + (kind(f[i]) == 0 ? "names" : "has")
            + " '"
            + f[i]
            + "': more specific";
      }
    }
    return f.length == s.length
        ? "as specific as the other at every level, and further down in the file"
        : "it goes on with '" + s[s.length - 1] + "' where the other ends: less specific";
  }

  /** 0 a literal, 1 a single-level wildcard, 2 all the rest. */
  private static int kind(String level) {
    return level.equals("#") ? 2 : level.startsWith("+") ? 1 : 0;
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
        && RESERVED.stream().noneMatch(name::startsWith);
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

  /** In one pass: what a device calls itself is never taken for a template. */
  private static String fill(String template, Map<String, String> names) {
    return PLACEHOLDER
        .matcher(template)
        .replaceAll(
            found -> Matcher.quoteReplacement(names.getOrDefault(found.group(1), found.group())));
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
    Matcher matcher = PLACEHOLDER.matcher(rule.stream() + rule.key());
    while (matcher.find()) {
      if (!known.contains(matcher.group(1))) {
        unknown.add(matcher.group(1));
      }
    }
    return unknown;
  }
}
