package io.headwater.edge.sparkplug;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.message.auth.Mqtt3SimpleAuth;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import io.headwater.process.HostPort;
import io.headwater.process.PemFiles;
import io.headwater.process.TlsSettings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One connection of the edge node, MQTT 3.1.1 with a clean session as the specification asks for;
 * never taken up again.
 */
final class NodeConnection {
  /** Longer waits for the broker are given up. */
  private static final long ANSWERED_WITHIN_SECONDS = 10;

  /** Is given what comes, on the client's thread. */
  interface Arrived {
    void take(NodeConnection by, String topic, byte[] payload);
  }

  private final Mqtt3AsyncClient client;
  private final EdgeNodeSettings settings;
  private final CompletableFuture<Throwable> ended = new CompletableFuture<>();

  /**
   * Makes the client; does not connect yet.
   *
   * @param arrived given each message
   * @throws io.headwater.process.UserError if a certificate or key cannot be used
   */
  NodeConnection(EdgeNodeSettings settings, HostPort address, Arrived arrived) {
    this.settings = settings;
    this.client =
        MqttClient.builder()
            .useMqttVersion3()
            .identifier(settings.clientId())
            .serverHost(address.host())
            .serverPort(address.port())
            .executorConfig()
            .nettyThreads(1)
            .applyExecutorConfig()
            .transportConfig()
            .socketConnectTimeout(ANSWERED_WITHIN_SECONDS, TimeUnit.SECONDS)
            .mqttConnectTimeout(ANSWERED_WITHIN_SECONDS, TimeUnit.SECONDS)
            .sslConfig(settings.tls().map(NodeConnection::ssl).orElse(null))
            .applyTransportConfig()
            .addDisconnectedListener(context -> ended.complete(context.getCause()))
            .buildAsync();
    client.publishes(
        MqttGlobalPublishFilter.ALL,
        publish -> arrived.take(this, publish.getTopic().toString(), publish.getPayloadAsBytes()),
        Runnable::run);
  }

  private static MqttClientSslConfig ssl(TlsSettings tls) {
    return MqttClientSslConfig.builder()
        .trustManagerFactory(PemFiles.trust(tls).orElse(null))
        .keyManagerFactory(PemFiles.identity(tls).orElse(null))
        .handshakeTimeout(ANSWERED_WITHIN_SECONDS, TimeUnit.SECONDS)
        .build();
  }

  /**
   * Connects and subscribes.
   *
   * @param death the will
   */
  CompletableFuture<Void> connect(byte[] death) {
    var connect =
        client
            .connectWith()
            .cleanSession(true)
            .keepAlive(settings.keepAliveSeconds())
            .willPublish(
                Mqtt3Publish.builder()
                    .topic(settings.topic(SparkplugTopic.MessageType.NDEATH))
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .payload(death)
                    .build());
    if (settings.user().isPresent()) {
      connect = connect.simpleAuth(login(settings.user().get()));
    }
    return connect
        .send()
        .thenCompose(_ -> subscribe())
        .orTimeout(3 * ANSWERED_WITHIN_SECONDS, TimeUnit.SECONDS)
        .whenComplete((_, failure) -> {
          if (failure != null) {
            abandon();
          }
        });
  }

  private Mqtt3SimpleAuth login(String user) {
    var login = Mqtt3SimpleAuth.builder().username(user);
    return settings
        .passwordFile()
        .map(file -> PemFiles.secret("password-file", file))
        .map(secret -> login.password(secret.getBytes(StandardCharsets.UTF_8)))
        .orElse(login)
        .build();
  }

  private CompletableFuture<Void> subscribe() {
    var answers = new ArrayList<CompletableFuture<?>>();
    answers.add(subscribe(settings.topic(SparkplugTopic.MessageType.NCMD)));
    settings.stateTopic().ifPresent(topic -> answers.add(subscribe(topic)));
    return CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0]));
  }

  private CompletableFuture<?> subscribe(String topic) {
    return client.subscribeWith().topicFilter(topic).qos(MqttQos.AT_LEAST_ONCE).send();
  }

  /** Publishes at QoS 0, not retained; completes when the connection has taken it. */
  CompletableFuture<?> publish(SparkplugTopic.MessageType type, byte[] payload) {
    return client
        .publishWith()
        .topic(settings.topic(type))
        .payload(payload)
        .qos(MqttQos.AT_MOST_ONCE)
        .send();
  }

  /**
   * Has the broker answer: it then has all that was published before. An unsubscription does that
   * and nothing else; MQTT 3.1.1, section 3.10.4, wants the answer even if there is nothing to end.
   */
  CompletableFuture<?> probe() {
    return client
        .unsubscribeWith()
        .topicFilter(settings.topic(SparkplugTopic.MessageType.NCMD) + "/-")
        .send();
  }

  /** Completes when the connection has ended, with the reason. */
  CompletableFuture<Throwable> ended() {
    return ended;
  }

  /** Ends the connection, if there is one, without waiting. */
  void abandon() {
    client.disconnect();
  }

  /**
   * Says the farewell, ends the connection, and waits for that: the will is not published then.
   *
   * @return whether the broker has acknowledged the farewell, and so has all that was said before
   */
  boolean leave(byte[] death) {
    boolean acknowledged = false;
    try {
      client
          .publishWith()
          .topic(settings.topic(SparkplugTopic.MessageType.NDEATH))
          .payload(death)
          .qos(MqttQos.AT_LEAST_ONCE)
          .send()
          .get(2, TimeUnit.SECONDS);
      acknowledged = true;
      client.disconnect().get(2, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (Exception _) {
      abandon(); // then its will tells
    }
    return acknowledged;
  }
}
