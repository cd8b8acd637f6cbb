package io.headwater.edge.mqtt;

import io.headwater.edge.log.Append;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Brings messages to the clients that are subscribed now. Thread-safe.
 *
 * <p>Live only: there are no sessions yet, so whoever is not connected misses what is published
 * meanwhile. The newest value of a topic that {@link #setValue} gave is kept in memory and comes
 * first to whoever subscribes.
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
   * @param publisher client identifier; empty if it comes from the agent
   * @param responseTopic and {@code correlation}: where and how to answer; told to MQTT 5 clients
   * @param handed told once what became of it, if it is for one certain client
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Message(
      String topic,
      byte[] payload,
      String publisher,
      boolean retained,
      @Nullable String responseTopic,
      byte @Nullable [] correlation,
      @Nullable Consumer<Handed> handed) {
    Message asRetained() {
      return new Message(topic, payload, publisher, true, null, null, null);
    }
  }

  private final Set<MqttConnection> subscribers = ConcurrentHashMap.newKeySet();
  private final Map<String, Message> values = new ConcurrentHashMap<>();
  private final CopyOnWriteArrayList<Runnable> subscribed = new CopyOnWriteArrayList<>();
  private volatile @Nullable Responses responses;

  /** Told when somebody has subscribed, on an event loop: quick, does not throw. */
  public void onSubscription(Runnable listener) {
    subscribed.add(listener);
  }

  public void onResponse(Responses taker) {
    responses = taker;
  }

  @Nullable Responses responses() {
    return responses;
  }

  /** A reading that is committed. */
  void publish(String topic, byte[] payload, String publisher) {
    if (!subscribers.isEmpty()) {
      deliver(new Message(topic, payload, publisher, false, null, null, null));
    }
  }

  /** The newest value of a topic; null takes it away. */
  public void setValue(String topic, byte @Nullable [] value) {
    if (value == null) {
      values.remove(topic);
      return;
    }
    var message = new Message(topic, value, "", false, null, null, null);
    values.put(topic, message.asRetained());
    deliver(message);
  }

  private void deliver(Message message) {
    for (MqttConnection subscriber : subscribers) {
      if (subscriber.subscriptions().wants(message)) {
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
    var message = new Message(topic, payload, "", false, responseTopic, correlation, handed);
    owner.deliverLater(message);
    var copy = new Message(topic, payload, "", false, responseTopic, correlation, null);
    for (MqttConnection each : subscribers) {
      if (each != owner && each.subscriptions().wants(copy)) {
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
