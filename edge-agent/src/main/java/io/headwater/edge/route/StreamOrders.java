package io.headwater.edge.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the routes say of the order of each stream. Thread-safe.
 *
 * <p>A stream has one order, however many routes feed it. A route that says nothing leaves it to
 * the others; one whose {@code stream} is a plain name decides for that stream alone, whatever
 * routes with placeholders say.
 */
final class StreamOrders {
  private static final char ANY = '\0';

  private final List<RouteRule> rules;
  private final Map<String, Optional<SendOrder>> known = new ConcurrentHashMap<>();

  StreamOrders(List<RouteRule> rules) {
    this.rules = rules;
  }

  /** The order of a stream; empty if no route says one. */
  Optional<SendOrder> of(String stream) {
    return known.computeIfAbsent(stream, this::find);
  }

  private Optional<SendOrder> find(String stream) {
    List<RouteRule> byName = rules.stream().filter(rule -> rule.stream().equals(stream)).toList();
    List<RouteRule> deciding =
        byName.isEmpty()
            ? rules.stream().filter(rule -> meet(shape(rule), stream)).toList()
            : byName;
    return deciding.stream().map(RouteRule::order).flatMap(Optional::stream).findFirst();
  }

  /** Pairs of routes that say different orders of some stream, and neither decides; in words. */
  static List<String> conflicts(List<RouteRule> rules) {
    List<RouteRule> saying = rules.stream().filter(rule -> rule.order().isPresent()).toList();
    var conflicts = new ArrayList<String>();
    for (int i = 0; i < saying.size(); i++) {
      for (RouteRule second : saying.subList(i + 1, saying.size())) {
        RouteRule first = saying.get(i);
        if (!first.order().equals(second.order())
            && isPlain(first) == isPlain(second)
            && meet(shape(first), shape(second))) {
          conflicts.add(conflict(first, second));
        }
      }
    }
    return conflicts;
  }

  private static String conflict(RouteRule first, RouteRule second) {
    boolean plain = isPlain(first);
    return "routes "
        + first.topic()
        + " and "
        + second.topic()
        + (plain ? " feed the stream " + first.stream() : " may feed the same stream")
        + ", one with 'order: "
        + first.order().map(SendOrder::toString).orElse("")
        + "', the other with 'order: "
        + second.order().map(SendOrder::toString).orElse("")
        + "'; a stream has one order: give both the same"
        + (plain
            ? " or streams of their own"
            : ", names that cannot meet, or that stream a route of its plain name");
  }

  private static boolean isPlain(RouteRule rule) {
    return shape(rule).indexOf(ANY) < 0;
  }

  /** The template of the stream with a mark for each placeholder. */
  private static String shape(RouteRule rule) {
    return RouteTable.PLACEHOLDER.matcher(rule.stream()).replaceAll(String.valueOf(ANY));
  }

  /** Whether some name fits both shapes, where a mark stands for any text. */
  private static boolean meet(String left, String right) {
    var reached = new boolean[left.length() + 1][right.length() + 1];
    reached[0][0] = true;
    for (int l = 0; l <= left.length(); l++) {
      for (int r = 0; r <= right.length(); r++) {
        if (!reached[l][r]) {
          continue;
        }
        boolean moreLeft = l < left.length();
        boolean moreRight = r < right.length();
        // A mark ends here, or takes one more of the other side.
        if ((moreLeft && left.charAt(l) == ANY) || (moreRight && right.charAt(r) == ANY)) {
          if (moreLeft) {
            reached[l + 1][r] = true;
          }
          if (moreRight) {
            reached[l][r + 1] = true;
          }
        } else if (moreLeft && moreRight && left.charAt(l) == right.charAt(r)) {
          reached[l + 1][r + 1] = true;
        }
      }
    }
    return reached[left.length()][right.length()];
  }
}
