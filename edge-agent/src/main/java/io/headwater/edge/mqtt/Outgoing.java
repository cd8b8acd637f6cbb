package io.headwater.edge.mqtt;

import io.headwater.edge.clock.Capture;
import io.headwater.edge.log.LogRow;
import io.headwater.edge.mqtt.LocalDelivery.Handed;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A message for one subscriber.
 *
 * @param seq of its row; -1 if it has none
 * @param attributes see {@link MessageAttributes}
 * @param capture when it was published
 * @param qos at which it is sent
 * @param retained as its packet says
 * @param identifiers of the subscriptions that it fits
 * @param share the filter of the shared subscription that it comes by; null for none
 * @param handed told once what became of it; null if nobody asks
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record Outgoing(
    long seq,
    String topic,
    byte[] payload,
    byte @Nullable [] attributes,
    Capture capture,
    int qos,
    boolean retained,
    List<Integer> identifiers,
    @Nullable String share,
    @Nullable Consumer<Handed> handed) {
  static Outgoing of(LogRow row, int qos, boolean retained, List<Integer> identifiers) {
    return new Outgoing(
        row.seq(),
        row.mqttTopic(),
        row.value(),
        row.attributes(),
        row.capture(),
        qos,
        retained,
        identifiers,
        null,
        null);
  }

  /** A message of the agent's own. */
  static Outgoing of(LocalDelivery.Message message, Subscriptions.Match match) {
    return new Outgoing(
        -1,
        message.topic(),
        message.payload(),
        message.attributes(),
        Capture.UNKNOWN,
        Math.min(1, match.qos()),
        message.retained(),
        match.identifiers(),
        null,
        message.handed());
  }

  /** As dealt by a shared subscription. */
  Outgoing shared(String filter, Consumer<Handed> dealer) {
    return new Outgoing(
        seq, topic, payload, attributes, capture, qos, retained, identifiers, filter, dealer);
  }

  /** Whether it is recorded with its session, while it is under way. */
  boolean isRecorded() {
    return seq >= 0 && (share == null || qos == 2);
  }

  int size() {
    return payload.length + topic.length() + (attributes == null ? 0 : attributes.length) + 64;
  }

  void tell(Handed outcome) {
    if (handed != null) {
      handed.accept(outcome);
    }
  }
}
