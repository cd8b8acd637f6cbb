package io.headwater.edge.access;

import io.headwater.edge.access.AccessList.Access;
import io.headwater.edge.access.AccessList.Line;
import java.util.Comparator;
import java.util.List;

/** What an {@link AccessList} says of one client, ready to be asked for each message. Immutable. */
final class ClientAccess {
  private record Rule(Access access, TopicFilter filter) {}

  private static final String SHARED = "$share/";

  private final List<Rule> own;
  private final List<Rule> patterns;

  ClientAccess(List<Line> own, List<Line> patterns) {
    this.own = compile(own);
    this.patterns = compile(patterns);
  }

  /** What is denied comes first. */
  private static List<Rule> compile(List<Line> lines) {
    return lines.stream()
        .map(line -> new Rule(line.access(), TopicFilter.of(line.topic())))
        .sorted(Comparator.comparing(rule -> rule.access() != Access.DENY))
        .toList();
  }

  boolean mayPublish(String topic) {
    return may(topic, Access.WRITE);
  }

  boolean mayReceive(String topic) {
    return may(topic, Access.READ);
  }

  private boolean may(String topic, Access asked) {
    for (List<Rule> rules : List.of(own, patterns)) {
      for (Rule rule : rules) {
        boolean denies = rule.access() == Access.DENY;
        if ((denies || rule.access().allows(asked)) && rule.filter().matches(topic)) {
          return !denies;
        }
      }
    }
    return false;
  }

  /** Whether some topic that fits the filter may be received. */
  boolean maySubscribe(String filter) {
    TopicFilter wanted = TopicFilter.of(plain(filter));
    for (List<Rule> rules : List.of(own, patterns)) {
      for (Rule rule : rules) {
        if (rule.access() == Access.DENY) {
          if (rule.filter().covers(wanted)) {
            return false;
          }
        } else if (rule.access().allows(Access.READ) && rule.filter().meets(wanted)) {
          return true;
        }
      }
    }
    return false;
  }

  /** The filter behind {@code $share/group/}. */
  private static String plain(String filter) {
    if (!filter.startsWith(SHARED)) {
      return filter;
    }
    int slash = filter.indexOf('/', SHARED.length());
    return slash < 0 ? filter : filter.substring(slash + 1);
  }
}
