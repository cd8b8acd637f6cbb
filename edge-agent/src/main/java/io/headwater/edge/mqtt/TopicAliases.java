package io.headwater.edge.mqtt;

import io.netty.handler.codec.mqtt.MqttReasonCodes.Disconnect;
import java.util.HashMap;
import java.util.Map;

/** The topic aliases that a client has set on its connection. Confined to the event loop. */
final class TopicAliases {
  static final int MAXIMUM = 32;

  private final Map<Integer, String> topics = new HashMap<>();

  /** The full topic of a publish that carries an alias. */
  String resolve(int alias, String topic) throws ProtocolViolation {
    if (alias < 1 || alias > MAXIMUM) {
      throw new ProtocolViolation(
          Disconnect.TOPIC_ALIAS_INVALID, "topic alias " + alias + " > max " + MAXIMUM);
    }
    if (!topic.isEmpty()) {
      topics.put(alias, topic);
      return topic;
    }
    String known = topics.get(alias);
    if (known == null) {
      throw new ProtocolViolation(
          Disconnect.PROTOCOL_ERROR, "topic alias " + alias + " was not set");
    }
    return known;
  }
}
