package io.headwater.edge.mqtt;

import io.netty.handler.codec.mqtt.MqttProperties;
import org.jspecify.annotations.Nullable;

/**
 * How many links between brokers a message has crossed: the MQTT 5 user property {@link #PROPERTY}.
 *
 * <p>A link is one connection by which an agent takes messages from another broker or hands them to
 * it. The number travels with the message, so that a circle of brokers ends by itself.
 */
public final class Hops {
  public static final String PROPERTY = "headwater-hops";

  private static final int MOST = 1_000_000;

  private Hops() {}

  /**
   * How far a row of the log has come; 0 if it says nothing of it.
   *
   * @param attributes as they stand with the row
   */
  public static int of(byte @Nullable [] attributes) {
    if (attributes == null) {
      return 0;
    }
    var properties = new MqttProperties();
    MessageAttributes.addTo(properties, attributes);
    if (properties.getProperty(MqttProperties.USER_PROPERTY)
        instanceof MqttProperties.UserProperties users) {
      for (MqttProperties.StringPair pair : users.value()) {
        if (pair.key.equals(PROPERTY)) {
          return parse(pair.value);
        }
      }
    }
    return 0;
  }

  /** The attributes of a row that has come from another broker. */
  static byte @Nullable [] attributes(int qos, int hops) {
    var properties = new MqttProperties();
    properties.add(new MqttProperties.UserProperty(PROPERTY, Integer.toString(hops)));
    return MessageAttributes.of(qos, false, properties);
  }

  /** Reads the property's value; what is no number counts as 0. */
  public static int parse(String text) {
    try {
      return Math.clamp(Long.parseLong(text.strip()), 0, MOST);
    } catch (NumberFormatException _) {
      return 0;
    }
  }
}
