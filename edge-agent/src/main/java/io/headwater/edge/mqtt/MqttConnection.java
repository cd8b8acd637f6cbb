package io.headwater.edge.mqtt;

import io.headwater.edge.log.Append;
import io.headwater.edge.log.StateChange;
import io.headwater.edge.log.StateWrite;
import io.headwater.edge.log.StoredSession;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttReasonCodes.Disconnect;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's connection: from CONNECT to the last acknowledgement, and who handles which packet.
 * All state is confined to its event loop.
 *
 * <p>A connection that ends lets go of its session once all that was read from it is handed to the
 * log; a newcomer with its client identifier waits for that.
 */
final class MqttConnection extends ChannelInboundHandlerAdapter {
  private static final Logger LOGGER = LoggerFactory.getLogger(MqttConnection.class);

  /** How long a session is kept whose client could not be attached to it. */
  private static final long UNATTACHED_SECONDS = 3600;

  private enum State {
    OPEN,
    /** CONNECT is checked; what follows it waits in {@link Handshake}. */
    AUTHENTICATING,
    /** The session is fetched, behind all that the client's connection before has written. */
    ATTACHING,
    LIVE,
    CLOSED
  }

  private final MqttServer server;
  private final MqttSettings settings;
  private final Flight flight;
  private final MqttMetrics metrics;
  private final AckQueue acks = new AckQueue();
  private final Outbox outbox;
  private final Reading reading = new Reading();
  private final Handshake handshake;
  private final CompletableFuture<Void> gone = new CompletableFuture<>();
  private Rights rights = Rights.ALL;
  private Reasons reasons = Reasons.NONE;
  private State state = State.OPEN;
  private boolean v5;
  private String clientId = "";
  private volatile boolean startsClean = true;
  private long expirySeconds;
  private @Nullable Will will;
  private boolean isStored;
  private volatile Subscriptions subscriptions;
  private volatile @Nullable ChannelHandlerContext context;
  private @Nullable ScheduledFuture<?> connectTimer;

  // There from ATTACHING on.
  private @Nullable PublishIntake intake;
  private @Nullable RowDelivery rows;
  private @Nullable SubscriptionRequests requests;
  private List<StateChange> rest = List.of();
  private boolean attaching;
  private boolean attached;
  private boolean inactive;
  private boolean letGo;

  MqttConnection(MqttServer server, MqttSettings settings, Flight flight) {
    this.server = server;
    this.settings = settings;
    this.flight = flight;
    this.metrics = server.metrics();
    this.outbox = new Outbox(metrics, server.clock());
    this.handshake = new Handshake(server.admission(), reading);
    this.subscriptions = new Subscriptions("", Rights.ALL);
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
    flushAcks();
  }

  private void first(ChannelHandlerContext ctx, MqttMessage message) {
    if (!(message instanceof MqttConnectMessage connect)) {
      metrics.refused("no-connect");
      close(ctx);
      return;
    }
    v5 = ConnectRules.isV5(connect);
    reasons = Reasons.of(connect);
    if (reasons.largestPacket() < Integer.MAX_VALUE) {
      LargestPacket.keep(ctx, reasons.largestPacket(), metrics);
    }
    ConnectRules.Refusal refusal = ConnectRules.check(connect);
    if (refusal != null) {
      refuse(ctx, refusal);
      return;
    }
    if (!v5 && connect.variableHeader().hasPassword() && !connect.variableHeader().hasUserName()) {
      metrics.refused("malformed"); // MQTT-3.1.2-22
      close(ctx);
      return;
    }
    String given = connect.payload().clientIdentifier();
    clientId = given.isEmpty() ? Sessions.GIVEN + UUID.randomUUID() : given;
    state = State.AUTHENTICATING;
    handshake.begin(ctx, connect, clientId, verdict -> judged(ctx, connect, verdict));
  }

  private void judged(
      ChannelHandlerContext ctx, MqttConnectMessage connect, Admission.Verdict verdict) {
    switch (verdict) {
      case Admission.Refused(Admission.Reason reason, String explanation) ->
          refuse(ctx, reason, explanation);
      case Admission.Admitted(Rights granted) -> {
        will = Will.of(connect);
        ConnectRules.Refusal refusal = ConnectRules.check(will, v5, granted, settings.limits());
        if (refusal != null) {
          refuse(ctx, refusal);
        } else {
          rights = granted;
          admitted(ctx, connect);
        }
      }
    }
  }

