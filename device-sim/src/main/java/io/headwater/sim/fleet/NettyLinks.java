package io.headwater.sim.fleet;

import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.util.Optional;
import javax.net.ssl.SSLException;

/** What all links of a fleet on Netty's codec have in common. */
final class NettyLinks implements Link.Factory {
  private static final int CONNECT_WITHIN_MS = 5_000;

  private final FleetSettings settings;
  private final Bootstrap bootstrap;
  private final Optional<SslContext> tls;

  NettyLinks(FleetSettings settings) {
    this.settings = settings;
    HostPort broker = settings.broker().address();
    tls = settings.broker().tls().map(NettyLinks::context);
    bootstrap =
        new Bootstrap()
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_WITHIN_MS)
            .remoteAddress(broker.host(), broker.port());
  }

  @Override
  public Link link(String device, Link.Owner owner, Pacer pacer) {
    return new NettyLink(device, owner, settings, this, pacer.loop());
  }

  Bootstrap bootstrap() {
    return bootstrap;
  }

  /** A handler for one connection, if TLS is wanted. */
  Optional<SslHandler> tls(ByteBufAllocator allocator) {
    HostPort broker = settings.broker().address();
    return tls.map(context -> context.newHandler(allocator, broker.host(), broker.port()));
  }

  private static SslContext context(Tls tls) {
    SslContextBuilder builder = SslContextBuilder.forClient().sslProvider(SslProvider.JDK);
    TlsFiles.trust(tls).ifPresent(builder::trustManager);
    tls.identity().map(TlsFiles::identity).ifPresent(builder::keyManager);
    // Who trusts anything does not ask for the right name either.
    builder.endpointIdentificationAlgorithm(tls.insecure() ? null : "HTTPS");
    try {
      return builder.build();
    } catch (SSLException e) {
      throw UserError.failure("TLS cannot be set up: " + e.getMessage(), e);
    }
  }
}
