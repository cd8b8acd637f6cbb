package io.headwater.edge.mqtt;

import io.headwater.edge.log.Append;
import io.headwater.edge.log.StateChange;
import io.netty.handler.codec.mqtt.MqttProperties;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A message on its way into the log.
 *
 * @param attributes what MQTT says of it beside topic and payload, as it stands with the row
 * @param also changes of the server's state that are on disk exactly if the message is
 * @param done told the outcome once, on another thread
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record Publish(
    String topic,
    byte[] payload,
    String clientId,
    byte @Nullable [] attributes,
    List<StateChange> also,
    Consumer<Append.Outcome> done) {
  /** The first of its MQTT 5 user properties with a name. */
  public Optional<String> userProperty(String name) {
    return MessageAttributes.userProperty(attributes, name);
  }

  /**
   * A message of the agent's own that becomes its topic's retained one.
   *
   * @param clientId who says it: {@code $output/pump}
   */
  public static Publish retained(
      String topic, byte[] payload, String clientId, Consumer<Append.Outcome> done) {
    return new Publish(
        topic,
        payload,
        clientId,
        MessageAttributes.of(1, true, MqttProperties.NO_PROPERTIES),
        List.of(new StateChange.Retain()),
        done);
  }

  /** A message of the agent's own at QoS 0. */
  public static Publish atMostOnce(
      String topic, byte[] payload, String clientId, Consumer<Append.Outcome> done) {
    return new Publish(
        topic,
        payload,
        clientId,
        MessageAttributes.of(0, false, MqttProperties.NO_PROPERTIES),
        List.of(),
        done);
  }

  /** The same, but somebody else is told. */
  public Publish tell(Consumer<Append.Outcome> instead) {
    return new Publish(topic, payload, clientId, attributes, also, instead);
  }

  /**
   * A message of another broker.
   *
   * @param origin see {@link RemoteOrigin}
   * @param qos at which it came
   * @param hops links between brokers that it has crossed, see {@link Hops}
   */
  public static Publish fromBroker(
      String topic,
      byte[] payload,
      String origin,
      int qos,
      int hops,
      Consumer<Append.Outcome> done) {
    return new Publish(topic, payload, origin, Hops.attributes(qos, hops), List.of(), done);
  }
}
