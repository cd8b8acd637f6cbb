package io.headwater.edge.mqtt;

import io.headwater.process.HostPort;
import io.headwater.process.Ports;
import io.headwater.process.Threads;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** Listens for sensors. */
public final class MqttListener implements AutoCloseable {
  private static final int LONGEST_CLIENT_ID = 256;

  private final MultiThreadIoEventLoopGroup loops;
  private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final Channel server;
  private final HostPort address;

  /**
   * Binds and serves whoever comes.
   *
   * @throws io.headwater.process.UserError if the port is taken
   */
  public MqttListener(
      HostPort listen,
      MqttSettings settings,
      PublishSink sink,
      LocalDelivery delivery,
      MqttMetrics metrics) {
    this(listen, settings, sink, delivery, ClientWatch.NONE, Admission.ANYONE, metrics);
  }

  /**
   * Binds and serves, and tells who comes and goes.
   *
   * @throws io.headwater.process.UserError if the port is taken
   */
  public MqttListener(
      HostPort listen,
      MqttSettings settings,
      PublishSink sink,
      LocalDelivery delivery,
      ClientWatch watch,
      Admission admission,
      MqttMetrics metrics) {
    int threads = Runtime.getRuntime().availableProcessors() <= 2 ? 1 : 2;
    loops =
        new MultiThreadIoEventLoopGroup(
            threads, Threads.factory("edge-mqtt"), NioIoHandler.newFactory());
    var registry = new ClientRegistry(watch);
    var bind =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 512)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    channels.add(channel);
                    channel
                        .pipeline()
                        .addLast(
                            new MqttDecoder(
                                (int) settings.maxPacketSize().bytes(), LONGEST_CLIENT_ID, true))
                        .addLast(MqttEncoder.INSTANCE)
                        .addLast(
                            new MqttConnection(
                                sink, delivery, registry, admission, settings, metrics));
                  }
                })
            .bind(listen.socketAddress())
            .awaitUninterruptibly();
    if (!bind.isSuccess()) {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      throw Ports.inUse("MQTT", listen, bind.cause());
    }
    server = bind.channel();
    address = listen.withPort(((InetSocketAddress) server.localAddress()).getPort());
  }

  /** The address really bound. */
  public HostPort address() {
    return address;
  }

  /** Stops accepting and ends the connections; what they had handed over is still committed. */
  @Override
  public void close() {
    server.close().awaitUninterruptibly();
    channels.close().awaitUninterruptibly();
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
