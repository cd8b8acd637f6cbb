package io.headwater.edge.forward;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.suback.Mqtt5SubAck;
import io.headwater.process.HostPort;
import io.headwater.process.PemFiles;
import io.headwater.process.TlsSettings;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.GatewayStatus;
import io.headwater.uplink.UplinkCodec;
import io.headwater.uplink.UplinkTopics;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to a broker where a bridge listens: a pipe that keeps nothing.
 *
 * <p>Clean start, session expiry 0, no reconnection of its own: when it is lost another one is
 * made.
 */
final class UplinkConnection implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(UplinkConnection.class);

  /** Longer waits for the broker are given up. */
  private static final long ANSWERED_WITHIN_SECONDS = 5;

  private static final int KEEP_ALIVE_SECONDS = 10;

  private final Mqtt5AsyncClient client;
  private final String gateway;
  private final CompletableFuture<Void> ended;

  private UplinkConnection(Mqtt5AsyncClient client, String gateway, CompletableFuture<Void> ended) {
    this.client = client;
    this.gateway = gateway;
    this.ended = ended;
  }

  /**
   * Connects and subscribes to the gateway's answers.
   *
   * @param answers given each answer's bytes, on the client's thread
   * @param downstream given what else comes down
   */
  static CompletableFuture<UplinkConnection> connect(
      HostPort address,
      ForwarderSettings settings,
      String gateway,
      String version,
      Consumer<byte[]> answers,
      Downstream downstream) {
    var ended = new CompletableFuture<Void>();
    Mqtt5AsyncClient client;
    Optional<String> password;
    try {
      client = build(address, settings, gateway, ended);
      password = settings.passwordFile().map(file -> PemFiles.secret("password-file", file));
    } catch (RuntimeException e) { // of its files, which may be mended
      return CompletableFuture.failedFuture(e);
    }
    byte[] offline =
        UplinkCodec.encode(
            new GatewayStatus(gateway, false, version, -1, -1, ClockQuality.UNSYNCED));
    var user = client.connectWith().simpleAuth().username(settings.user().orElse(gateway));
    var login =
        password.isPresent()
            ? user.password(password.get().getBytes(StandardCharsets.UTF_8))
            : user;
    return login
        .applySimpleAuth()
        .cleanStart(true)
        .sessionExpiryInterval(0)
        .keepAlive(KEEP_ALIVE_SECONDS)
        .willPublish()
        .topic(UplinkTopics.status(gateway))
        .payload(offline)
        .qos(MqttQos.AT_LEAST_ONCE)
        .retain(true)
        .applyWillPublish()
        .send()
        .thenCompose(_ ->
            client
                .subscribeWith()
                .topicFilter(UplinkTopics.ack(gateway))
                .qos(MqttQos.AT_LEAST_ONCE)
                .callback(publish -> answers.accept(publish.getPayloadAsBytes()))
                .send())
        .thenCompose(_ ->
            client
                .subscribeWith()
                .topicFilter(UplinkTopics.downFilter(gateway))
                .qos(MqttQos.AT_LEAST_ONCE)
                .callback(publish ->
                    downstream.received(publish.getTopic().toString(), publish.getPayloadAsBytes()))
                .send()
                .exceptionally(UplinkConnection::goOnWithoutCommands))
        // A network that swallows everything must not keep the gateway from trying again; and a
        // connection that breaks before the SUBACK leaves the subscription unanswered.
        .orTimeout(2 * ANSWERED_WITHIN_SECONDS, TimeUnit.SECONDS)
        .handle((_, failure) -> {
          if (failure != null) {
            client.disconnect();
            throw new CompletionException(failure);
          }
          return new UplinkConnection(client, gateway, ended);
        });
  }

  private static Mqtt5AsyncClient build(
      HostPort address, ForwarderSettings settings, String gateway, CompletableFuture<Void> ended) {
    var builder =
        MqttClient.builder()
            .useMqttVersion5()
            .identifier("gateway-" + gateway)
            .serverHost(address.host())
            .serverPort(address.port())
            .executorConfig()
            .nettyThreads(1)
            .applyExecutorConfig()
            .transportConfig()
            .socketConnectTimeout(ANSWERED_WITHIN_SECONDS, TimeUnit.SECONDS)
            .mqttConnectTimeout(ANSWERED_WITHIN_SECONDS, TimeUnit.SECONDS)
            // Here: given to the client's builder beside a transport, it is silently dropped.
            .sslConfig(settings.tls().map(UplinkConnection::ssl).orElse(null))
            .applyTransportConfig()
            .addDisconnectedListener(_ -> ended.complete(null));
    return builder.buildAsync();
  }

  private static MqttClientSslConfig ssl(TlsSettings tls) {
    return MqttClientSslConfig.builder()
        .trustManagerFactory(PemFiles.trust(tls).orElse(null))
        .keyManagerFactory(PemFiles.identity(tls).orElse(null))
        .handshakeTimeout(ANSWERED_WITHIN_SECONDS, TimeUnit.SECONDS)
        .build();
  }

  /** A broker that forbids this must not keep the readings here. */
  private static @Nullable Mqtt5SubAck goOnWithoutCommands(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof Mqtt5SubAckException) {
      LOGGER
          .atWarn()
          .addKeyValue("error", cause.getMessage())
          .log("The broker lets no commands through to this gateway");
      return null;
    }
    throw new CompletionException(cause);
  }

  /** Completes when the connection has ended, for whatever reason. */
  CompletableFuture<Void> ended() {
    return ended;
  }

  void sendBatch(byte[] frame) {
    publish(UplinkTopics.up(gateway), frame, false);
  }

  /** What is neither a batch nor a state request. */
  void sendUp(byte[] frame) {
    publish(UplinkTopics.up(gateway), frame, false);
  }

  void sendDownState(byte[] frame) {
    publish(UplinkTopics.state(gateway), frame, false);
  }

  void sendStateRequest(byte[] frame) {
    publish(UplinkTopics.state(gateway), frame, false);
  }

  void sendStatus(byte[] frame) {
    publish(UplinkTopics.status(gateway), frame, true);
  }

  /** As a status it would replace the retained one. */
  void sendDevices(byte[] frame) {
    publish(UplinkTopics.status(gateway), frame, false);
  }

  /** Fails silently: what is not answered is sent again. */
  private void publish(String topic, byte[] payload, boolean retain) {
    client
        .publishWith()
        .topic(topic)
        .payload(payload)
        .qos(MqttQos.AT_LEAST_ONCE)
        .retain(retain)
        .send();
  }

  /** Ends the connection, if there is still one, without waiting. */
  void abandon() {
    client.disconnect();
  }

  @Override
  public void close() {
    try {
      client.disconnect().get(2, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (Exception _) {
      // It was not connected any more.
    }
  }
}
