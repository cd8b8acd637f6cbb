package io.headwater.edge.mqtt;

import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttConnectVariableHeader;
import io.netty.handler.codec.mqtt.MqttIdentifierRejectedException;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttUnacceptableProtocolVersionException;
import io.netty.handler.codec.mqtt.MqttVersion;
import org.jspecify.annotations.Nullable;

/** What a CONNECT must have, whoever sends it; and what follows from what it says. */
final class ConnectRules {
  private static final int LONGEST_CLIENT_ID = 256;

  /**
   * Why a CONNECT is refused.
   *
   * @param code null if none fits: the connection just ends (MQTT-3.2.2-6 of 3.1.1)
   * @param counted its name where refusals are counted
   */
  record Refusal(@Nullable MqttConnectReturnCode code, String reason, String counted) {
    Refusal(@Nullable MqttConnectReturnCode code, String reason) {
      this(code, reason, "connect");
    }
  }

  private ConnectRules() {}

  static boolean isV5(MqttConnectMessage connect) {
    return connect.variableHeader().version() == MqttVersion.MQTT_5.protocolLevel();
  }

  /** Null if it may go on. */
  static @Nullable Refusal check(MqttConnectMessage connect) {
    MqttConnectVariableHeader header = connect.variableHeader();
    boolean v5 = isV5(connect);
    String given = connect.payload().clientIdentifier();
    if (given.isEmpty() && !v5 && !header.isCleanSession()) {
      return new Refusal(
          MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED,
          "an empty client identifier needs a clean session");
    }
    if (ByteBufUtil.utf8Bytes(given) > LONGEST_CLIENT_ID) {
      return identifier(v5, "a client identifier has at most " + LONGEST_CLIENT_ID + " bytes");
    }
    if (RemoteOrigin.isReserved(given)) {
      return identifier(v5, "client identifiers that begin with $remote/ are the agent's own");
    }
    if (v5 && header.properties().getProperty(MqttProperties.AUTHENTICATION_METHOD) != null) {
      return new Refusal(
          MqttConnectReturnCode.CONNECTION_REFUSED_BAD_AUTHENTICATION_METHOD,
          "enhanced authentication is not offered");
    }
    return null;
  }

  /** What to say to a first packet that cannot be read; null for nothing. */
  static @Nullable Refusal undecodable(@Nullable Throwable cause) {
    if (cause instanceof MqttUnacceptableProtocolVersionException) {
      return new Refusal(
          MqttConnectReturnCode.CONNECTION_REFUSED_UNACCEPTABLE_PROTOCOL_VERSION,
          "MQTT 3.1.1 and 5 are spoken here");
    }
    return cause instanceof MqttIdentifierRejectedException
        ? new Refusal(
            MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED,
            "the client identifier is not accepted")
        : null;
  }

  private static Refusal identifier(boolean v5, String reason) {
    return new Refusal(
        v5
            ? MqttConnectReturnCode.CONNECTION_REFUSED_CLIENT_IDENTIFIER_NOT_VALID
            : MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED,
        reason);
  }

  /** The same for its will, null if there is none or it may go on. */
  static @Nullable Refusal check(
      @Nullable Will will, boolean v5, Rights rights, MqttLimits limits) {
    if (will == null) {
      return null;
    }
    if (!rights.mayPublish(will.topic())) {
      return new Refusal(
          Admission.Reason.NOT_AUTHORIZED.code(v5),
          "the will's topic may not be published to",
          Admission.Reason.NOT_AUTHORIZED.counted());
    }
    if (!TopicFilters.isPublishable(will.topic(), limits)) {
      return new Refusal(
          v5 ? MqttConnectReturnCode.CONNECTION_REFUSED_TOPIC_NAME_INVALID : null,
          "the will's topic is not one");
    }
    return null;
  }

  /** How long the session outlives its connection, in seconds. */
  static long expirySeconds(MqttConnectMessage connect) {
    if (!isV5(connect)) {
      return connect.variableHeader().isCleanSession() ? 0 : Sessions.NEVER;
    }
    return connect.variableHeader().properties().getProperty(MqttProperties.SESSION_EXPIRY_INTERVAL)
            instanceof MqttProperties.IntegerProperty expiry
        ? Integer.toUnsignedLong(expiry.value())
        : 0;
  }

  /**
   * The keep-alive that counts, in seconds; 0 for none. What the client asks for, unless MQTT 5
   * lets it be told another one.
   */
  static int keepAliveSeconds(MqttConnectMessage connect, MqttSettings settings) {
    int asked = connect.variableHeader().keepAliveTimeSeconds();
    int most = (int) settings.maxKeepAlive().toSeconds();
    return isV5(connect) && most > 0 && (asked == 0 || asked > most) ? most : asked;
  }
}
