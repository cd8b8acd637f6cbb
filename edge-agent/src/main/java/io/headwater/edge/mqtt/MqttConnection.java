package io.headwater.edge.mqtt;

import io.headwater.edge.log.Append;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttIdentifierRejectedException;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttReasonCodes.Disconnect;
import io.netty.handler.codec.mqtt.MqttReasonCodes.PubAck;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import io.netty.handler.codec.mqtt.MqttUnacceptableProtocolVersionException;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import io.netty.handler.codec.mqtt.MqttVersion;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's connection. All state is confined to its event loop.
 *
 * <p>Publishes are handed to the log in the order of receipt; their acknowledgements leave in the
 * same order. A publish that has been handed over is committed or refused whatever becomes of the
 * connection.
 */
final class MqttConnection extends ChannelInboundHandlerAdapter {
  private static final Logger LOGGER = LoggerFactory.getLogger(MqttConnection.class);
  private static final int LONGEST_CLIENT_ID = 256;
  private static final long RETRY_MILLIS = 5;
  private static final int NO_SUBSCRIPTION = 0x11;
  private static final int NOT_AUTHORIZED = 0x87;
  private static final int QUOTA_EXCEEDED = 0x97;

  private enum State {
    OPEN,
    /** CONNECT is checked; what follows it waits in {@link Handshake}. */
    AUTHENTICATING,
    LIVE,
    CLOSED
  }

  /** An acknowledgement that is due, in order; {@code reply} is there once the outcome is. */
  private static final class AckSlot {
    private final int packetId;
    private @Nullable MqttMessage reply;
    private boolean closeInstead;

    AckSlot(int packetId) {
      this.packetId = packetId;
    }
  }

  /** A publish that waits for room in the log's queue. */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  private record Held(String topic, byte[] payload, @Nullable AckSlot slot, long sinceNanos) {}

  private final PublishSink sink;
  private final LocalDelivery delivery;
  private final Outbox outbox;
  private final ClientRegistry registry;
  private final MqttSettings settings;
  private final Flight flight;
  private final FilterQuota filters;
  private final MqttMetrics metrics;
  private final Deque<AckSlot> acks = new ArrayDeque<>();
  private final Deque<Held> held = new ArrayDeque<>();
  private final TopicAliases aliases = new TopicAliases();
  private final Reading reading = new Reading();
  private final Handshake handshake;
  private Rights rights = Rights.ALL;
  private State state = State.OPEN;
  private boolean v5;
  private String clientId = "";
  private volatile Subscriptions subscriptions;
  private volatile @Nullable ChannelHandlerContext context;
  private @Nullable ScheduledFuture<?> connectTimer;
  private boolean retryScheduled;

