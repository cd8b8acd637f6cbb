package io.headwater.sim.fleet;

import io.headwater.sim.fleet.FleetSettings.Version;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnAckVariableHeader;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A link on Netty's codec. It holds the client's half of the session: which packet identifiers are
 * in use, and for QoS 2 how far each delivery has come (MQTT 5, 4.1 and 4.3.3), which outlives
 * connections.
 */
final class NettyLink implements Link {
  private static final int MAX_PACKET_ID = 65_535;
  private static final int REFUSED = 0x80;

  private final Owner owner;
  private final NettyLinks links;
  private final EventLoop loop;
  private final Packets packets;
  private final FleetSettings settings;

  /** Sent and not finished, oldest first. */
  private final ArrayDeque<Delivery> unanswered = new ArrayDeque<>();

  private int lastPacketId;
  private boolean connectedBefore;
  private @Nullable Connection connection;

  NettyLink(String device, Owner owner, FleetSettings settings, NettyLinks links, EventLoop loop) {
    this.owner = owner;
    this.settings = settings;
    this.links = links;
    this.loop = loop;
    packets = new Packets(device, settings);
  }

  private boolean keepsSession() {
    return settings.protocol().qos() == 2;
  }

  @Override
  public void open() {
    var opening = new Connection();
    connection = opening;
    ChannelFuture connecting =
        links
            .bootstrap()
            .clone(loop)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    links.tls(channel.alloc()).ifPresent(channel.pipeline()::addLast);
                    channel
                        .pipeline()
                        .addLast(new MqttDecoder(Packets.LARGEST), MqttEncoder.INSTANCE, opening);
                  }
                })
            .connect();
    opening.channel = connecting.channel();
    connecting.addListener((ChannelFuture done) -> {
      if (!done.isSuccess()) {
        opening.endBecause(Failure.Kind.NO_ANSWER, String.valueOf(done.cause().getMessage()));
        ended(opening);
      }
    });
  }

  @Override
  public boolean isWritable() {
    return connection != null && connection.channel != null && connection.channel.isWritable();
  }

  @Override
  public void publish(Delivery delivery) {
    Connection open = connection;
    if (open == null || open.context == null) {
      return;
    }
    if (settings.protocol().qos() > 0) {
      delivery.packetId = freePacketId();
      delivery.released = false;
      unanswered.addLast(delivery);
    }
    open.write(packets.publish(open.context.alloc(), delivery, owner.payload(delivery), false));
  }

  private int freePacketId() {
    do {
      lastPacketId = lastPacketId % MAX_PACKET_ID + 1;
    } while (find(lastPacketId) != null);
    return lastPacketId;
  }

  private @Nullable Delivery find(int packetId) {
    for (Delivery delivery : unanswered) {
      if (delivery.packetId == packetId) {
        return delivery;
      }
    }
    return null;
  }

  @Override
  public void flush() {
    if (connection != null && connection.context != null) {
      connection.context.flush();
    }
  }

  @Override
  public void tick(long now) {
    Connection open = connection;
    if (open != null && open.context != null && open.accepted) {
      open.keepAlive(open.context, now);
    }
  }

  @Override
  public void breakOff() {
    if (connection != null) {
      connection.reset();
    }
  }

  @Override
  public void close() {
    Connection open = connection;
    connection = null;
    if (open != null && open.channel != null) {
      if (open.context != null && open.accepted) {
        // After what still waits to be written, at QoS 0.
        open.context.writeAndFlush(packets.disconnect()).addListener(ChannelFutureListener.CLOSE);
      } else {
        open.channel.close();
      }
    }
  }

  private void accepted(Connection opened, MqttConnAckVariableHeader answer) {
    boolean continued = keepsSession() && answer.isSessionPresent() && connectedBefore;
    connectedBefore = true;
    opened.accepted = true;
    if (continued) {
      sendAgain(opened);
    } else {
      unanswered.clear();
    }
    owner.opened(continued, property(answer, MqttProperties.RECEIVE_MAXIMUM, MAX_PACKET_ID));
  }

  /** What a connection's end left open goes on where it was (MQTT 5, 4.4). */
  private void sendAgain(Connection opened) {
    for (Delivery delivery : unanswered) {
      delivery.sentNanos = System.nanoTime();
      var allocator = opened.channel().alloc();
      opened.write(
          delivery.released
              ? packets.release(allocator, delivery.packetId)
              : packets.publish(allocator, delivery, owner.payload(delivery), true));
    }
    flush();
  }

  private void answered(Connection open, MqttMessage message) {
    var header = (MqttMessageIdVariableHeader) message.variableHeader();
    int code =
        header instanceof MqttPubReplyMessageVariableHeader reply
            ? Byte.toUnsignedInt(reply.reasonCode())
            : 0;
    Delivery delivery = find(header.messageId());
    switch (message.fixedHeader().messageType()) {
      case PUBREC -> {
        if (delivery == null || code < REFUSED) {
          if (delivery != null) {
            delivery.released = true;
            delivery.sentNanos = System.nanoTime();
          }
          open.write(packets.release(open.channel().alloc(), header.messageId()));
        } else {
          unanswered.remove(delivery);
          owner.refused(delivery, code);
        }
      }
      case PUBCOMP -> {
        // A broker that does not know the identifier any more has finished it before.
        if (delivery != null && delivery.released) {
          finished(delivery);
        }
      }
      default -> { // PUBACK
        if (delivery != null && code < REFUSED) {
          finished(delivery);
        } else if (delivery != null) {
          unanswered.remove(delivery);
          owner.refused(delivery, code);
        }
      }
    }
  }

  private void finished(Delivery delivery) {
    if (unanswered.peekFirst() == delivery) {
      unanswered.removeFirst();
    } else {
      unanswered.remove(delivery);
    }
    owner.acknowledged(delivery);
  }

  private void ended(Connection ended) {
    if (connection != ended) {
      return; // closed for good
    }
    connection = null;
    if (!keepsSession()) {
      unanswered.clear();
    }
    Failure why = ended.failure;
    owner.closed(
        why != null
            ? why
            : ended.accepted
                ? new Failure(Failure.Kind.ENDED, "the broker closed the connection")
                : new Failure(
                    Failure.Kind.NO_ANSWER, "the connection was closed before MQTT began"));
  }

  private static int property(MqttConnAckVariableHeader answer, int id, int otherwise) {
    return answer.properties().getProperty(id) instanceof MqttProperties.IntegerProperty number
        ? number.value()
        : otherwise;
  }

  /** One connection. */
  private final class Connection extends SimpleChannelInboundHandler<MqttMessage> {
    private @Nullable Channel channel;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Failure failure;
    private boolean accepted;
    private boolean pinged;
    private long writtenNanos;
    private long keepAliveNanos = TimeUnit.SECONDS.toNanos(Packets.KEEP_ALIVE_SECONDS);

    Connection() {
      super(MqttMessage.class);
    }

    Channel channel() {
      if (channel == null) {
        throw new IllegalStateException("not connected yet");
      }
      return channel;
    }

    void write(Object packet) {
      if (context != null) {
        writtenNanos = System.nanoTime();
        context.write(packet, context.voidPromise());
      }
    }

    /** The first reason counts; others follow from it. */
    void endBecause(Failure.Kind kind, String why) {
      if (failure == null) {
        failure = new Failure(kind, why);
      }
    }

    void keepAlive(ChannelHandlerContext ctx, long now) {
      long silent = now - writtenNanos;
      if (silent > keepAliveNanos / 2) {
        if (pinged) {
          endBecause(Failure.Kind.ENDED, "no answer to a ping");
          reset();
          return;
        }
        pinged = true;
        writtenNanos = now;
        ctx.writeAndFlush(MqttMessage.PINGREQ);
      }
    }

    /** RST, without TLS's goodbye. */
    void reset() {
      if (channel != null && channel.isActive()) {
        endBecause(Failure.Kind.ENDED, "given up");
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        channel.pipeline().firstContext().close();
      } else if (channel != null) {
        channel.close();
      }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      context = ctx;
      ctx.writeAndFlush(packets.connect(!keepsSession() || !connectedBefore));
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, MqttMessage message) {
      if (connection != this) {
        return;
      }
      if (message.decoderResult().isFailure()) {
        endBecause(Failure.Kind.REFUSED, "what the broker sends is not MQTT");
        ctx.close();
        return;
      }
      switch (message.fixedHeader().messageType()) {
        case CONNACK -> connectAnswered(ctx, ((MqttConnAckMessage) message).variableHeader());
        case PUBACK, PUBREC, PUBCOMP -> answered(this, message);
        case PINGRESP -> pinged = false;
        case DISCONNECT -> {
          int code =
              message.variableHeader() instanceof MqttReasonCodeAndPropertiesVariableHeader header
                  ? Byte.toUnsignedInt(header.reasonCode())
                  : 0;
          endBecause(Failure.Kind.ENDED, "the broker disconnected, " + Packets.reason(code));
          ctx.close();
        }
        default -> {
          // Nothing else concerns a device that only publishes.
        }
      }
    }

    private void connectAnswered(ChannelHandlerContext ctx, MqttConnAckVariableHeader answer) {
      int asked = settings.protocol().qos();
      int maximumQos = property(answer, MqttProperties.MAXIMUM_QOS, 2);
      MqttConnectReturnCode code = answer.connectReturnCode();
      if (code != MqttConnectReturnCode.CONNECTION_ACCEPTED) {
        endBecause(Packets.kind(code), Packets.reason(code));
        ctx.close();
      } else if (settings.protocol().version() == Version.V5 && maximumQos < asked) {
        endBecause(Failure.Kind.QOS, "takes QoS " + maximumQos + " at most");
        ctx.close();
      } else {
        keepAliveNanos =
            TimeUnit.SECONDS.toNanos(
                property(answer, MqttProperties.SERVER_KEEP_ALIVE, Packets.KEEP_ALIVE_SECONDS));
        if (keepAliveNanos == 0) {
          keepAliveNanos = Long.MAX_VALUE; // the broker does not want to be pinged
        }
        accepted(this, answer);
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      ctx.flush(); // releases
      if (connection == this && accepted) {
        owner.ready();
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      if (connection == this && accepted && ctx.channel().isWritable()) {
        owner.ready();
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
        if (!(handshake.cause() instanceof SSLException)) {
          endBecause(Failure.Kind.NO_ANSWER, "the connection was closed during the TLS handshake");
        }
        exceptionCaught(ctx, handshake.cause());
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      ended(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable thrown) {
      Throwable cause =
          thrown instanceof DecoderException && thrown.getCause() != null
              ? thrown.getCause()
              : thrown;
      endBecause(
          cause instanceof SSLException
              ? Failure.Kind.TLS
              : accepted ? Failure.Kind.ENDED : Failure.Kind.NO_ANSWER,
          String.valueOf(cause.getMessage()));
      ctx.close(); // channelInactive follows
    }
  }
}
