package io.headwater.edge.forward;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import io.headwater.process.HostPort;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.GatewayStatus;
import io.headwater.uplink.UplinkCodec;
import io.headwater.uplink.UplinkTopics;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One connection to a broker where a bridge listens: a pipe that keeps nothing.
 *
 * <p>Clean start, session expiry 0, no reconnection of its own: when it is lost another one is
 * made.
 */
final class UplinkConnection implements AutoCloseable {
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
   */
  static CompletableFuture<UplinkConnection> connect(
      HostPort address, String gateway, String version, Consumer<byte[]> answers) {
    var ended = new CompletableFuture<Void>();
    Mqtt5AsyncClient client =
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
            .applyTransportConfig()
            .addDisconnectedListener(_ -> ended.complete(null))
            .buildAsync();
    byte[] offline =
        UplinkCodec.encode(
            new GatewayStatus(gateway, false, version, -1, -1, ClockQuality.UNSYNCED));
    return client
        .connectWith()
        .cleanStart(true)
        .sessionExpiryInterval(0)
        .keepAlive(KEEP_ALIVE_SECONDS)
        .simpleAuth()
        .username(gateway)
        .applySimpleAuth()
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

  /** Completes when the connection has ended, for whatever reason. */
  CompletableFuture<Void> ended() {
    return ended;
  }

  void sendBatch(byte[] frame) {
    publish(UplinkTopics.up(gateway), frame, false);
  }

  void sendStateRequest(byte[] frame) {
    publish(UplinkTopics.state(gateway), frame, false);
  }

  void sendStatus(byte[] frame) {
    publish(UplinkTopics.status(gateway), frame, true);
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
