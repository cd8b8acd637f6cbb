package io.headwater.bridge.broker;

import io.headwater.process.HostPort;
import io.headwater.process.PemFiles;
import io.headwater.process.Ports;
import io.headwater.process.Threads;
import io.headwater.process.TlsSettings;
import io.headwater.process.UserError;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes TLS connections for the embedded broker, which itself cannot tell who showed a certificate:
 * the gateway's name is the common name of its certificate, and that is put into its CONNECT before
 * it goes on to the broker. Behind the CONNECT it only passes bytes.
 */
public final class TlsFront implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(TlsFront.class);
  private static final int LARGEST_CONNECT = 128 << 10;
  private static final int HANDSHAKE_SECONDS = 10;

  private final MultiThreadIoEventLoopGroup loops;
  private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final Channel server;
  private final HostPort address;

  /**
   * Binds and serves.
   *
   * @param certificateNeeded whether a client without a certificate is refused; otherwise its
   *     password counts
   * @throws UserError if the port is taken, or a file of TLS cannot be used
   */
  public TlsFront(
      HostPort listen,
      TlsSettings tls,
      boolean certificateNeeded,
      MoquetteBroker broker,
      BrokerMetrics metrics) {
    ClientAuth clientAuth =
        tls.ca().isEmpty()
            ? ClientAuth.NONE
            : certificateNeeded ? ClientAuth.REQUIRE : ClientAuth.OPTIONAL;
    check(tls);
    int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    loops =
        new MultiThreadIoEventLoopGroup(
            threads, Threads.factory("bridge-tls"), NioIoHandler.newFactory());
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
                    var handler = context(tls, clientAuth).newHandler(channel.alloc());
                    handler.setHandshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS);
                    channel
                        .pipeline()
                        .addLast(handler)
                        .addLast(new MqttDecoder(LARGEST_CONNECT))
                        .addLast(
                            new TlsPassage(
                                handler, broker.loopbackAddress(), broker.voucher(), metrics));
                  }

                  @Override
                  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                    LOGGER
                        .atError()
                        .addKeyValue("error", cause.getMessage())
                        .log("A TLS connection cannot be served");
                    ctx.close();
                  }
                })
            .bind(listen.socketAddress())
            .awaitUninterruptibly();
    if (!bind.isSuccess()) {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      throw Ports.inUse("MQTT over TLS", listen, bind.cause());
    }
    server = bind.channel();
    address = listen.withPort(((InetSocketAddress) server.localAddress()).getPort());
  }

  /**
   * Whether these files serve for TLS.
   *
   * @throws UserError if one cannot be used
   */
  public static void check(TlsSettings tls) {
    var _ = context(tls, ClientAuth.NONE);
  }

  /** Made for each connection, so that a renewed certificate needs no restart. */
  private static SslContext context(TlsSettings tls, ClientAuth clientAuth) {
    try {
      return SslContextBuilder.forServer(
              PemFiles.identity(tls)
                  .orElseThrow(() ->
                      UserError.usage("listen.tls needs a certificate: set tls.cert and tls.key")))
          .trustManager(PemFiles.trust(tls).orElse(null))
          .clientAuth(clientAuth)
          .build();
    } catch (SSLException e) {
      throw UserError.usage("tls: " + e.getMessage());
    }
  }

  /** The address really bound. */
  public HostPort address() {
    return address;
  }

  @Override
  public void close() {
    server.close().awaitUninterruptibly();
    channels.close().awaitUninterruptibly();
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
