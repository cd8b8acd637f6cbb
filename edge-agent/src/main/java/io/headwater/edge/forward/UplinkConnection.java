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
  private static final int KEEP_ALIVE_SECONDS = 10;

  private final Mqtt5AsyncClient client;
  private final String gateway;

  private UplinkConnection(Mqtt5AsyncClient client, String gateway) {
    this.client = client;
    this.gateway = gateway;
  }

  /**
   * Connects and subscribes to the gateway's answers.
   *
   * @param answers given each answer's bytes, on the client's thread
   * @param lost called once when an established connection ends
   */
  static CompletableFuture<UplinkConnection> connect(
      HostPort address, String gateway, String version, Consumer<byte[]> answers, Runnable lost) {
    Mqtt5AsyncClient client =
        MqttClient.builder()
            .useMqttVersion5()
            .identifier("gateway-" + gateway)
            .serverHost(address.host())
            .serverPort(address.port())
            .executorConfig()
            .nettyThreads(1)
            .applyExecutorConfig()
            .addDisconnectedListener(_ -> lost.run())
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
        .handle((_, failure) -> {
          if (failure != null) {
            client.disconnect();
            throw new CompletionException(failure);
          }
          return new UplinkConnection(client, gateway);
        });
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
