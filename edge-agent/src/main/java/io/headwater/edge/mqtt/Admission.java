package io.headwater.edge.mqtt;

import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Decides who may connect. Thread-safe. */
@FunctionalInterface
public interface Admission {
  /** Lets everybody in, with all rights. */
  Admission ANYONE = _ -> CompletableFuture.completedFuture(new Admitted(Rights.ALL));

  /**
   * Checks a CONNECT. Called by event loops, so it does not wait.
   *
   * @return completed by any thread; a failure counts as {@link Reason#BUSY}
   */
  CompletionStage<Verdict> check(Login login);

  /**
   * What a client shows of itself.
   *
   * @param clientId as given, or as the server has assigned it
   * @param user as the CONNECT says; null if it names none
   * @param password null if there is none
   * @param certificate of the TLS session, already verified against the authorities; null if the
   *     client showed none
   * @param remote where it comes from
   * @param onLoopback whether its listener is bound to this machine alone
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Login(
      String clientId,
      @Nullable String user,
      byte @Nullable [] password,
      @Nullable X509Certificate certificate,
      SocketAddress remote,
      boolean onLoopback) {}

  /** The outcome of a check. */
  sealed interface Verdict {}

  /**
   * The client may connect.
   *
   * @param rights what it may do then
   */
  record Admitted(Rights rights) implements Verdict {}

  /**
   * The client may not connect.
   *
   * @param explanation told to MQTT 5 clients: says nothing that helps to guess
   */
  record Refused(Reason reason, String explanation) implements Verdict {}

  /** Why a client is refused, as CONNACK says it. */
  enum Reason {
    /** 0x86; 0x04 for MQTT 3.1.1. */
    BAD_CREDENTIALS(
        MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USERNAME_OR_PASSWORD,
        MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USER_NAME_OR_PASSWORD),
    /** 0x87; 0x05 for MQTT 3.1.1. */
    NOT_AUTHORIZED(
        MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED_5,
        MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED),
    /** 0x89; 0x03 for MQTT 3.1.1. The client may try again. */
    BUSY(
        MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_BUSY,
        MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE),
    /** 0x97; 0x03 for MQTT 3.1.1. */
    QUOTA_EXCEEDED(
        MqttConnectReturnCode.CONNECTION_REFUSED_QUOTA_EXCEEDED,
        MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE);

    private final MqttConnectReturnCode v5;
    private final MqttConnectReturnCode v311;

    Reason(MqttConnectReturnCode v5, MqttConnectReturnCode v311) {
      this.v5 = v5;
      this.v311 = v311;
    }

    /** Its name where refusals are counted. */
    String counted() {
      return "connect-" + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    MqttConnectReturnCode code(boolean isV5) {
      return isV5 ? v5 : v311;
    }
  }
}
