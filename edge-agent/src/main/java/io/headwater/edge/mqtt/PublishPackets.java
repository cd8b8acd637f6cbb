package io.headwater.edge.mqtt;

import io.headwater.edge.clock.DeviceClock;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import java.util.HashMap;
import java.util.Map;

/** Makes the PUBLISH packets for one subscriber. Confined to the event loop. */
final class PublishPackets {
  private static final int MOST_ALIASES = 32;

  private final DeviceClock clock;
  private final Map<String, Integer> aliases = new HashMap<>();
  private boolean v5;
  private int largestPacket = Integer.MAX_VALUE;
  private int aliasMaximum;

  PublishPackets(DeviceClock clock) {
    this.clock = clock;
  }

  /** What an MQTT 5 client said of itself. */
  void limits(MqttProperties properties) {
    v5 = true;
    if (properties.getProperty(MqttProperties.MAXIMUM_PACKET_SIZE)
        instanceof IntegerProperty maximum) {
      largestPacket = maximum.value() < 0 ? Integer.MAX_VALUE : maximum.value();
    }
    if (properties.getProperty(MqttProperties.TOPIC_ALIAS_MAXIMUM)
        instanceof IntegerProperty maximum) {
      aliasMaximum = Math.min(MOST_ALIASES, maximum.value());
    }
  }

  /** Whether the client takes a packet of this size; the room for an alias is always counted. */
  boolean fits(Outgoing message) {
    if (largestPacket == Integer.MAX_VALUE) {
      return true;
    }
    byte[] attributes = message.attributes();
    long properties = 3L + (attributes == null ? 0 : attributes.length - 1);
    for (int identifier : message.identifiers()) {
      properties += 1 + digits(identifier);
    }
    long length =
        2L
            + ByteBufUtil.utf8Bytes(message.topic())
            + (message.qos() == 0 ? 0 : 2)
            + digits(properties)
            + properties
            + message.payload().length;
    return 1 + digits(length) + length <= largestPacket;
  }

  /** Of a variable byte integer. */
  private static long digits(long value) {
    return value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4;
  }

  /** Whether its publisher has set a time for it that is over. */
  boolean isExpired(Outgoing message) {
    long seconds = MessageAttributes.expirySeconds(message.attributes());
    return seconds >= 0 && seconds - age(message) <= 0;
  }

  private long age(Outgoing message) {
    return clock.leastAgeMs(message.capture()) / 1000;
  }

  MqttPublishMessage packet(Outgoing message, int packetId, boolean again) {
    String topic = message.topic();
    MqttProperties properties = MqttProperties.NO_PROPERTIES;
    if (v5) {
      properties = new MqttProperties();
      MessageAttributes.addTo(properties, message.attributes());
      if (properties.getProperty(MqttProperties.PUBLICATION_EXPIRY_INTERVAL)
          instanceof IntegerProperty expiry) {
        long left = Integer.toUnsignedLong(expiry.value()) - age(message);
        properties.add(
            new IntegerProperty(
                MqttProperties.PUBLICATION_EXPIRY_INTERVAL, (int) Math.max(1, left)));
      }
      for (int identifier : message.identifiers()) {
        properties.add(new IntegerProperty(MqttProperties.SUBSCRIPTION_IDENTIFIER, identifier));
      }
      topic = alias(topic, properties);
    }
    return new MqttPublishMessage(
        new MqttFixedHeader(
            MqttMessageType.PUBLISH, again, MqttQoS.valueOf(message.qos()), message.retained(), 0),
        new MqttPublishVariableHeader(topic, packetId, properties),
        Unpooled.wrappedBuffer(message.payload()));
  }

  /** The first topics of a connection get the aliases that its client offers. */
  private String alias(String topic, MqttProperties properties) {
    Integer known = aliases.get(topic);
    if (known != null) {
      properties.add(new IntegerProperty(MqttProperties.TOPIC_ALIAS, known));
      return "";
    }
    if (aliases.size() < aliasMaximum) {
      aliases.put(topic, aliases.size() + 1);
      properties.add(new IntegerProperty(MqttProperties.TOPIC_ALIAS, aliases.size()));
    }
    return topic;
  }
}
