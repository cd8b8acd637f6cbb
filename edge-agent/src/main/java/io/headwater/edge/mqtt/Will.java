package io.headwater.edge.mqtt;

import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectVariableHeader;
import io.netty.handler.codec.mqtt.MqttProperties;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What is published for a client whose connection breaks.
 *
 * @param attributes see {@link MessageAttributes}
 * @param delaySeconds how long its client may be gone before
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record Will(String topic, byte[] payload, byte @Nullable [] attributes, long delaySeconds) {
  /** The will of a CONNECT; null if it has none. */
  static @Nullable Will of(MqttConnectMessage connect) {
    MqttConnectVariableHeader header = connect.variableHeader();
    if (!header.isWillFlag()) {
      return null;
    }
    MqttProperties properties = connect.payload().willProperties();
    long delay =
        properties.getProperty(MqttProperties.WILL_DELAY_INTERVAL)
                instanceof MqttProperties.IntegerProperty seconds
            ? Integer.toUnsignedLong(seconds.value())
            : 0;
    byte[] payload = connect.payload().willMessageInBytes();
    return new Will(
        connect.payload().willTopic(),
        payload == null ? new byte[0] : payload,
        MessageAttributes.of(header.willQos(), header.isWillRetain(), properties),
        delay);
  }

  /** As it is kept with the session: delay, topic, attributes, payload. */
  byte[] encode() {
    byte[] name = topic.getBytes(StandardCharsets.UTF_8);
    int length = attributes == null ? 0 : attributes.length;
    ByteBuffer bytes = ByteBuffer.allocate(4 + 2 + name.length + 4 + length + payload.length);
    bytes.putInt((int) delaySeconds).putShort((short) name.length).put(name).putInt(length);
    if (attributes != null) {
      bytes.put(attributes);
    }
    return bytes.put(payload).array();
  }

  static Will decode(byte[] encoded) {
    ByteBuffer bytes = ByteBuffer.wrap(encoded);
    long delay = Integer.toUnsignedLong(bytes.getInt());
    byte[] name = new byte[bytes.getShort() & 0xFFFF];
    bytes.get(name);
    byte[] attributes = new byte[bytes.getInt()];
    bytes.get(attributes);
    byte[] payload = new byte[bytes.remaining()];
    bytes.get(payload);
    return new Will(
        new String(name, StandardCharsets.UTF_8),
        payload,
        attributes.length == 0 ? null : attributes,
        delay);
  }
}
