package io.headwater.edge.remote;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5SimpleAuth;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAck;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5RetainHandling;
import io.headwater.edge.mqtt.Hops;
import io.headwater.process.HostPort;
import io.headwater.process.PemFiles;
import io.headwater.process.TlsSettings;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to another broker, from CONNECT to its end; never taken up again.
 *
 * <p>The session at the broker outlives it, the client here does not. It asks for a session without
 * an end, as Mosquitto's bridges do: with an end, each lost client would stay in memory until then.
 */
final class RemoteConnection {
  private static final Logger LOGGER = LoggerFactory.getLogger(RemoteConnection.class);

  /** Longer waits for the broker are given up. */
  private static final long ANSWERED_WITHIN_SECONDS = 10;

  private final Mqtt5AsyncClient client;
  private final RemoteSettings settings;
  private final CompletableFuture<Throwable> ended = new CompletableFuture<>();
  private volatile int largestPacket = Integer.MAX_VALUE;
  private volatile int largestQos = 2;

  /**
   * Makes the client; does not connect yet.
   *
   * @param arrived given each message, on the client's thread; its {@code acknowledge} is due
   * @throws io.headwater.process.UserError if a certificate or key cannot be used
   */
  RemoteConnection(
      RemoteSettings settings,
      HostPort address,
      String clientId,
      BiConsumer<RemoteConnection, Mqtt5Publish> arrived) {
    this.settings = settings;
    this.client =
        MqttClient.builder()
            .useMqttVersion5()
            .identifier(clientId)
            .serverHost(address.host())
            .serverPort(address.port())
            .executorConfig()
            .nettyThreads(1)
            .applyExecutorConfig()
            .transportConfig()
            .socketConnectTimeout(ANSWERED_WITHIN_SECONDS, TimeUnit.SECONDS)
            .mqttConnectTimeout(ANSWERED_WITHIN_SECONDS, TimeUnit.SECONDS)
            // Here: given to the client's builder beside a transport, it is silently dropped.
            .sslConfig(settings.tls().map(RemoteConnection::ssl).orElse(null))
            .applyTransportConfig()
            .addDisconnectedListener(context -> ended.complete(context.getCause()))
            .buildAsync();
    // Before CONNECT: what waits in the session comes right behind CONNACK.
    client.publishes(
        MqttGlobalPublishFilter.ALL, publish -> arrived.accept(this, publish), Runnable::run, true);
  }

  private static MqttClientSslConfig ssl(TlsSettings tls) {
    return MqttClientSslConfig.builder()
        .trustManagerFactory(PemFiles.trust(tls).orElse(null))
        .keyManagerFactory(PemFiles.identity(tls).orElse(null))
        .handshakeTimeout(ANSWERED_WITHIN_SECONDS, TimeUnit.SECONDS)
        .build();
  }

  /**
   * Connects, takes back old subscriptions, subscribes.
   *
   * @param maxPacketSize bytes; the broker sends no larger ones
   * @param stale filters that the session may still have and should not
   * @return whether the broker knew the session; fails if there is no connection
   */
  CompletableFuture<Boolean> connect(
      int maxPacketSize, Collection<String> stale, List<RemoteTopic> in) {
    var connect =
        client
            .connectWith()
            .cleanStart(settings.hasCleanSession())
            .keepAlive(settings.keepAliveSeconds())
            .restrictions()
            // No Receive Maximum: the client closes the connection when a broker uses up what it
            // was told, as it holds a message for unacknowledged a moment longer than the broker
            // does. Brokers have windows of their own (Mosquitto's is 20).
            .maximumPacketSize(maxPacketSize)
            .applyRestrictions();
    connect =
        settings.hasCleanSession() ? connect.sessionExpiryInterval(0) : connect.noSessionExpiry();
    if (settings.user().isPresent()) {
      connect = connect.simpleAuth(login(settings.user().get()));
    }
    CompletableFuture<Boolean> subscribed =
        connect.send().thenCompose(connAck -> subscribe(connAck, stale, in));
    // A connection that breaks before the SUBACK leaves the subscription unanswered.
    return subscribed
        .orTimeout(3 * ANSWERED_WITHIN_SECONDS, TimeUnit.SECONDS)
        .whenComplete((_, failure) -> {
          if (failure != null) {
            abandon();
          }
        });
  }

  private Mqtt5SimpleAuth login(String user) {
    var login = Mqtt5SimpleAuth.builder().username(user);
    return settings
        .passwordFile()
        .map(file -> PemFiles.secret("password-file", file))
        .map(secret -> login.password(secret.getBytes(StandardCharsets.UTF_8)))
        .orElse(login)
        .build();
  }

  private CompletableFuture<Boolean> subscribe(
      Mqtt5ConnAck connAck, Collection<String> stale, List<RemoteTopic> in) {
    largestPacket = connAck.getRestrictions().getMaximumPacketSize();
    largestQos = connAck.getRestrictions().getMaximumQos().getCode();
    var answers = new CompletableFuture<?>[stale.size() + in.size()];
    int n = 0;
    if (connAck.isSessionPresent()) {
      for (String filter : stale) {
        answers[n++] = client.unsubscribeWith().topicFilter(filter).send();
      }
    }
    for (RemoteTopic topic : in) {
      answers[n++] = subscribe(topic);
    }
    while (n < answers.length) {
      answers[n++] = CompletableFuture.completedFuture(null);
    }
    return CompletableFuture.allOf(answers).thenApply(_ -> connAck.isSessionPresent());
  }

  /** A filter that the broker refuses must not keep the others from working. */
  private CompletableFuture<?> subscribe(RemoteTopic topic) {
    return client
        .subscribeWith()
        .topicFilter(topic.remoteFilter())
        .qos(qos(topic.effectiveQos()))
        .noLocal(true)
        .retainAsPublished(true)
        // After a reconnection the values that we have would all come again.
        .retainHandling(Mqtt5RetainHandling.SEND_IF_SUBSCRIPTION_DOES_NOT_EXIST)
        .send()
        .handle((_, failure) -> {
          Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
          if (cause instanceof Mqtt5SubAckException) {
            LOGGER
                .atWarn()
                .addKeyValue("remote", settings.name())
                .addKeyValue("filter", topic.remoteFilter())
                .addKeyValue("error", cause.getMessage())
                .log("A remote broker refuses a subscription; nothing comes by it");
          } else if (cause != null) {
            throw new CompletionException(cause);
          }
          return null;
        });
  }

  private static MqttQos qos(int qos) {
    return MqttQos.values()[qos];
  }

  /** Whether the broker takes packets of this size. */
  boolean takes(String topic, byte[] payload) {
    return payload.length + 3L * topic.length() + 64 <= largestPacket;
  }

  /** Completes with what the broker says, or fails with the connection. */
  CompletableFuture<Mqtt5PublishResult> publish(String topic, byte[] payload, int qos, int hops) {
    return client
        .publishWith()
        .topic(topic)
        .payload(payload)
        .qos(qos(Math.min(qos, largestQos)))
        .userProperties()
        .add(Hops.PROPERTY, Integer.toString(hops))
        .applyUserProperties()
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

  /** Ends the connection and waits for that. */
  void close() {
    try {
      client.disconnect().get(2, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (Exception _) {
      // It was not connected any more.
    }
  }
}
