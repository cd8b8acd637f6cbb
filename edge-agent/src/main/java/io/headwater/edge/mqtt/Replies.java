package io.headwater.edge.mqtt;

import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnAckVariableHeader;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttReasonCodes.Disconnect;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttSubAckPayload;
import io.netty.handler.codec.mqtt.MqttUnsubAckMessage;
import io.netty.handler.codec.mqtt.MqttUnsubAckPayload;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The server's packets. */
final class Replies {
  /** The code of a PUBREL or PUBCOMP for a packet identifier that is not in use. */
  static final int UNKNOWN_ID = 0x92;

  static final MqttMessage PINGRESP = new MqttMessage(header(MqttMessageType.PINGRESP));

  private Replies() {}

  private static MqttFixedHeader header(MqttMessageType type) {
    return new MqttFixedHeader(type, false, MqttQoS.AT_MOST_ONCE, false, 0);
  }

  /** The CONNACK of an accepted client; what differs from the defaults is told to MQTT 5 only. */
  static MqttMessage accepted(
      boolean v5, MqttSettings settings, boolean sessionPresent, @Nullable String assignedId) {
    MqttProperties properties = MqttProperties.NO_PROPERTIES;
    if (v5) {
      properties = new MqttProperties();
      properties.add(integer(MqttProperties.RECEIVE_MAXIMUM, settings.receiveMaximum()));
      properties.add(
          integer(MqttProperties.MAXIMUM_PACKET_SIZE, (int) settings.maxPacketSize().bytes()));
      properties.add(integer(MqttProperties.TOPIC_ALIAS_MAXIMUM, TopicAliases.MAXIMUM));
      if (assignedId != null) {
        properties.add(new StringProperty(MqttProperties.ASSIGNED_CLIENT_IDENTIFIER, assignedId));
      }
    }
    return new MqttConnAckMessage(
        header(MqttMessageType.CONNACK),
        new MqttConnAckVariableHeader(
            MqttConnectReturnCode.CONNECTION_ACCEPTED, sessionPresent, properties));
  }

  private static IntegerProperty integer(int property, int value) {
    return new IntegerProperty(property, value);
  }

  static MqttMessage refused(MqttConnectReturnCode code, boolean v5, String reason) {
    MqttProperties properties = MqttProperties.NO_PROPERTIES;
    if (v5) {
      properties = new MqttProperties();
      properties.add(new StringProperty(MqttProperties.REASON_STRING, reason));
    }
    return new MqttConnAckMessage(
        header(MqttMessageType.CONNACK), new MqttConnAckVariableHeader(code, false, properties));
  }

  static MqttMessage pubAck(int packetId, byte code) {
    return new MqttMessage(header(MqttMessageType.PUBACK), reply(packetId, code));
  }

  static MqttMessage pubRec(int packetId, byte code) {
    return new MqttMessage(header(MqttMessageType.PUBREC), reply(packetId, code));
  }

  static MqttMessage pubRel(int packetId, int code) {
    return new MqttMessage(
        new MqttFixedHeader(MqttMessageType.PUBREL, false, MqttQoS.AT_LEAST_ONCE, false, 0),
        reply(packetId, (byte) code));
  }

  static MqttMessage pubComp(int packetId, int code) {
    return new MqttMessage(header(MqttMessageType.PUBCOMP), reply(packetId, (byte) code));
  }

  private static MqttPubReplyMessageVariableHeader reply(int packetId, byte code) {
    return new MqttPubReplyMessageVariableHeader(packetId, code, MqttProperties.NO_PROPERTIES);
  }

  static MqttMessage disconnect(Disconnect code, String reason) {
    var properties = new MqttProperties();
    properties.add(new StringProperty(MqttProperties.REASON_STRING, reason));
    return new MqttMessage(
        header(MqttMessageType.DISCONNECT),
        new MqttReasonCodeAndPropertiesVariableHeader(code.byteValue(), properties));
  }

  static MqttMessage subAck(int packetId, List<Integer> codes) {
    return new MqttSubAckMessage(
        header(MqttMessageType.SUBACK),
        MqttMessageIdVariableHeader.from(packetId),
        new MqttSubAckPayload(codes));
  }

  /**
   * @param codes one for each filter; none for a 3.1.1 client
   */
  static MqttMessage unsubAck(int packetId, short[] codes) {
    return new MqttUnsubAckMessage(
        header(MqttMessageType.UNSUBACK),
        MqttMessageIdVariableHeader.from(packetId),
        new MqttUnsubAckPayload(codes));
  }
}
