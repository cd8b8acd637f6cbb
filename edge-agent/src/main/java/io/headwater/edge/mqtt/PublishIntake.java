package io.headwater.edge.mqtt;

import io.headwater.edge.log.Append;
import io.headwater.edge.log.StateChange;
import io.headwater.edge.mqtt.AckQueue.Slot;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttReasonCodes.Disconnect;
import io.netty.handler.codec.mqtt.MqttReasonCodes.PubAck;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Takes a client's publishes into the log. Confined to the connection's event loop.
 *
 * <p>They are handed over in the order of receipt. A publish that has been handed over is committed
 * or refused whatever becomes of the connection. Of QoS 2 the packet identifier goes to disk in the
 * transaction of the message, if the session outlives its connection, and is deleted before
 * PUBCOMP: between the two the message is known, however often it comes.
 */
final class PublishIntake {
  private static final long RETRY_MILLIS = 5;

  /** A publish that waits for room in the log's queue. */
  private record Held(Publish publish, Ack ack, long sinceNanos) {}

  /** What is to be answered; {@code slot} is null at QoS 0. */
  private record Ack(int qos, int packetId, @Nullable Slot slot) {}

  private final PublishSink sink;
  private final LocalDelivery delivery;
  private final MqttSettings settings;
  private final Flight flight;
  private final MqttMetrics metrics;
  private final AckQueue acks;
  private final Deque<Held> held = new ArrayDeque<>();
  private final TopicAliases aliases = new TopicAliases();
  private final InboundIds inbound = new InboundIds();
  private final Client client;
  private int unfinishedQos1;
  private boolean retryScheduled;

  /**
   * @param open packet identifiers of the client's earlier QoS 2 publishes
   */
  PublishIntake(
      PublishSink sink,
      LocalDelivery delivery,
      MqttSettings settings,
      Flight flight,
      MqttMetrics metrics,
      AckQueue acks,
      Client client,
      List<Integer> open) {
    this.sink = sink;
    this.delivery = delivery;
    this.settings = settings;
    this.flight = flight;
    this.metrics = metrics;
    this.acks = acks;
    this.client = client;
    open.forEach(id -> inbound.put(id, InboundIds.State.OPEN));
  }

  /** Whether all that was read is handed over or answered. */
  boolean isDrained() {
    return held.isEmpty();
  }

  void publish(ChannelHandlerContext ctx, MqttPublishMessage publish) throws ProtocolViolation {
    int qos = publish.fixedHeader().qosLevel().value();
    int packetId = qos == 0 ? 0 : publish.variableHeader().packetId();
    metrics.published(qos);
    String topic = topic(publish);
    InboundIds.State known = qos == 2 ? inbound.state(packetId) : null;
    if (qos > 0
        && known == null
        && client.v5()
        && unfinishedQos1 + inbound.size() >= settings.receiveMaximum()) {
      throw new ProtocolViolation(
          Disconnect.RECEIVE_MAXIMUM_EXCEEDED,
          "more than " + settings.receiveMaximum() + " publishes are unacknowledged");
    }
    var ack = new Ack(qos, packetId, qos == 0 ? null : acks.add());
    if (ack.slot() != null && known != null) {
      repeated(packetId, ack.slot(), known);
      return;
    }
    PubAck refusal = refusal(topic);
    if (refusal != null) {
      metrics.refused(refusal.name().toLowerCase(Locale.ROOT));
      answer(ack, refusal);
      return;
    }
    if (qos == 2) {
      inbound.put(packetId, InboundIds.State.PENDING);
    } else if (qos == 1) {
      unfinishedQos1++;
    }
    byte[] payload = ByteBufUtil.getBytes(publish.payload());
    LocalDelivery.Responses responses = delivery.responses();
    if (responses != null && responses.take(topic)) {
      responses.response(
          topic, payload, correlation(publish), outcome -> respondedTo(ack, outcome));
      return;
    }
    long bytes = Flight.bytes(topic, payload);
    var offered =
        new Publish(
            topic,
            payload,
            client.id(),
            MessageAttributes.of(
                qos, publish.fixedHeader().isRetain(), publish.variableHeader().properties()),
            also(ack, publish.fixedHeader().isRetain()),
            outcome -> {
              flight.release(bytes);
              client.tasks().add(() -> settle(ack, code(outcome)));
            });
    if (!held.isEmpty() || !offer(offered)) {
      held.add(new Held(offered, ack, System.nanoTime()));
      retryLater(ctx);
    }
  }