  private void admitted(ChannelHandlerContext ctx, MqttConnectMessage connect) {
    startsClean = connect.variableHeader().isCleanSession();
    expirySeconds = ConnectRules.expirySeconds(connect);
    if (v5) {
      outbox.limits(connect.variableHeader().properties());
    }
    if (connectTimer != null) {
      connectTimer.cancel(false);
    }
    state = State.ATTACHING;
    attaching = true;
    MqttConnection before = server.sessions().take(clientId, this);
    if (before == null) {
      attach(ctx, connect);
    } else {
      before.takenOver().whenComplete((_, _) -> onLoop(ctx, () -> attach(ctx, connect)));
    }
  }

  /** Runs for a connection that has closed meanwhile, too: it has taken the session over. */
  private void attach(ChannelHandlerContext ctx, MqttConnectMessage connect) {
    var tasks = new LoopTasks(ctx.executor(), this::flushAcks);
    boolean known = server.sessions().isStored(clientId);
    boolean goesOn = known && !startsClean;
    isStored = expirySeconds > 0 || will != null || goesOn;
    if (!known && !isStored) {
      attached(
          ctx,
          connect,
          tasks,
          new StateWrite.Result(Append.Outcome.COMMITTED, 0, 0, Optional.empty()));
      return;
    }
    var changes = new ArrayList<StateChange>();
    if (known && startsClean) {
      changes.add(new StateChange.EndSession(clientId));
    }
    if (isStored) {
      server.sessions().stores(clientId);
      changes.add(
          new StateChange.OpenSession(
              clientId, expirySeconds, will == null ? null : will.encode()));
    }
    server
        .store()
        .write(
            changes,
            goesOn ? clientId : null,
            tasks,
            result -> attached(ctx, connect, tasks, result));
  }

  private void attached(
      ChannelHandlerContext ctx,
      MqttConnectMessage connect,
      LoopTasks tasks,
      StateWrite.Result result) {
    attached = true;
    attaching = false;
    if (result.outcome() != Append.Outcome.COMMITTED) {
      isStored = server.sessions().isStored(clientId);
      expirySeconds = Math.max(expirySeconds, UNATTACHED_SECONDS);
      will = null;
      if (state != State.CLOSED) {
        refuse(
            ctx, Admission.Reason.BUSY, "the session cannot be written now: " + result.outcome());
      }
      letGo();
      return;
    }
    if (startsClean) {
      server.shares().ended(clientId);
    }
    if (!isStored) {
      server.sessions().forgets(clientId);
    }
    StoredSession session = result.session().orElse(null);
    var client =
        new Client(
            clientId,
            v5,
            expirySeconds > 0 || session != null,
            rights,
            reasons,
            server.store(),
            tasks);
    var filters = new Subscriptions(clientId, rights);
    if (session != null) {
      session
          .filters()
          .forEach(each ->
              filters.put(
                  each.filter(),
                  Subscription.decode(each.options(), each.identifier(), each.since())));
      server.filters().keep(filters.size());
    }
    subscriptions = filters;
    intake =
        new PublishIntake(
            server.sink(),
            server.delivery(),
            settings,
            flight,
            metrics,
            acks,
            client,
            session == null ? List.of() : session.inbound());
    var delivery =
        new RowDelivery(
            ctx,
            client,
            server.feeds().of(ctx.executor()),
            filters,
            outbox,
            metrics,
            session,
            result.position());
    rows = delivery;
    var shares = new SharedSubscriptions(ctx, client, server.shares(), outbox, delivery);
    requests =
        new SubscriptionRequests(
            ctx, this, client, acks, filters, delivery, shares, server, settings.limits());
    if (state == State.CLOSED) {
      rest = delivery.close();
      requests.close();
      PublishIntake publishes = intake;
      handshake.end(ctx, message -> late(ctx, message, publishes));
      letGo();
      return;
    }
    state = State.LIVE;
    Reading.keepAlive(ctx, ConnectRules.keepAliveSeconds(connect, settings));
    ctx.writeAndFlush(Replies.accepted(connect, settings, session != null, clientId));
    if (session != null) {
      requests.resume(session, result);
    }
    handshake.end(ctx, message -> channelRead(ctx, message));
  }

