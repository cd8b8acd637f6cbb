package io.headwater.sim.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headwater.process.HostPort;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttReasonCodes;
import io.netty.handler.codec.mqtt.MqttVersion;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A broker for MQTT 3.1.1 and 5 that keeps sessions, takes each QoS 2 message once (method B of
 * MQTT 5, 4.3.3), and does what a test sets: cut, refuse, forget, hold back. Fields are set before
 * devices connect, or are volatile. One event loop runs everything.
 */
final class SessionBroker implements AutoCloseable {
  /** Payloads, each as often as a subscriber would see it. */
  final List<byte[]> delivered = new CopyOnWriteArrayList<>();

  /** What no client may do. */
  final List<String> violations = new CopyOnWriteArrayList<>();

  final AtomicInteger connects = new AtomicInteger();

  /** Publishes that came again, DUP set. */
  final AtomicInteger again = new AtomicInteger();

  /** Says at each step of a flow whether the connection breaks there. */
  volatile BooleanSupplier cut = () -> false;

  /** A reason code of MQTT 5 for a publish; below 0x80 it is taken. */
  volatile ToIntFunction<byte[]> refuse = _ -> 0;

  /** Whether sessions are lost with their connection. */
  volatile boolean forgetful;

  /** Nothing is answered. */
  volatile boolean silent;

  volatile MqttConnectReturnCode answer = MqttConnectReturnCode.CONNECTION_ACCEPTED;
  volatile @Nullable String password;
  volatile int receiveMaximum = 65_535;
  volatile int maximumQos = 2;

  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final List<Channel> connections = new CopyOnWriteArrayList<>();
  private final Map<String, Session> sessions = new HashMap<>();
  private final Channel listener;

  private static final class Session {
    /** Received and not released: payloads by packet identifier. */
    private final Map<Integer, byte[]> received = new HashMap<>();
  }

  SessionBroker() {
    this(null);
  }

  SessionBroker(@Nullable SslContext tls) {
    listener =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    connections.add(channel);
                    if (tls != null) {
                      channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                    }
                    channel
                        .pipeline()
                        .addLast(new MqttDecoder(), MqttEncoder.INSTANCE, new Connection());
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
  }

  HostPort address() {
    return new HostPort("127.0.0.1", ((InetSocketAddress) listener.localAddress()).getPort());
  }

  /** Says DISCONNECT with a reason to everybody. */
  void disconnectAll(MqttReasonCodes.Disconnect reason) {
    connections.forEach(channel ->
        channel.writeAndFlush(
            new MqttMessage(
                header(MqttMessageType.DISCONNECT, 0),
                new MqttReasonCodeAndPropertiesVariableHeader(
                    reason.byteValue(), MqttProperties.NO_PROPERTIES))));
  }

  @Override
  public void close() {
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
  }

  private static MqttFixedHeader header(MqttMessageType type, int qos) {
    return new MqttFixedHeader(type, false, MqttQoS.valueOf(qos), false, 0);
  }

  private final class Connection extends SimpleChannelInboundHandler<MqttMessage> {
    private Session session = new Session();
    private boolean version5;
    private boolean gone;

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, MqttMessage message) {
      if (gone || isCut(ctx)) {
        return;
      }
      switch (message.fixedHeader().messageType()) {
        case CONNECT -> connect(ctx, (MqttConnectMessage) message);
        case PUBLISH -> publish(ctx, (MqttPublishMessage) message);
        case PUBREL -> {
          int id = ((MqttMessageIdVariableHeader) message.variableHeader()).messageId();
          session.received.remove(id);
          reply(ctx, MqttMessageType.PUBCOMP, id, 0);
        }
        case PINGREQ -> ctx.writeAndFlush(MqttMessage.PINGRESP);
        default -> {
          // DISCONNECT
        }
      }
    }

    private boolean isCut(ChannelHandlerContext ctx) {
      if (cut.getAsBoolean()) {
        gone = true;
        ctx.close();
      }
      return gone;
    }

    private void connect(ChannelHandlerContext ctx, MqttConnectMessage message) {
      connects.incrementAndGet();
      version5 = message.variableHeader().version() == MqttVersion.MQTT_5.protocolLevel();
      String client = message.payload().clientIdentifier();
      boolean present = sessions.containsKey(client) && !forgetful;
      if (message.variableHeader().isCleanSession() || forgetful) {
        sessions.remove(client);
        present = false;
      }
      session = sessions.computeIfAbsent(client, _ -> new Session());
      if (!version5 && message.variableHeader().isCleanSession()) {
        sessions.remove(client);
      }
      String wanted = password;
      byte[] given = message.payload().passwordInBytes();
      MqttConnectReturnCode code =
          wanted != null && (given == null || !wanted.equals(new String(given, UTF_8)))
              ? version5
                  ? MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USERNAME_OR_PASSWORD
                  : MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USER_NAME_OR_PASSWORD
              : answer;
      boolean accepted = code == MqttConnectReturnCode.CONNECTION_ACCEPTED;
      var connAck =
          MqttMessageBuilders.connAck().returnCode(code).sessionPresent(present && accepted);
      if (version5 && accepted) {
        connAck.properties(properties -> {
          properties.receiveMaximum(receiveMaximum);
          if (maximumQos < 2) {
            properties.maximumQos((byte) maximumQos);
          }
        });
      }
      ctx.writeAndFlush(connAck.build());
    }

    private void publish(ChannelHandlerContext ctx, MqttPublishMessage message) {
      byte[] payload = new byte[message.payload().readableBytes()];
      message.payload().readBytes(payload);
      int id = message.variableHeader().packetId();
      if (message.fixedHeader().isDup()) {
        again.incrementAndGet();
      }
      int refusal = version5 ? refuse.applyAsInt(payload) : 0;
      switch (message.fixedHeader().qosLevel()) {
        case AT_MOST_ONCE -> delivered.add(payload);
        case AT_LEAST_ONCE -> {
          if (refusal == 0) {
            delivered.add(payload);
          }
          if (!isCut(ctx)) {
            reply(ctx, MqttMessageType.PUBACK, id, refusal);
          }
        }
        case EXACTLY_ONCE -> {
          if (refusal == 0) {
            receive(id, payload, message.fixedHeader().isDup());
          }
          if (!isCut(ctx)) {
            reply(ctx, MqttMessageType.PUBREC, id, refusal);
          }
        }
        case FAILURE -> throw new IllegalStateException();
      }
    }

    private void receive(int id, byte[] payload, boolean dup) {
      byte[] before = session.received.putIfAbsent(id, payload);
      if (before == null) {
        delivered.add(payload);
      } else if (!dup) {
        violations.add("packet identifier " + id + " is in use");
      } else if (!Arrays.equals(before, payload)) {
        violations.add("packet identifier " + id + " came again with another payload");
      }
    }

    private void reply(ChannelHandlerContext ctx, MqttMessageType type, int id, int reason) {
      if (!silent) {
        ctx.writeAndFlush(
            new MqttMessage(
                header(type, 0),
                version5
                    ? new MqttPubReplyMessageVariableHeader(
                        id, (byte) reason, MqttProperties.NO_PROPERTIES)
                    : MqttMessageIdVariableHeader.from(id)));
        isCut(ctx);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