  private boolean offer(Publish publish) {
    long bytes = Flight.bytes(publish.topic(), publish.payload());
    if (!flight.reserve(bytes)) {
      return false;
    }
    boolean taken = sink.offer(publish);
    if (!taken) {
      flight.release(bytes);
    }
    return taken;
  }

  private List<StateChange> also(Ack ack, boolean retain) {
    boolean record = ack.qos() == 2 && client.isRecorded();
    if (!retain && !record) {
      return List.of();
    }
    var also = new ArrayList<StateChange>(2);
    if (retain) {
      also.add(new StateChange.Retain());
    }
    if (record) {
      also.add(new StateChange.OpenInbound(client.id(), ack.packetId()));
    }
    return also;
  }

  /** The answer to a command is no row; its packet identifier is recorded by itself. */
  private void respondedTo(Ack ack, Append.Outcome outcome) {
    if (outcome == Append.Outcome.COMMITTED && ack.qos() == 2 && client.isRecorded()) {
      client
          .store()
          .write(
              List.of(new StateChange.OpenInbound(client.id(), ack.packetId())),
              null,
              client.tasks(),
              result -> settle(ack, code(result.outcome())));
    } else {
      client.tasks().add(() -> settle(ack, code(outcome)));
    }
  }

  /** Whatever the DUP flag says. */
  private void repeated(int packetId, Slot slot, InboundIds.State known) {
    if (known == InboundIds.State.PENDING) {
      inbound.repeated(packetId, slot);
    } else {
      answer(new Ack(2, packetId, slot), PubAck.SUCCESS);
    }
  }

  private String topic(MqttPublishMessage publish) throws ProtocolViolation {
    String topic = publish.variableHeader().topicName();
    var alias = publish.variableHeader().properties().getProperty(MqttProperties.TOPIC_ALIAS);
    if (client.v5() && alias != null) {
      return aliases.resolve((Integer) alias.value(), topic);
    }
    if (topic.isEmpty()) {
      throw new ProtocolViolation(Disconnect.PROTOCOL_ERROR, "PUBLISH without a topic");
    }
    return topic;
  }

  private @Nullable PubAck refusal(String topic) {
    if (!isTopic(topic, settings.limits())) {
      return PubAck.TOPIC_NAME_INVALID;
    }
    return isReserved(topic) || !client.rights().mayPublish(topic) ? PubAck.NOT_AUTHORIZED : null;
  }

  static boolean isTopic(String topic, MqttLimits limits) {
    return ByteBufUtil.utf8Bytes(topic) <= limits.topicBytes()
        && topic.chars().filter(c -> c == '/').count() < limits.topicLevels();
  }

  static boolean isReserved(String topic) {
    return topic.startsWith("$SYS/") || topic.startsWith("$share/");
  }

  private static byte @Nullable [] correlation(MqttPublishMessage publish) {
    return publish.variableHeader().properties().getProperty(MqttProperties.CORRELATION_DATA)
            instanceof MqttProperties.BinaryProperty data
        ? data.value()
        : null;
  }

  private static PubAck code(Append.Outcome outcome) {
    return switch (outcome) {
      case COMMITTED, QUEUED -> PubAck.SUCCESS;
      case DISK_FULL -> PubAck.QUOTA_EXCEEDED;
      case FAILED -> PubAck.IMPLEMENTATION_SPECIFIC_ERROR;
    };
  }