  /** What came behind CONNECT and before the end of a client that did not wait for CONNACK. */
  private void late(ChannelHandlerContext ctx, Object received, PublishIntake publishes) {
    try {
      if (received instanceof MqttPublishMessage publish && !publish.decoderResult().isFailure()) {
        publishes.publish(ctx, publish);
      } else if (received instanceof MqttMessage message
          && !message.decoderResult().isFailure()
          && message.fixedHeader().messageType() == MqttMessageType.DISCONNECT) {
        disconnected(ctx, message);
      }
    } catch (ProtocolViolation e) {
      metrics.refused(e.code().name().toLowerCase(Locale.ROOT));
    } finally {
      ReferenceCountUtil.release(received);
    }
  }

  private void refuse(ChannelHandlerContext ctx, Admission.Reason reason, String explanation) {
    metrics.refused(reason.counted());
    refused(ctx, reason.code(v5), explanation);
  }

  private void refuse(ChannelHandlerContext ctx, ConnectRules.Refusal refusal) {
    metrics.refused(refusal.counted());
    MqttConnectReturnCode code = refusal.code();
    if (code == null) {
      close(ctx);
    } else {
      refused(ctx, code, refusal.reason());
    }
  }

  private void refused(ChannelHandlerContext ctx, MqttConnectReturnCode code, String reason) {
    Linger.close(ctx, Replies.refused(code, reasons, reason));
    ended();
  }

  private void live(ChannelHandlerContext ctx, MqttMessage message) throws ProtocolViolation {
    if (intake == null || requests == null || rows == null) {
      throw new IllegalStateException("live without a session");
    }
    switch (message) {
      case MqttPublishMessage publish -> intake.publish(ctx, publish);
      case MqttSubscribeMessage subscribe -> requests.subscribe(subscribe);
      case MqttUnsubscribeMessage unsubscribe -> requests.unsubscribe(unsubscribe);
      default -> other(ctx, message, intake, rows);
    }
  }

  private void other(
      ChannelHandlerContext ctx, MqttMessage message, PublishIntake publishes, RowDelivery delivery)
      throws ProtocolViolation {
    MqttMessageType type = message.fixedHeader().messageType();
    switch (type) {
      case PUBACK -> delivery.acknowledged(packetId(message), code(message));
      case PUBREC -> delivery.received(packetId(message), code(message));
      case PUBREL -> publishes.release(packetId(message));
      case PUBCOMP -> delivery.completed(packetId(message));
      case PINGREQ -> acks.owePing();
      case DISCONNECT -> disconnected(ctx, message);
      default -> throw new ProtocolViolation(Disconnect.PROTOCOL_ERROR, type + " is out of place");
    }
  }

  private static int packetId(MqttMessage message) {
    return ((MqttMessageIdVariableHeader) message.variableHeader()).messageId();
  }

  private static int code(MqttMessage message) {
    return message.variableHeader() instanceof MqttPubReplyMessageVariableHeader reply
        ? reply.reasonCode() & 0xFF
        : 0;
  }

  private void disconnected(ChannelHandlerContext ctx, MqttMessage message)
      throws ProtocolViolation {
    int code = 0;
    if (message.variableHeader() instanceof MqttReasonCodeAndPropertiesVariableHeader header) {
      code = header.reasonCode() & 0xFF;
      if (header.properties().getProperty(MqttProperties.SESSION_EXPIRY_INTERVAL)
          instanceof MqttProperties.IntegerProperty expiry) {
        long changed = Integer.toUnsignedLong(expiry.value());
        if (expirySeconds == 0 && changed > 0) {
          throw new ProtocolViolation(
              Disconnect.PROTOCOL_ERROR, "a session without expiry gets one by its DISCONNECT");
        }
        expirySeconds = changed;
      }
    }
    if (code == 0) {
      will = null;
    }
    close(ctx);
  }

  /** Whether its socket is read. */
  Reading reading() {
    return reading;
  }

  /** What this client is subscribed to. */
  Subscriptions subscriptions() {
    return subscriptions;
  }

  /** Whether the client wants none of its earlier session. */
  boolean startsClean() {
    return startsClean;
  }

