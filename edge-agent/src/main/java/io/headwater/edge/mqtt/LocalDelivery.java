package io.headwater.edge.mqtt;

import io.headwater.edge.log.Append;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.BinaryProperty;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Brings messages of the agent's own to the clients that are subscribed now: values of the hub and
 * commands, which are no rows of the log. Thread-safe.
 *
 * <p>Live only, at QoS 0 and 1: whoever is not connected misses them, session or not. The newest
 * value of a topic that {@link #setValue} gave is kept in memory and comes first to whoever
 * subscribes.
 */
public final class LocalDelivery {
  /** What became of a message that had to reach one certain client. */
  public enum Handed {
    /** Nothing was sent: nobody is subscribed, or cannot take more now. */
    NOT_SENT,
    /** Sent to a subscriber of QoS 0, who acknowledges nothing. */
    SENT,
    /** Acknowledged. */
    ACKNOWLEDGED,
    /** Refused by the client's PUBACK. */
    REFUSED,
    /** Sent; the connection ended before an acknowledgement. */
    LOST
  }

  /** Takes what devices say in answer to commands. */
  public interface Responses {
    /** Whether a topic is one of answers: what is published there is no reading. */
    boolean take(String topic);

    /**
     * Takes one.
     *
     * @param correlation as the command had it; null if the device did not repeat it
     * @param done told the outcome once, on another thread
     */
    void response(
        String topic, byte[] payload, byte @Nullable [] correlation, Consumer<Append.Outcome> done);
  }

  /**
   * A message on its way.
   *
   * @param attributes see {@link MessageAttributes}
   * @param handed told once what became of it, if it is for one certain client
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Message(
      String topic,
      byte[] payload,
      boolean retained,
      byte @Nullable [] attributes,
      @Nullable Consumer<Handed> handed) {
    Message asRetained() {
      return new Message(topic, payload, true, null, null);
    }
  }

  private final Set<MqttConnection> subscribers = ConcurrentHashMap.newKeySet();
  private final Map<String, Message> values = new ConcurrentHashMap<>();
  private final CopyOnWriteArrayList<Runnable> subscribed = new CopyOnWriteArrayList<>();
  private final CopyOnWriteArrayList<BiConsumer<String, byte[]>> watchers =
      new CopyOnWriteArrayList<>();
  private volatile @Nullable Responses responses;

  /** Told when somebody has subscribed, on an event loop: quick, does not throw. */
  public void onSubscription(Runnable listener) {
    subscribed.add(listener);
  }

  /** Told each value that {@link #setValue} gives a topic: quick, does not throw. */
  public void onValue(BiConsumer<String, byte[]> watcher) {
    watchers.add(watcher);
  }

  public void onResponse(Responses taker) {
    responses = taker;
  }

  @Nullable Responses responses() {
    return responses;
  }

  /** The newest value of a topic; null takes it away. */
  public void setValue(String topic, byte @Nullable [] value) {
    if (value == null) {
      values.remove(topic);
      return;
    }
    var message = new Message(topic, value, false, null, null);
    values.put(topic, message.asRetained());
    deliver(message);
    watchers.forEach(watcher -> watcher.accept(topic, value));
  }

  private void deliver(Message message) {
    for (MqttConnection subscriber : subscribers) {
      if (subscriber.subscriptions().wants(message.topic())) {
        subscriber.deliverLater(message);
      }
    }
  }

  /**
   * Whether the client that a topic belongs to is there: one that subscribed to it by its very
   * name. Who looks on by a wildcard does not count.
   */
  public boolean isOwned(String topic) {
    return subscribers.stream().anyMatch(each -> each.subscriptions().owns(topic));
  }

  /**
   * Sends a message to the client that a topic belongs to, and copies of it to who looks on.
   *
   * @param handed told the outcome once, on any thread
   */
  public void send(
      String topic,
      byte[] payload,
      String responseTopic,
      byte[] correlation,
      Consumer<Handed> handed) {
    MqttConnection owner = null;
    for (MqttConnection each : subscribers) {
      if (each.subscriptions().owns(topic)) {
        owner = each;
        break;
      }
    }
    if (owner == null) {
      handed.accept(Handed.NOT_SENT);
      return;
    }
    var properties = new MqttProperties();
    properties.add(new StringProperty(MqttProperties.RESPONSE_TOPIC, responseTopic));
    properties.add(new BinaryProperty(MqttProperties.CORRELATION_DATA, correlation));
    byte[] attributes = MessageAttributes.of(1, false, properties);
    owner.deliverLater(new Message(topic, payload, false, attributes, handed));
    var copy = new Message(topic, payload, false, attributes, null);
    for (MqttConnection each : subscribers) {
      if (each != owner && each.subscriptions().wants(topic)) {
        each.deliverLater(copy);
      }
    }
  }

  /** The kept values, for a client that has subscribed. */
  Iterable<Message> values() {
    return values.values();
  }

  /** A connection has filters now that it had not before. */
  void subscribed(MqttConnection connection) {
    subscribers.add(connection);
    subscribed.forEach(Runnable::run);
  }

  void left(MqttConnection connection) {
    subscribers.remove(connection);
  }
}
