package io.headwater.edge.mqtt;

import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.BinaryProperty;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttProperty;
import io.netty.handler.codec.mqtt.MqttProperties.StringPair;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttProperties.UserProperties;
import io.netty.handler.codec.mqtt.MqttProperties.UserProperty;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a publish says beside topic and payload, as bytes that stand with its row.
 *
 * <pre>
 * flags: bits 0-1 QoS, bit 2 retain
 * properties: identifier and value as in MQTT 5, one behind the other; those that go to subscribers
 * </pre>
 *
 * <p>Null stands for QoS 1, not retained, without properties.
 */
final class MessageAttributes {
  private static final int QOS = 3;
  private static final int RETAIN = 4;

  private MessageAttributes() {}

  static byte @Nullable [] of(int qos, boolean retain, MqttProperties properties) {
    if (qos == 1 && !retain && properties.isEmpty()) {
      return null;
    }
    var bytes = new ByteArrayOutputStream();
    bytes.write(qos | (retain ? RETAIN : 0));
    for (MqttProperty<?> property : properties.listAll()) {
      switch (property.propertyId()) {
        case MqttProperties.PAYLOAD_FORMAT_INDICATOR -> {
          bytes.write(property.propertyId());
          bytes.write(((IntegerProperty) property).value());
        }
        case MqttProperties.PUBLICATION_EXPIRY_INTERVAL -> {
          bytes.write(property.propertyId());
          bytes.writeBytes(
              ByteBuffer.allocate(4).putInt(((IntegerProperty) property).value()).array());
        }
        case MqttProperties.CONTENT_TYPE, MqttProperties.RESPONSE_TOPIC -> {
          bytes.write(property.propertyId());
          text(bytes, ((StringProperty) property).value());
        }
        case MqttProperties.CORRELATION_DATA -> {
          bytes.write(property.propertyId());
          binary(bytes, ((BinaryProperty) property).value());
        }
        case MqttProperties.USER_PROPERTY -> {
          for (StringPair pair : ((UserProperties) property).value()) {
            bytes.write(MqttProperties.USER_PROPERTY);
            text(bytes, pair.key);
            text(bytes, pair.value);
          }
        }
        default -> {
          // Topic alias and the like are the connection's.
        }
      }
    }
    byte[] attributes = bytes.toByteArray();
    return attributes.length == 1 && attributes[0] == 1 ? null : attributes;
  }

  private static void text(ByteArrayOutputStream bytes, String text) {
    binary(bytes, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void binary(ByteArrayOutputStream bytes, byte[] value) {
    bytes.write(value.length >> 8);
    bytes.write(value.length);
    bytes.writeBytes(value);
  }

  static int qos(byte @Nullable [] attributes) {
    return attributes == null ? 1 : Math.min(2, attributes[0] & QOS);
  }

  static boolean retain(byte @Nullable [] attributes) {
    return attributes != null && (attributes[0] & RETAIN) != 0;
  }

  /** How long the message is worth something; -1 for ever. */
  static long expirySeconds(byte @Nullable [] attributes) {
    if (attributes == null || attributes.length == 1) {
      return -1;
    }
    var properties = new MqttProperties();
    addTo(properties, attributes);
    return properties.getProperty(MqttProperties.PUBLICATION_EXPIRY_INTERVAL)
            instanceof IntegerProperty expiry
        ? Integer.toUnsignedLong(expiry.value())
        : -1;
  }

  /** The first user property with a name. */
  static Optional<String> userProperty(byte @Nullable [] attributes, String name) {
    if (attributes == null || attributes.length == 1) {
      return Optional.empty();
    }
    var properties = new MqttProperties();
    addTo(properties, attributes);
    if (properties.getProperty(MqttProperties.USER_PROPERTY) instanceof UserProperties pairs) {
      for (StringPair pair : pairs.value()) {
        if (pair.key.equals(name)) {
          return Optional.of(pair.value);
        }
      }
    }
    return Optional.empty();
  }

  /** Adds the properties to those of a packet. */
  static void addTo(MqttProperties properties, byte @Nullable [] attributes) {
    if (attributes == null) {
      return;
    }
    ByteBuffer bytes = ByteBuffer.wrap(attributes, 1, attributes.length - 1);
    while (bytes.hasRemaining()) {
      int id = bytes.get();
      switch (id) {
        case MqttProperties.PAYLOAD_FORMAT_INDICATOR ->
            properties.add(new IntegerProperty(id, (int) bytes.get()));
        case MqttProperties.PUBLICATION_EXPIRY_INTERVAL ->
            properties.add(new IntegerProperty(id, bytes.getInt()));
        case MqttProperties.CORRELATION_DATA ->
            properties.add(new BinaryProperty(id, binary(bytes)));
        case MqttProperties.USER_PROPERTY ->
            properties.add(new UserProperty(text(bytes), text(bytes)));
        default -> properties.add(new StringProperty(id, text(bytes)));
      }
    }
  }

  private static String text(ByteBuffer bytes) {
    return new String(binary(bytes), StandardCharsets.UTF_8);
  }

  private static byte[] binary(ByteBuffer bytes) {
    byte[] value = new byte[bytes.getShort() & 0xFFFF];
    bytes.get(value);
    return value;
  }
}