  /** Called by any thread. */
  void deliverLater(LocalDelivery.Message message) {
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      onLoop(ctx, () -> deliver(ctx, message, subscriptions));
    }
  }

  private static void onLoop(ChannelHandlerContext ctx, Runnable task) {
    try {
      ctx.executor().execute(task);
    } catch (RejectedExecutionException _) {
      // The listener is closed, and with it the connection.
    }
  }

  /** A message of the agent's own, at the QoS of those filters that it fits. */
  void deliver(ChannelHandlerContext ctx, LocalDelivery.Message message, Subscriptions filters) {
    Subscriptions.Match match = filters.match(message.topic(), "", Long.MAX_VALUE);
    if (state == State.LIVE && match != null) {
      outbox.deliver(ctx, Outgoing.of(message, match));
    } else if (message.handed() != null) {
      message.handed().accept(LocalDelivery.Handed.NOT_SENT);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (rows != null && state == State.LIVE) {
      rows.pump(); // once for all acknowledgements that have come
    }
    ctx.fireChannelReadComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      flushAcks();
    }
    if (rows != null && state == State.LIVE) {
      rows.pump();
    }
    ctx.fireChannelWritabilityChanged();
  }

  /** Sends what is acknowledged by now. */
  void flushAcks() {
    ChannelHandlerContext ctx = context;
    if (ctx == null) {
      return;
    }
    if (!acks.drain(ctx, state == State.LIVE)) {
      close(ctx);
    }
    if (intake != null) {
      if (intake.isFull() && state != State.CLOSED) {
        reading.pause(ctx, Reading.Pause.BACKLOG);
      } else if (intake.hasRoom()) {
        reading.resume(ctx, Reading.Pause.BACKLOG);
      }
      letGo();
    }
  }

  /** Called by the newcomer's event loop; completes when the session is the newcomer's. */
  private CompletableFuture<Void> takenOver() {
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      onLoop(
          ctx,
          () -> {
            violated(ctx, Disconnect.SESSION_TAKEN_OVER, "another connection took over");
            ctx.close(); // the newcomer waits
          });
    }
    return gone;
  }

  private void violated(ChannelHandlerContext ctx, Disconnect code, String reason) {
    if (state == State.CLOSED) {
      return;
    }
    metrics.refused(code.name().toLowerCase(Locale.ROOT));
    if (state == State.LIVE && v5) {
      Linger.close(ctx, Replies.disconnect(code, reasons, reason));
      ended();
    } else {
      close(ctx);
    }
  }

  private void malformed(ChannelHandlerContext ctx, @Nullable Throwable cause) {
    metrics.refused("malformed", client(ctx) + ": " + (cause == null ? "" : cause.getMessage()));
    if (state == State.LIVE) {
      violated(ctx, code(cause), cause == null ? "malformed" : String.valueOf(cause.getMessage()));
    } else if (state == State.OPEN && cause instanceof ProtocolViolation violation) {
      Linger.close(ctx, Replies.refusedUndecoded(violation.code().byteValue()));
      ended();
    } else {
      ConnectRules.Refusal refusal = ConnectRules.undecodable(cause);
      if (refusal == null) {
        close(ctx);
      } else {
        refuse(ctx, refusal);
      }
    }
  }

  private static Disconnect code(@Nullable Throwable cause) {
    return switch (cause) {
      case ProtocolViolation violation -> violation.code();
      case TooLongFrameException _ -> Disconnect.PACKET_TOO_LARGE;
      case null, default -> Disconnect.MALFORMED_PACKET;
    };
  }

  private static String client(ChannelHandlerContext ctx) {
    return String.valueOf(ctx.channel().remoteAddress());
  }

  private void close(ChannelHandlerContext ctx) {
    closed();
    ctx.close();
  }

  /** An admitted client's publishes are taken also if it is gone before it is attached. */
  private void closed() {
    if (!attaching) {
      handshake.discard();
    }
    state = State.CLOSED;
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
      ctx.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    ended();
  }

  /** Nothing more is sent. */
  private void ended() {
    if (inactive) {
      return;
    }
    closed();
    inactive = true;
    server.delivery().left(this);
    outbox.close(expirySeconds == 0);
    if (rows != null && rest.isEmpty()) {
      rest = rows.close();
    }
    if (requests != null) {
      requests.close();
    }
    letGo();
  }

  /** Gives the session up, once the connection is closed and all that was read is handed over. */
  private void letGo() {
    if (letGo || !attached || !inactive || (intake != null && !intake.isDrained())) {
      return;
    }
    letGo = true;
    Sessions.Ending ending = null;
    if (isStored) {
      ending = new Sessions.Ending(expirySeconds, will);
      if (expirySeconds > 0) {
        var changes = new ArrayList<>(rest);
        changes.add(
            new StateChange.LeaveSession(
                clientId, expirySeconds, server.clock().now(), will != null));
        server.store().write(changes);
      }
    }
    server.sessions().ended(clientId, this, ending);
    gone.complete(null);
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
