package io.headwater.edge.route;

import io.headwater.edge.log.Durability;
import io.headwater.edge.log.WhenFull;
import java.util.Optional;

/**
 * A rule of the configuration.
 *
 * @param topic an MQTT filter whose single-level wildcards may have names: {@code
 *     sensors/+site/+device/temperature}
 * @param stream name of the stream, with {@code {name}} for what a wildcard matched
 * @param key of the records, likewise
 * @param dedupe how a publish that comes again is told; without it each is a reading of its own
 * @param order in which the stream's readings go to the hub when some have waited
 * @param durability when a publish is acknowledged; {@code fsync} if absent
 * @param whenFull what becomes of readings when there is no room; {@code reject} if absent
 */
public record RouteRule(
    String topic,
    String stream,
    String key,
    Optional<SendOrder> order,
    Optional<Durability> durability,
    Optional<WhenFull> whenFull,
    Optional<Dedupe> dedupe) {
  /** One whose publishes are acknowledged once they are forced to disk. */
  public RouteRule(String topic, String stream, String key) {
    this(topic, stream, key, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** One whose readings are refused when there is no room. */
  public RouteRule(
      String topic,
      String stream,
      String key,
      Optional<SendOrder> order,
      Optional<Durability> durability,
      Optional<Dedupe> dedupe) {
    this(topic, stream, key, order, durability, Optional.empty(), dedupe);
  }

  public RouteRule {
    if (topic.isEmpty()) {
      throw new IllegalArgumentException("topic is empty");
    }
    String[] levels = topic.split("/", -1);
    for (int i = 0; i < levels.length; i++) {
      if (levels[i].contains("#") && (!levels[i].equals("#") || i != levels.length - 1)) {
        throw new IllegalArgumentException("topic '" + topic + "': # stands alone and at the end");
      }
      if (levels[i].indexOf('+') > 0) {
        throw new IllegalArgumentException("topic '" + topic + "': + begins its level");
      }
    }
  }
}
