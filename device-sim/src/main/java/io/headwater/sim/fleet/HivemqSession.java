package io.headwater.sim.fleet;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientBuilder;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.message.auth.Mqtt3SimpleAuth;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5SimpleAuth;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckRestrictions;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** HiveMQ's client, the same for both versions of MQTT. Thread-safe, as the client is. */
interface HivemqSession {
  /** Unlimited, in MQTT 3.1.1. */
  int NO_RECEIVE_MAXIMUM = 65_535;

  int KEEP_ALIVE_SECONDS = 30;
  int SESSION_SECONDS = 3_600;

  /**
   * What the broker allows, once it has accepted the connection.
   *
   * @param clean whether an earlier session is forgotten
   */
  CompletableFuture<Allowed> connect(boolean clean);

  /** Done when the broker has the message; fails with what it answered. */
  CompletableFuture<?> publish(byte[] payload);

  void disconnect();

  /** By a broker. */
  record Allowed(int receiveMaximum, int maximumQos) {}

  /**
   * @param onEnd is told why, also of a connection that could not be made
   */
  static HivemqSession of(
      String device,
      FleetSettings settings,
      Optional<MqttClientSslConfig> tls,
      Consumer<Throwable> onEnd) {
    MqttClientBuilder builder =
        MqttClient.builder()
            .identifier(device)
            .serverHost(settings.broker().address().host())
            .serverPort(settings.broker().address().port())
            .addDisconnectedListener(context -> onEnd.accept(context.getCause()));
    if (tls.isPresent()) {
      builder = builder.sslConfig(tls.get());
    }
    String topic = settings.topicPrefix() + "/" + device + "/temperature";
    int number = settings.protocol().qos();
    MqttQos qos =
        switch (number) {
          case 0 -> MqttQos.AT_MOST_ONCE;
          case 1 -> MqttQos.AT_LEAST_ONCE;
          default -> MqttQos.EXACTLY_ONCE; // settings allow no other
        };
    var login = settings.broker().login();
    return switch (settings.protocol().version()) {
      case V3_1_1 -> {
        var auth =
            login.map(known ->
                Mqtt3SimpleAuth.builder()
                    .username(known.user())
                    .password(known.password().getBytes(StandardCharsets.UTF_8))
                    .build());
        yield new Version3(
            builder.useMqttVersion3().simpleAuth(auth.orElse(null)).buildAsync(), topic, qos);
      }
      case V5 -> {
        var auth =
            login.map(known ->
                Mqtt5SimpleAuth.builder()
                    .username(known.user())
                    .password(known.password().getBytes(StandardCharsets.UTF_8))
                    .build());
        yield new Version5(
            builder.useMqttVersion5().simpleAuth(auth.orElse(null)).buildAsync(), topic, qos);
      }
    };
  }

  /** MQTT 3.1.1. */
  record Version3(Mqtt3AsyncClient client, String topic, MqttQos qos) implements HivemqSession {
    @Override
    public CompletableFuture<Allowed> connect(boolean clean) {
      return client
          .connectWith()
          .cleanSession(qos != MqttQos.EXACTLY_ONCE)
          .keepAlive(KEEP_ALIVE_SECONDS)
          .send()
          .thenApply(_ -> new Allowed(NO_RECEIVE_MAXIMUM, 2));
    }

    @Override
    public CompletableFuture<?> publish(byte[] payload) {
      return client.publishWith().topic(topic).qos(qos).payload(payload).send();
    }

    @Override
    public void disconnect() {
      client.disconnect();
    }
  }

  /** MQTT 5. */
  record Version5(Mqtt5AsyncClient client, String topic, MqttQos qos) implements HivemqSession {
    @Override
    public CompletableFuture<Allowed> connect(boolean clean) {
      return client
          .connectWith()
          .cleanStart(clean)
          .sessionExpiryInterval(qos == MqttQos.EXACTLY_ONCE ? SESSION_SECONDS : 0)
          .keepAlive(KEEP_ALIVE_SECONDS)
          .send()
          .thenApply(answer -> {
            Mqtt5ConnAckRestrictions limits = answer.getRestrictions();
            return new Allowed(limits.getReceiveMaximum(), limits.getMaximumQos().getCode());
          });
    }

    @Override
    public CompletableFuture<?> publish(byte[] payload) {
      return client
          .publishWith()
          .topic(topic)
          .qos(qos)
          .payload(payload)
          .send()
          .thenCompose(result ->
              result
                  .getError()
                  .map(CompletableFuture::failedFuture)
                  .orElseGet(() -> CompletableFuture.completedFuture(null)));
    }

    @Override
    public void disconnect() {
      client.disconnect();
    }
  }
}
