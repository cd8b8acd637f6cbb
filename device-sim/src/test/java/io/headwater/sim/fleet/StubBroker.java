package io.headwater.sim.fleet;

import io.headwater.process.HostPort;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** Accepts connections and hands every publish to the test, which decides what is answered. */
final class StubBroker implements AutoCloseable {
  /** Decides on one publish: true acknowledges it, false leaves it unanswered. */
  interface OnPublish {
    boolean acknowledge(Channel connection, byte[] payload);
  }

  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final List<Channel> connections = new CopyOnWriteArrayList<>();
  private final Channel listener;

  StubBroker(OnPublish onPublish) {
    listener =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    connections.add(channel);
                    channel
                        .pipeline()
                        .addLast(new MqttDecoder(), MqttEncoder.INSTANCE, new Answers(onPublish));
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
  }

  HostPort address() {
    return new HostPort("127.0.0.1", ((InetSocketAddress) listener.localAddress()).getPort());
  }

  void cutAll() {
    new ArrayList<>(connections).forEach(Channel::close);
    connections.clear();
  }

  @Override
  public void close() {
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
  }

  private static final class Answers extends ChannelInboundHandlerAdapter {
    private final OnPublish onPublish;

    Answers(OnPublish onPublish) {
      this.onPublish = onPublish;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object in) {
      try {
        MqttMessage message = (MqttMessage) in;
        switch (message.fixedHeader().messageType()) {
          case CONNECT ->
              ctx.writeAndFlush(
                  MqttMessageBuilders.connAck()
                      .returnCode(MqttConnectReturnCode.CONNECTION_ACCEPTED)
                      .build());
          case PUBLISH -> {
            var publish = (MqttPublishMessage) message;
            byte[] payload = new byte[publish.payload().readableBytes()];
            publish.payload().readBytes(payload);
            if (onPublish.acknowledge(ctx.channel(), payload)) {
              ctx.writeAndFlush(
                  MqttMessageBuilders.pubAck()
                      .packetId(publish.variableHeader().packetId())
                      .build());
            }
          }
          case PINGREQ -> ctx.writeAndFlush(MqttMessage.PINGRESP);
          default -> {
            // DISCONNECT
          }
        }
      } finally {
        ReferenceCountUtil.release(in);
      }
    }
  }
}
