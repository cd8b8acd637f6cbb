package io.headwater.sim.fleet;

import io.headwater.sim.fleet.FleetSettings.Version;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttReasonCodes;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The packets that one device sends. Those that go out for each reading are written as bytes, the
 * others are left to Netty's encoder.
 */
final class Packets {
  static final int KEEP_ALIVE_SECONDS = 30;
  static final int LARGEST = 1 << 16;
  private static final int SESSION_SECONDS = 3_600;

  private static final int PUBLISH = 0x30;
  private static final int DUP = 0x08;
  private static final int PUBREL = 0x62;

  private final String device;
  private final FleetSettings settings;
  private final byte[] topic;
  private final boolean version5;
  private final int qos;

  Packets(String device, FleetSettings settings) {
    this.device = device;
    this.settings = settings;
    topic =
        (settings.topicPrefix() + "/" + device + "/temperature").getBytes(StandardCharsets.UTF_8);
    version5 = settings.protocol().version() == Version.V5;
    qos = settings.protocol().qos();
  }

  /**
   * @param clean for QoS 2 whether an earlier session is forgotten. MQTT 3.1.1 cannot forget it and
   *     keep the next, so there the names, new in each run, must do.
   */
  MqttMessage connect(boolean clean) {
    boolean keep = qos == 2;
    var connect =
        MqttMessageBuilders.connect()
            .protocolVersion(version5 ? MqttVersion.MQTT_5 : MqttVersion.MQTT_3_1_1)
            .clientId(device)
            .cleanSession(version5 ? clean : !keep)
            .keepAlive(KEEP_ALIVE_SECONDS);
    if (version5 && keep) {
      connect.properties(sessionExpiry(SESSION_SECONDS));
    }
    settings
        .broker()
        .login()
        .ifPresent(login ->
            connect
                .username(login.user())
                .password(login.password().getBytes(StandardCharsets.UTF_8)));
    return connect.build();
  }

  ByteBuf publish(ByteBufAllocator allocator, Delivery delivery, byte[] payload, boolean again) {
    int remaining = 2 + topic.length + (qos > 0 ? 2 : 0) + (version5 ? 1 : 0) + payload.length;
    ByteBuf packet = allocator.buffer(5 + remaining);
    packet.writeByte(PUBLISH | (again ? DUP : 0) | (qos << 1));
    writeLength(packet, remaining);
    packet.writeShort(topic.length).writeBytes(topic);
    if (qos > 0) {
      packet.writeShort(delivery.packetId);
    }
    if (version5) {
      packet.writeByte(0); // no properties
    }
    return packet.writeBytes(payload);
  }

  private static void writeLength(ByteBuf packet, int length) {
    int rest = length;
    while (rest > 0x7F) {
      packet.writeByte((rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    packet.writeByte(rest);
  }

  ByteBuf release(ByteBufAllocator allocator, int packetId) {
    return allocator.buffer(4).writeByte(PUBREL).writeByte(2).writeShort(packetId);
  }

  /** The broker need not keep the session any more. */
  MqttMessage disconnect() {
    return version5 && qos == 2
        ? new MqttMessage(
            new MqttFixedHeader(MqttMessageType.DISCONNECT, false, MqttQoS.AT_MOST_ONCE, false, 0),
            new MqttReasonCodeAndPropertiesVariableHeader(
                MqttReasonCodes.Disconnect.NORMAL_DISCONNECT.byteValue(), sessionExpiry(0)))
        : MqttMessage.DISCONNECT;
  }

  private static MqttProperties sessionExpiry(int seconds) {
    var properties = new MqttProperties();
    properties.add(
        new MqttProperties.IntegerProperty(MqttProperties.SESSION_EXPIRY_INTERVAL, seconds));
    return properties;
  }

  static Failure.Kind kind(MqttConnectReturnCode code) {
    return switch (code) {
      case CONNECTION_REFUSED_BAD_USER_NAME_OR_PASSWORD,
          CONNECTION_REFUSED_NOT_AUTHORIZED,
          CONNECTION_REFUSED_BAD_USERNAME_OR_PASSWORD,
          CONNECTION_REFUSED_NOT_AUTHORIZED_5 ->
          Failure.Kind.CREDENTIALS;
      // "default": what other codes there are, MQTT may add to.
      default -> Failure.Kind.REFUSED;
    };
  }

  static String reason(MqttConnectReturnCode code) {
    return words(code.name().replaceFirst("^CONNECTION_REFUSED_", "").replaceFirst("_5$", ""))
        + ", code "
        + Byte.toUnsignedInt(code.byteValue());
  }

  /** Why a broker disconnected. */
  static String reason(int code) {
    String number = "code 0x%02X".formatted(code);
    try {
      return words(MqttReasonCodes.Disconnect.valueOf((byte) code).name()) + ", " + number;
    } catch (IllegalArgumentException _) {
      return number;
    }
  }

  static String words(String name) {
    return name.toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
