package io.headwater.edge.mqtt;

import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttVersion;

/**
 * Whether a client is told in words why something was refused: reason strings of MQTT 5, by its
 * Request Problem Information and Maximum Packet Size.
 *
 * @param wanted whether acknowledgements may have them; CONNACK and DISCONNECT may in any case
 *     (3.1.2.11.7)
 * @param largestPacket that the client takes
 */
record Reasons(boolean v5, boolean wanted, long largestPacket) {
  /** Of clients of whom nothing is known, and of 3.1.1, which has no room for words. */
  static final Reasons NONE = new Reasons(false, false, Long.MAX_VALUE);

  /** Identifier and length of the property, and digits that lengths before it may need more. */
  private static final int OVERHEAD = 9;

  static Reasons of(MqttConnectMessage connect) {
    if (connect.variableHeader().version() != MqttVersion.MQTT_5.protocolLevel()) {
      return NONE;
    }
    MqttProperties properties = connect.variableHeader().properties();
    boolean wanted =
        !(properties.getProperty(MqttProperties.REQUEST_PROBLEM_INFORMATION)
                instanceof IntegerProperty asked)
            || asked.value() != 0;
    long largest =
        properties.getProperty(MqttProperties.MAXIMUM_PACKET_SIZE) instanceof IntegerProperty size
            ? Integer.toUnsignedLong(size.value())
            : Long.MAX_VALUE;
    return new Reasons(true, wanted, largest);
  }

  /**
   * For an acknowledgement.
   *
   * @param plain size of the packet without a reason
   */
  MqttProperties ofAck(String reason, int plain) {
    return wanted ? of(reason, plain) : MqttProperties.NO_PROPERTIES;
  }

  /**
   * For a CONNACK or DISCONNECT.
   *
   * @param plain size of the packet without a reason
   */
  MqttProperties of(String reason, int plain) {
    if (!v5
        || reason.isEmpty()
        || (long) plain + OVERHEAD + ByteBufUtil.utf8Bytes(reason) > largestPacket) {
      return MqttProperties.NO_PROPERTIES;
    }
    var properties = new MqttProperties();
    properties.add(new StringProperty(MqttProperties.REASON_STRING, reason));
    return properties;
  }
}