  MqttConnection(MqttServer server, MqttSettings settings, Flight flight) {
    this.sink = server.sink();
    this.delivery = server.delivery();
    this.registry = server.registry();
    this.filters = server.filters();
    this.metrics = server.metrics();
    this.settings = settings;
    this.flight = flight;
    this.outbox = new Outbox(metrics);
    this.handshake = new Handshake(server.admission(), reading);
    this.subscriptions = new Subscriptions("", Rights.ALL, filters);
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    context = ctx;
    connectTimer =
        ctx.executor()
            .schedule(
                () -> {
                  if (state == State.OPEN || state == State.AUTHENTICATING) {
                    metrics.refused("connect-timeout");
                    ctx.close();
                  }
                },
                settings.connectTimeout().toMillis(),
                TimeUnit.MILLISECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object received) {
    if (handshake.hold(received)) {
      return;
    }
    try {
      if (state == State.CLOSED || !(received instanceof MqttMessage message)) {
        return;
      }
      if (message.decoderResult().isFailure()) {
        malformed(ctx, message.decoderResult().cause());
      } else if (state == State.OPEN) {
        first(ctx, message);
      } else {
        live(ctx, message);
      }
    } catch (ProtocolViolation e) {
      violated(ctx, e.code(), String.valueOf(e.getMessage()));
    } finally {
      ReferenceCountUtil.release(received);
    }
  }

  private void first(ChannelHandlerContext ctx, MqttMessage message) {
    if (!(message instanceof MqttConnectMessage connect)) {
      metrics.refused("no-connect");
      close(ctx);
      return;
    }
    v5 = connect.variableHeader().version() == MqttVersion.MQTT_5.protocolLevel();
    String given = connect.payload().clientIdentifier();
    boolean clean = connect.variableHeader().isCleanSession();
    if (given.isEmpty() && !v5 && !clean) {
      refuse(
          ctx,
          MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED,
          "an empty client identifier needs a clean session");
      return;
    }
    if (ByteBufUtil.utf8Bytes(given) > LONGEST_CLIENT_ID) {
      refuse(
          ctx,
          v5
              ? MqttConnectReturnCode.CONNECTION_REFUSED_CLIENT_IDENTIFIER_NOT_VALID
              : MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED,
          "a client identifier has at most " + LONGEST_CLIENT_ID + " bytes");
      return;
    }
    if (connect.variableHeader().willQos() > 2) {
      refuse(ctx, malformedCode(), "will QoS " + connect.variableHeader().willQos());
      return;
    }
    if (v5 && connect.variableHeader().isWillFlag() && connect.variableHeader().willQos() == 2) {
      refuse(
          ctx,
          MqttConnectReturnCode.CONNECTION_REFUSED_QOS_NOT_SUPPORTED,
          "QoS 2 is not served yet, not for a will either");
      return;
    }
    if (v5
        && connect.variableHeader().properties().getProperty(MqttProperties.AUTHENTICATION_METHOD)
            != null) {
      refuse(
          ctx,
          MqttConnectReturnCode.CONNECTION_REFUSED_BAD_AUTHENTICATION_METHOD,
          "enhanced authentication is not offered");
      return;
    }
    if (!v5 && connect.variableHeader().hasPassword() && !connect.variableHeader().hasUserName()) {
      metrics.refused("malformed"); // MQTT-3.1.2-22
      close(ctx);
      return;
    }
    clientId = given.isEmpty() ? ClientRegistry.GIVEN + UUID.randomUUID() : given;
    state = State.AUTHENTICATING;
    handshake.begin(ctx, connect, clientId, verdict -> judged(ctx, connect, verdict));
  }

  private void judged(
      ChannelHandlerContext ctx, MqttConnectMessage connect, Admission.Verdict verdict) {
    switch (verdict) {
      case Admission.Refused(Admission.Reason reason, String explanation) ->
          refuse(ctx, reason, explanation);
      case Admission.Admitted(Rights granted) -> {
        String will = connect.payload().willTopic();
        if (connect.variableHeader().isWillFlag() && will != null && !granted.mayPublish(will)) {
          refuse(ctx, Admission.Reason.NOT_AUTHORIZED, "the will's topic may not be published to");
        } else {
          rights = granted;
          admitted(ctx, connect);
        }
      }
    }
  }

  private void admitted(ChannelHandlerContext ctx, MqttConnectMessage connect) {
    if (connect.variableHeader().isWillFlag()) {
      // Better to say so than to lose a will in silence.
      metrics.refused("will");
      LOGGER
          .atWarn()
          .addKeyValue("clientId", clientId)
          .log("The will of a client is not kept: wills are not served yet");
    }
    subscriptions = new Subscriptions(clientId, rights, filters);
    if (v5) {
      outbox.limits(connect.variableHeader().properties());
    }
    MqttConnection before = registry.take(clientId, this);
    if (before != null && before != this) {
      before.takenOver();
    }
    if (connectTimer != null) {
      connectTimer.cancel(false);
    }
    Reading.keepAlive(ctx, connect.variableHeader().keepAliveTimeSeconds());
    state = State.LIVE;
    boolean assigned = connect.payload().clientIdentifier().isEmpty();
    ctx.writeAndFlush(Replies.accepted(v5, settings, assigned ? clientId : null));
    handshake.end(ctx, message -> channelRead(ctx, message));
  }

  private MqttConnectReturnCode malformedCode() {
    return v5
        ? MqttConnectReturnCode.CONNECTION_REFUSED_MALFORMED_PACKET
        : MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE;
  }

  private void refuse(ChannelHandlerContext ctx, Admission.Reason reason, String explanation) {
    metrics.refused(reason.counted());
    refused(ctx, reason.code(v5), explanation);
  }

  private void refuse(ChannelHandlerContext ctx, MqttConnectReturnCode code, String reason) {
    metrics.refused("connect");
    refused(ctx, code, reason);
  }

  private void refused(ChannelHandlerContext ctx, MqttConnectReturnCode code, String reason) {
    state = State.CLOSED;
    handshake.discard();
    ctx.writeAndFlush(Replies.refused(code, v5, reason)).addListener(ChannelFutureListener.CLOSE);
  }

  private void live(ChannelHandlerContext ctx, MqttMessage message) throws ProtocolViolation {
    switch (message) {
      case MqttPublishMessage publish -> publish(ctx, publish);
      case MqttSubscribeMessage subscribe -> subscribe(ctx, subscribe);
      case MqttUnsubscribeMessage unsubscribe -> unsubscribe(unsubscribe);
      default -> other(ctx, message);
    }
  }

  private void subscribe(ChannelHandlerContext ctx, MqttSubscribeMessage subscribe)
      throws ProtocolViolation {
    List<MqttTopicSubscription> wanted = subscribe.payload().topicSubscriptions();
    if (wanted.isEmpty()) {
      throw new ProtocolViolation(Disconnect.PROTOCOL_ERROR, "SUBSCRIBE without a filter");
    }
    if (subscribe
            .idAndPropertiesVariableHeader()
            .properties()
            .getProperty(MqttProperties.SUBSCRIPTION_IDENTIFIER)
        != null) {
      throw new ProtocolViolation(
          Disconnect.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
          "subscription identifiers are not served yet");
    }
    var codes = new ArrayList<Integer>();
    var fresh =
        new Subscriptions(
            clientId,
            rights,
            new FilterQuota(settings::limits)); // those that the kept values come for
    for (MqttTopicSubscription each : wanted) {
      Subscriptions.Added added =
          codes.size() < settings.limits().filtersPerSubscribe()
              ? add(each)
              : new Subscriptions.Added(QUOTA_EXCEEDED, false);
      boolean refused = added.code() >= 0x80;
      if (refused) {
        metrics.refused("subscribe");
      } else if (added.values()) {
        fresh.add(each);
      }
      codes.add(refused && !v5 ? 0x80 : added.code());
    }
    if (!subscriptions.isEmpty()) {
      delivery.subscribed(this); // before SUBACK: from then on nothing is missed
    }
    reply(
        subscribe.variableHeader().messageId(),
        Replies.subAck(subscribe.variableHeader().messageId(), codes));
    if (!fresh.isEmpty()) {
      for (LocalDelivery.Message value : delivery.values()) {
        fresh.qos(value).ifPresent(qos -> outbox.deliver(ctx, value, qos));
      }
    }
  }

  private Subscriptions.Added add(MqttTopicSubscription wanted) {
    String filter = wanted.topicFilter();
    return Subscriptions.isFilter(filter) && !rights.maySubscribe(filter)
        ? new Subscriptions.Added(NOT_AUTHORIZED, false)
        : subscriptions.add(wanted);
  }

  private void unsubscribe(MqttUnsubscribeMessage unsubscribe) {
    List<String> filters = unsubscribe.payload().topics();
    short[] codes = new short[filters.size()];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (short) (subscriptions.remove(filters.get(i)) ? 0 : NO_SUBSCRIPTION);
    }
    if (subscriptions.isEmpty()) {
      delivery.left(this);
    }
    reply(
        unsubscribe.variableHeader().messageId(),
        Replies.unsubAck(unsubscribe.variableHeader().messageId(), v5 ? codes : new short[0]));
  }

