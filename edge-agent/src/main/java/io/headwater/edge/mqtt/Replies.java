package io.headwater.edge.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnAckVariableHeader;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdAndPropertiesVariableHeader;
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

/** The server's packets. */
final class Replies {
  /** The code of a PUBREL or PUBCOMP for a packet identifier that is not in use. */
  static final int UNKNOWN_ID = 0x92;

  static final MqttMessage PINGRESP = new MqttMessage(header(MqttMessageType.PINGRESP));

  // Sizes without reason strings, above those of any such packet.
  private static final int CONNACK_BYTES = 5;
  private static final int PUBACK_BYTES = 6;
  private static final int SUBACK_BYTES = 6;
  private static final int DISCONNECT_BYTES = 4;

  private Replies() {}

  private static MqttFixedHeader header(MqttMessageType type) {
    return new MqttFixedHeader(type, false, MqttQoS.AT_MOST_ONCE, false, 0);
  }

  /** The CONNACK of an accepted client; what differs from the defaults is told to MQTT 5 only. */
  static MqttMessage accepted(
      MqttConnectMessage connect, MqttSettings settings, boolean sessionPresent, String clientId) {
    MqttProperties properties = MqttProperties.NO_PROPERTIES;
    if (ConnectRules.isV5(connect)) {
      properties = new MqttProperties();
      properties.add(integer(MqttProperties.RECEIVE_MAXIMUM, settings.receiveMaximum()));
      properties.add(
          integer(MqttProperties.MAXIMUM_PACKET_SIZE, (int) settings.maxPacketSize().bytes()));
      properties.add(integer(MqttProperties.TOPIC_ALIAS_MAXIMUM, TopicAliases.MAXIMUM));
      int keepAlive = ConnectRules.keepAliveSeconds(connect, settings);
      if (keepAlive != connect.variableHeader().keepAliveTimeSeconds()) {
        properties.add(integer(MqttProperties.SERVER_KEEP_ALIVE, keepAlive));
      }
      if (connect.payload().clientIdentifier().isEmpty()) {
        properties.add(new StringProperty(MqttProperties.ASSIGNED_CLIENT_IDENTIFIER, clientId));
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

  static MqttMessage refused(MqttConnectReturnCode code, Reasons reasons, String reason) {
    return new MqttConnAckMessage(
        header(MqttMessageType.CONNACK),
        new MqttConnAckVariableHeader(code, false, reasons.of(reason, CONNACK_BYTES)));
  }

  /** The CONNACK of MQTT 5 for a CONNECT that was not decoded: the encoder knows no version yet. */
  static ByteBuf refusedUndecoded(byte code) {
    return Unpooled.wrappedBuffer(new byte[] {0x20, 3, 0, code, 0});
  }

  /** A PUBACK or PUBREC. */
  static MqttMessage received(
      MqttMessageType type, int packetId, byte code, Reasons reasons, String reason) {
    return new MqttMessage(
        header(type),
        new MqttPubReplyMessageVariableHeader(packetId, code, reasons.ofAck(reason, PUBACK_BYTES)));
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

  static MqttMessage disconnect(Disconnect code, Reasons reasons, String reason) {
    return new MqttMessage(
        header(MqttMessageType.DISCONNECT),
        new MqttReasonCodeAndPropertiesVariableHeader(
            code.byteValue(), reasons.of(reason, DISCONNECT_BYTES)));
  }

  /**
   * @param reason why filters are refused; empty if none is
   */
  static MqttMessage subAck(int packetId, List<Integer> codes, Reasons reasons, String reason) {
    return new MqttSubAckMessage(
        header(MqttMessageType.SUBACK),
        new MqttMessageIdAndPropertiesVariableHeader(
            packetId, reasons.ofAck(reason, SUBACK_BYTES + codes.size())),
        new MqttSubAckPayload(codes));
  }

  /**
   * @param codes one for each filter; none for a 3.1.1 client
   * @param reason why filters are refused; empty if none is
   */
  static MqttMessage unsubAck(int packetId, short[] codes, Reasons reasons, String reason) {
    return new MqttUnsubAckMessage(
        header(MqttMessageType.UNSUBACK),
        new MqttMessageIdAndPropertiesVariableHeader(
            packetId, reasons.ofAck(reason, SUBACK_BYTES + codes.length)),
        new MqttUnsubAckPayload(codes));
  }
}
