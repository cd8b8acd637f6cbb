package io.headwater.edge.mqtt;

/** The rules of MQTT for topics and filters, for other packages. */
public final class TopicFilters {
  private TopicFilters() {}

  public static boolean isFilter(String filter) {
    return Subscriptions.isFilter(filter);
  }

  public static boolean matches(String filter, String topic) {
    return Subscriptions.matches(filter, topic);
  }

  /** Whether the listener takes publishes to this topic. */
  public static boolean isPublishable(String topic, MqttLimits limits) {
    return !topic.isEmpty()
        && topic.indexOf('\0') < 0
        && topic.indexOf('+') < 0
        && topic.indexOf('#') < 0
        && PublishIntake.isTopic(topic, limits)
        && !PublishIntake.isReserved(topic);
  }
}