  /** Whether its socket is read. */
  Reading reading() {
    return reading;
  }

  /** What this client is subscribed to. */
  Subscriptions subscriptions() {
    return subscriptions;
  }

  /** Called by any thread. */
  void deliverLater(LocalDelivery.Message message) {
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      tell(ctx, () -> deliver(ctx, message));
    }
  }

  private void deliver(ChannelHandlerContext ctx, LocalDelivery.Message message) {
    Optional<Integer> qos = subscriptions.qos(message);
    if (state == State.LIVE && qos.isPresent()) {
      outbox.deliver(ctx, message, qos.get());
    } else if (message.handed() != null) {
      message.handed().accept(LocalDelivery.Handed.NOT_SENT);
    }
  }

  private void acknowledged(ChannelHandlerContext ctx, MqttMessage message) {
    switch (message.variableHeader()) {
      case MqttPubReplyMessageVariableHeader reply ->
          outbox.acknowledged(ctx, reply.messageId(), reply.reasonCode() & 0xFF);
      case MqttMessageIdVariableHeader id -> outbox.acknowledged(ctx, id.messageId(), 0);
      case null, default -> {
        // The decoder gives one of these.
      }
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    outbox.goOn(ctx);
    ctx.fireChannelWritabilityChanged();
  }

  private void other(ChannelHandlerContext ctx, MqttMessage message) throws ProtocolViolation {
    MqttMessageType type = message.fixedHeader().messageType();
    switch (type) {
      case PUBACK -> acknowledged(ctx, message);
      case PINGREQ -> ctx.writeAndFlush(Replies.PINGRESP);
      case DISCONNECT -> close(ctx);
      default -> throw new ProtocolViolation(Disconnect.PROTOCOL_ERROR, type + " is out of place");
    }
  }

  private void publish(ChannelHandlerContext ctx, MqttPublishMessage publish)
      throws ProtocolViolation {
    int qos = publish.fixedHeader().qosLevel().value();
    if (qos > 1) {
      throw new ProtocolViolation(Disconnect.QOS_NOT_SUPPORTED, "QoS 2 is not served yet");
    }
    metrics.published(qos);
    String topic = topic(publish);
    if (acks.size() >= settings.receiveMaximum() && qos == 1 && v5) {
      throw new ProtocolViolation(
          Disconnect.RECEIVE_MAXIMUM_EXCEEDED,
          "more than " + settings.receiveMaximum() + " publishes are unacknowledged");
    }
    AckSlot slot = null;
    if (qos == 1) {
      slot = new AckSlot(publish.variableHeader().packetId());
      acks.add(slot);
    }
    PubAck refusal = refusal(publish, topic);
    if (refusal != null) {
      metrics.refused(refusal.name().toLowerCase(Locale.ROOT));
      complete(slot, refusal);
      return;
    }
    byte[] payload = ByteBufUtil.getBytes(publish.payload());
    LocalDelivery.Responses responses = delivery.responses();
    if (responses != null && responses.take(topic)) {
      responses.response(topic, payload, correlation(publish), outcome(slot));
      return;
    }
    if (!held.isEmpty() || !offer(topic, payload, slot)) {
      held.add(new Held(topic, payload, slot, System.nanoTime()));
      retryLater(ctx);
    }
    pauseOrResume(ctx);
  }

  private String topic(MqttPublishMessage publish) throws ProtocolViolation {
    String topic = publish.variableHeader().topicName();
    var alias = publish.variableHeader().properties().getProperty(MqttProperties.TOPIC_ALIAS);
    if (v5 && alias != null) {
      return aliases.resolve((Integer) alias.value(), topic);
    }
    if (topic.isEmpty()) {
      throw new ProtocolViolation(Disconnect.PROTOCOL_ERROR, "PUBLISH without a topic");
    }
    return topic;
  }

  private @Nullable PubAck refusal(MqttPublishMessage publish, String topic) {
    if (ByteBufUtil.utf8Bytes(topic) > settings.limits().topicBytes()
        || topic.chars().filter(c -> c == '/').count() >= settings.limits().topicLevels()) {
      return PubAck.TOPIC_NAME_INVALID;
    }
    if (topic.startsWith("$SYS/") || topic.startsWith("$share/") || !rights.mayPublish(topic)) {
      return PubAck.NOT_AUTHORIZED;
    }
    // MQTT 5 clients were told that nothing is retained; the others' readings are kept as readings.
    return v5 && publish.fixedHeader().isRetain() ? PubAck.IMPLEMENTATION_SPECIFIC_ERROR : null;
  }

  private boolean offer(String topic, byte[] payload, @Nullable AckSlot slot) {
    long bytes = Flight.bytes(topic, payload);
    if (!flight.reserve(bytes)) {
      return false;
    }
    boolean taken =
        sink.offer(
            topic,
            payload,
            clientId,
            outcome -> {
              flight.release(bytes);
              if (outcome == Append.Outcome.COMMITTED) {
                delivery.publish(topic, payload, clientId);
              }
              outcome(slot).accept(outcome);
            });
    if (!taken) {
      flight.release(bytes);
    }
    return taken;
  }

  /** Completes an acknowledgement; may be called by any thread. */
  private Consumer<Append.Outcome> outcome(@Nullable AckSlot slot) {
    ChannelHandlerContext ctx = context;
    return outcome -> {
      if (slot != null && ctx != null) {
        tell(ctx, () -> complete(slot, code(outcome)));
      }
    };
  }

  private static byte @Nullable [] correlation(MqttPublishMessage publish) {
    return publish.variableHeader().properties().getProperty(MqttProperties.CORRELATION_DATA)
            instanceof MqttProperties.BinaryProperty data
        ? data.value()
        : null;
  }

  private static void tell(ChannelHandlerContext ctx, Runnable outcome) {
    try {
      ctx.executor().execute(outcome);
    } catch (RejectedExecutionException _) {
      // The listener is closed, and with it the connection.
    }
  }

  private static PubAck code(Append.Outcome outcome) {
    return switch (outcome) {
      case COMMITTED -> PubAck.SUCCESS;
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
      if (offer(next.topic(), next.payload(), next.slot())) {
        held.removeFirst();
      } else if (System.nanoTime() - next.sinceNanos() > settings.holdLimit().toNanos()) {
        held.removeFirst();
        metrics.refused("queue-full");
        complete(next.slot(), PubAck.QUOTA_EXCEEDED);
      } else {
        retryLater(ctx);
        break;
      }
    }
    pauseOrResume(ctx);
  }

  private void reply(int packetId, MqttMessage reply) {
    var slot = new AckSlot(packetId);
    slot.reply = reply;
    acks.add(slot);
    drain();
  }

  /** 3.1.1 knows no refusal: its connection ends, so that the client sends again. */
  private void complete(@Nullable AckSlot slot, PubAck code) {
    if (slot == null) {
      return;
    }
    slot.reply = Replies.pubAck(slot.packetId, code.byteValue());
    slot.closeInstead = !v5 && code != PubAck.SUCCESS;
    drain();
  }

  private void drain() {
    ChannelHandlerContext ctx = context;
    if (ctx == null) {
      return;
    }
    boolean wrote = false;
    while (!acks.isEmpty() && acks.getFirst().reply != null) {
      AckSlot slot = acks.removeFirst();
      if (state == State.CLOSED) {
        continue;
      }
      if (slot.closeInstead) {
        ctx.flush(); // what was acknowledged before it must not come again
        close(ctx);
        continue;
      }
      ctx.write(slot.reply);
      wrote = true;
    }
    if (wrote) {
      ctx.flush();
    }
    pauseOrResume(ctx);
  }

  private void pauseOrResume(ChannelHandlerContext ctx) {
    if (!held.isEmpty() || acks.size() >= settings.receiveMaximum()) {
      reading.pause(ctx, Reading.Pause.BACKLOG);
    } else if (acks.size() <= settings.receiveMaximum() / 4) {
      reading.resume(ctx, Reading.Pause.BACKLOG);
    }
  }

  /** Called by the newcomer's event loop. */
  private void takenOver() {
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      ctx.executor()
          .execute(
              () -> violated(ctx, Disconnect.SESSION_TAKEN_OVER, "another connection took over"));
    }
  }

  private void violated(ChannelHandlerContext ctx, Disconnect code, String reason) {
    metrics.refused(code.name().toLowerCase(Locale.ROOT));
    if (state == State.LIVE && v5) {
      ctx.writeAndFlush(Replies.disconnect(code, reason));
    }
    close(ctx);
  }

  private void malformed(ChannelHandlerContext ctx, @Nullable Throwable cause) {
    metrics.refused("malformed", client(ctx) + ": " + (cause == null ? "" : cause.getMessage()));
    if (state == State.LIVE) {
      violated(
          ctx,
          cause instanceof TooLongFrameException
              ? Disconnect.PACKET_TOO_LARGE
              : Disconnect.MALFORMED_PACKET,
          cause == null ? "malformed" : String.valueOf(cause.getMessage()));
    } else if (cause instanceof MqttUnacceptableProtocolVersionException) {
      refuse(
          ctx,
          MqttConnectReturnCode.CONNECTION_REFUSED_UNACCEPTABLE_PROTOCOL_VERSION,
          "MQTT 3.1.1 and 5 are spoken here");
    } else if (cause instanceof MqttIdentifierRejectedException) {
      refuse(
          ctx,
          MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED,
          "the client identifier is not accepted");
    } else {
      close(ctx);
    }
  }

  private static String client(ChannelHandlerContext ctx) {
    return String.valueOf(ctx.channel().remoteAddress());
  }

  private void close(ChannelHandlerContext ctx) {
    state = State.CLOSED;
    handshake.discard();
    ctx.close();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof PacketFramer.Failure failure) {
      switch (failure) {
        case PACKET_TIMEOUT -> {
          metrics.refused("packet-timeout", client(ctx));
          close(ctx);
        }
        case NO_ROOM -> {
          metrics.refused("memory", client(ctx));
          violated(ctx, Disconnect.QUOTA_EXCEEDED, "there is no room for the packet");
        }
      }
    }
    if (event instanceof IdleStateEvent && !reading.isPaused()) {
      violated(ctx, Disconnect.KEEP_ALIVE_TIMEOUT, "nothing was heard for 1.5 keep-alives");
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    state = State.CLOSED;
    handshake.discard();
    delivery.left(this);
    outbox.close();
    subscriptions.clear();
    registry.leave(clientId, this);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof DecoderException && cause.getCause() instanceof SSLException) {
      metrics.refused("tls", client(ctx) + ": " + cause.getCause().getMessage());
    } else if (!(cause instanceof IOException)) {
      LOGGER.atWarn().setCause(cause).log("A connection failed");
    }
    close(ctx);
  }
}