  private void retryLater(ChannelHandlerContext ctx) {
    if (!retryScheduled) {
      retryScheduled = true;
      ctx.executor().schedule(() -> retry(ctx), RETRY_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** Also runs for a closed connection: what was read from it still belongs into the log. */
  private void retry(ChannelHandlerContext ctx) {
    retryScheduled = false;
    while (!held.isEmpty()) {
      Held next = held.getFirst();
      if (offer(next.publish())) {
        held.removeFirst();
      } else if (System.nanoTime() - next.sinceNanos() > settings.holdLimit().toNanos()) {
        held.removeFirst();
        metrics.refused("queue-full");
        settle(next.ack(), PubAck.QUOTA_EXCEEDED);
      } else {
        retryLater(ctx);
        break;
      }
    }
    client.tasks().add(() -> {}); // brings what is answered on its way
  }

  /** The outcome of a publish is known. */
  private void settle(Ack ack, PubAck code) {
    if (ack.qos() == 1) {
      unfinishedQos1--;
    } else if (ack.qos() == 2) {
      for (Slot repeat : inbound.takeRepeats(ack.packetId())) {
        answer(new Ack(2, ack.packetId(), repeat), code);
      }
      if (code == PubAck.SUCCESS) {
        inbound.put(ack.packetId(), InboundIds.State.OPEN);
      } else {
        inbound.remove(ack.packetId());
      }
    }
    answer(ack, code);
  }

  /** 3.1.1 knows no refusal: its connection ends, so that the client sends again. */
  private void answer(Ack ack, PubAck code) {
    Slot slot = ack.slot();
    if (slot == null) {
      return;
    }
    if (!client.v5() && code != PubAck.SUCCESS) {
      acks.closeInstead(slot);
    } else {
      acks.complete(
          slot,
          Replies.received(
              ack.qos() == 1 ? MqttMessageType.PUBACK : MqttMessageType.PUBREC,
              ack.packetId(),
              code.byteValue(),
              client.reasons(),
              reason(code)));
    }
  }

  private String reason(PubAck code) {
    return switch (code) {
      case TOPIC_NAME_INVALID ->
          "a topic has at most "
              + settings.limits().topicBytes()
              + " bytes and "
              + settings.limits().topicLevels()
              + " levels";
      case NOT_AUTHORIZED -> "no right to publish to this topic";
      case QUOTA_EXCEEDED -> "there is no room for it now";
      case IMPLEMENTATION_SPECIFIC_ERROR -> "it could not be written to the log";
      default -> "";
    };
  }

  /** A PUBREL: the identifier is free again once that is on disk. */
  void release(int packetId) throws ProtocolViolation {
    InboundIds.State known = inbound.state(packetId);
    if (known == InboundIds.State.PENDING) {
      throw new ProtocolViolation(
          Disconnect.PROTOCOL_ERROR, "PUBREL " + packetId + " came before its PUBREC");
    }
    Slot slot = acks.add();
    if (known == null) {
      acks.complete(slot, Replies.pubComp(packetId, client.v5() ? Replies.UNKNOWN_ID : 0));
    } else if (known == InboundIds.State.OPEN && client.isRecorded()) {
      inbound.put(packetId, InboundIds.State.RELEASING);
      client
          .store()
          .write(
              List.of(new StateChange.CloseInbound(client.id(), packetId)),
              null,
              client.tasks(),
              result -> released(packetId, slot, result.outcome()));
    } else {
      if (known == InboundIds.State.OPEN) {
        inbound.remove(packetId);
      }
      acks.complete(slot, Replies.pubComp(packetId, 0));
    }
  }

  private void released(int packetId, Slot slot, Append.Outcome outcome) {
    if (outcome == Append.Outcome.COMMITTED) {
      inbound.remove(packetId);
      acks.complete(slot, Replies.pubComp(packetId, 0));
    } else {
      inbound.put(packetId, InboundIds.State.OPEN);
      acks.closeInstead(slot); // the client repeats its PUBREL when it is back
    }
  }

  /** Whether reading must stop. */
  boolean isFull() {
    return !held.isEmpty() || acks.size() >= settings.receiveMaximum();
  }

  /** Whether reading may go on. */
  boolean hasRoom() {
    return held.isEmpty() && acks.size() <= settings.receiveMaximum() / 4;
  }
}
