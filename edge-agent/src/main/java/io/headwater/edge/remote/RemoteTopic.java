package io.headwater.edge.remote;

import io.headwater.edge.mqtt.TopicFilters;
import java.util.Optional;

/**
 * A line of topics that are carried over, as Mosquitto's {@code topic}: {@code local-prefix} +
 * {@code pattern} here is {@code remote-prefix} + {@code pattern} there.
 *
 * @param pattern a filter; empty if the prefixes are whole topics
 * @param qos 0 to 2, of subscriptions and publishes there; 1 if absent
 * @param localPrefix and {@code remotePrefix}: put in front as they are, without a slash of their
 *     own; empty if absent
 */
public record RemoteTopic(
    String pattern,
    Direction direction,
    Optional<Integer> qos,
    Optional<String> localPrefix,
    Optional<String> remotePrefix) {
  /** Seen from this agent. */
  public enum Direction {
    IN,
    OUT,
    BOTH
  }

  private static final int DEFAULT_QOS = 1;

  public RemoteTopic {
    int given = qos.orElse(DEFAULT_QOS);
    if (given < 0 || given > 2) {
      throw new IllegalArgumentException("qos " + given + " of '" + pattern + "' is not 0, 1 or 2");
    }
    check("local-prefix", localPrefix.orElse(""), pattern);
    check("remote-prefix", remotePrefix.orElse(""), pattern);
  }

  private static void check(String key, String prefix, String pattern) {
    if (prefix.indexOf('+') >= 0 || prefix.indexOf('#') >= 0) {
      throw new IllegalArgumentException(key + " '" + prefix + "' must not have wildcards");
    }
    String filter = prefix + pattern;
    if (!TopicFilters.isFilter(filter)) {
      throw new IllegalArgumentException(
          key
              + " and pattern give '"
              + filter
              + "', no MQTT filter: + and # stand alone between slashes, # at the end; an empty"
              + " pattern needs both prefixes");
    }
    if (filter.startsWith("$share/")) {
      throw new IllegalArgumentException(
          "'" + filter + "': shared subscriptions are not made here");
    }
  }

  boolean isIn() {
    return direction != Direction.OUT;
  }

  boolean isOut() {
    return direction != Direction.IN;
  }

  int effectiveQos() {
    return qos.orElse(DEFAULT_QOS);
  }

  String remoteFilter() {
    return remotePrefix.orElse("") + pattern;
  }

  /** The topic here of a message there; empty if the line does not take it. */
  Optional<String> toLocal(String remote) {
    return map(remote, remotePrefix.orElse(""), localPrefix.orElse(""));
  }

  /** The topic there of a message here; empty if the line does not take it. */
  Optional<String> toRemote(String local) {
    return map(local, localPrefix.orElse(""), remotePrefix.orElse(""));
  }

  private Optional<String> map(String topic, String from, String to) {
    if (!topic.startsWith(from) || !TopicFilters.matches(from + pattern, topic)) {
      return Optional.empty();
    }
    String mapped = to + topic.substring(from.length());
    return mapped.isEmpty() ? Optional.empty() : Optional.of(mapped);
  }
}
