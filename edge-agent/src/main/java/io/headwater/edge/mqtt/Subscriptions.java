package io.headwater.edge.mqtt;

import io.netty.handler.codec.mqtt.MqttSubscriptionOption;
import io.netty.handler.codec.mqtt.MqttSubscriptionOption.RetainedHandlingPolicy;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The filters of one client. Changed by its event loop, looked at by all threads. */
final class Subscriptions {
  private static final int QUOTA = 0x97;
  private static final int INVALID = 0x8F;
  private static final int NOT_SHARED = 0x9E;

  /** What a client wants of a filter. */
  private record Subscription(int qos, boolean noLocal, boolean retainAsPublished) {}

  /** What SUBACK says, and whether the kept values shall follow. */
  record Added(int code, boolean values) {}

  private final String clientId;
  private final Rights rights;
  private final FilterQuota quota;
  private volatile Map<String, Subscription> filters = Map.of();

  Subscriptions(String clientId, Rights rights, FilterQuota quota) {
    this.clientId = clientId;
    this.rights = rights;
    this.quota = quota;
  }

  Added add(MqttTopicSubscription wanted) {
    String filter = wanted.topicFilter();
    if (filter.startsWith("$share/")) {
      return new Added(NOT_SHARED, false);
    }
    if (!isFilter(filter)) {
      return new Added(INVALID, false);
    }
    boolean known = filters.containsKey(filter);
    if (!known && !quota.take(filters.size())) {
      return new Added(QUOTA, false);
    }
    MqttSubscriptionOption option = wanted.option();
    int qos = Math.min(1, option.qos().value());
    var changed = new LinkedHashMap<>(filters);
    changed.put(filter, new Subscription(qos, option.isNoLocal(), option.isRetainAsPublished()));
    filters = changed;
    RetainedHandlingPolicy handling = option.retainHandling();
    boolean values =
        handling == RetainedHandlingPolicy.SEND_AT_SUBSCRIBE
            || (handling == RetainedHandlingPolicy.SEND_AT_SUBSCRIBE_IF_NOT_YET_EXISTS && !known);
    return new Added(qos, values);
  }

  /** Whether there was such a filter. */
  boolean remove(String filter) {
    var changed = new LinkedHashMap<>(filters);
    boolean removed = changed.remove(filter) != null;
    filters = changed;
    if (removed) {
      quota.giveBack(1);
    }
    return removed;
  }

  /** The client is gone. */
  void clear() {
    quota.giveBack(filters.size());
    filters = Map.of();
  }

  boolean isEmpty() {
    return filters.isEmpty();
  }

  /** The highest QoS of the filters that fit; empty if none does, or the client may not. */
  Optional<Integer> qos(LocalDelivery.Message message) {
    int qos = -1;
    for (var entry : filters.entrySet()) {
      if (!(entry.getValue().noLocal() && clientId.equals(message.publisher()))
          && matches(entry.getKey(), message.topic())) {
        qos = Math.max(qos, entry.getValue().qos());
      }
    }
    return qos < 0 || !rights.mayReceive(message.topic()) ? Optional.empty() : Optional.of(qos);
  }

  boolean wants(LocalDelivery.Message message) {
    return !filters.isEmpty() && qos(message).isPresent();
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
