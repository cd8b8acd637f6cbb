package io.headwater.bridge.broker;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscribe;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscription;
import io.headwater.process.HostPort;
import io.headwater.process.Threads;
import io.headwater.uplink.UplinkTopics;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bridge as a client of one broker: subscribed to the topics of its lanes, reconnecting by
 * itself. Thread-safe.
 */
public final class BrokerClient implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(BrokerClient.class);
  private static final int KEEP_ALIVE_SECONDS = 10;

  /** The embedded broker drops a connection that subscribes in the same moment. */
  private static final long SETTLE_MILLIS = 50;

  /** Takes what arrives. */
  @FunctionalInterface
  public interface Receiver {
    void received(BrokerClient from, UplinkTopics.Inbound topic, byte[] payload);
  }

  private final HostPort address;
  private final Mqtt5AsyncClient client;
  private final ScheduledExecutorService timer;
  private final Set<Integer> lanes = ConcurrentHashMap.newKeySet();
  private final EmbeddedBroker.Credentials credentials;
  private volatile boolean closed;

  public BrokerClient(
      HostPort address,
      String bridgeId,
      EmbeddedBroker.Credentials credentials,
      Receiver receiver) {
    this.address = address;
    this.credentials = credentials;
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            Threads.factory("bridge-mqtt-" + address.port()));
    client =
        MqttClient.builder()
            .useMqttVersion5()
            .identifier("bridge-" + bridgeId)
            .serverHost(address.host())
            .serverPort(address.port())
            .executorConfig()
            .nettyThreads(1)
            .applyExecutorConfig()
            .addDisconnectedListener(_ -> reconnectLater())
            .buildAsync();
    client.publishes(
        MqttGlobalPublishFilter.ALL,
        publish ->
            UplinkTopics.parse(publish.getTopic().toString())
                .ifPresent(topic -> receiver.received(this, topic, publish.getPayloadAsBytes())));
    connect();
  }

  public HostPort address() {
    return address;
  }

  public boolean isConnected() {
    return client.getState().isConnected();
  }

  private void connect() {
    client
        .connectWith()
        .cleanStart(true)
        .sessionExpiryInterval(0)
        .keepAlive(KEEP_ALIVE_SECONDS)
        .simpleAuth()
        .username(credentials.user())
        .password(credentials.password().getBytes(StandardCharsets.UTF_8))
        .applySimpleAuth()
        .send()
        .whenComplete((_, failure) -> {
          if (failure == null) {
            LOGGER.atInfo().addKeyValue("address", address).log("Connected to a broker");
            timer.schedule(
                () -> subscribe(Set.copyOf(lanes)), SETTLE_MILLIS, TimeUnit.MILLISECONDS);
          }
          // A failure comes to the disconnected listener as well.
        });
  }

  private void reconnectLater() {
    if (!closed && !timer.isShutdown()) {
      timer.schedule(
          () -> {
            if (!closed && !client.getState().isConnectedOrReconnect()) {
              connect();
            }
          },
          300,
          TimeUnit.MILLISECONDS);
    }
  }

  /** Owns more lanes. The future completes when the broker has them, at once if it is away. */
  public CompletableFuture<?> addLanes(Collection<Integer> added) {
    lanes.addAll(added);
    return isConnected() ? subscribe(added) : CompletableFuture.completedFuture(null);
  }

  private CompletableFuture<?> subscribe(Collection<Integer> wanted) {
    var subscriptions = new ArrayList<Mqtt5Subscription>();
    for (int lane : wanted) {
      for (UplinkTopics.Kind kind : UplinkTopics.Kind.values()) {
        subscriptions.add(
            Mqtt5Subscription.builder()
                .topicFilter(UplinkTopics.laneFilter(kind, lane))
                .qos(MqttQos.AT_LEAST_ONCE)
                .build());
      }
    }
    if (subscriptions.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    return client
        .subscribe(Mqtt5Subscribe.builder().addSubscriptions(subscriptions).build())
        .exceptionally(failure -> {
          LOGGER
              .atWarn()
              .addKeyValue("address", address)
              .addKeyValue("error", failure.getMessage())
              .log("Lanes could not be subscribed to; connecting anew");
          client.disconnect();
          return null;
        });
  }

  /** Owns less lanes. */
  public void removeLanes(Collection<Integer> removed) {
    lanes.removeAll(removed);
    if (!isConnected() || removed.isEmpty()) {
      return;
    }
    for (int lane : removed) {
      for (UplinkTopics.Kind kind : UplinkTopics.Kind.values()) {
        client.unsubscribeWith().topicFilter(UplinkTopics.laneFilter(kind, lane)).send();
      }
    }
  }

  /** Sends an answer; one that is lost is healed by the next. */
  public void answer(String gateway, byte[] frame) {
    client
        .publishWith()
        .topic(UplinkTopics.ack(gateway))
        .payload(frame)
        .qos(MqttQos.AT_LEAST_ONCE)
        .send();
  }

  /** Why it cannot be heard now, if so. */
  public Optional<String> problem() {
    return isConnected() ? Optional.empty() : Optional.of("broker " + address + " is not reached");
  }

  @Override
  public void close() {
    closed = true;
    timer.shutdownNow();
    try {
      client.disconnect().get(2, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (Exception _) {
      // It was not connected any more.
    }
  }
}
