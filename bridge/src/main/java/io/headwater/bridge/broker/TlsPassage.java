package io.headwater.bridge.broker;

import io.headwater.process.HostPort;
import io.headwater.uplink.UplinkTopics;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectPayload;
import io.netty.handler.codec.mqtt.MqttConnectVariableHeader;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's way from TLS to the embedded broker. Both channels live on one event loop, to which
 * all state is confined.
 */
final class TlsPassage extends ChannelInboundHandlerAdapter {
  private static final Logger LOGGER = LoggerFactory.getLogger(TlsPassage.class);
  private static final long CONNECT_WITHIN_SECONDS = 15;

  private final SslHandler ssl;
  private final HostPort broker;
  private final String voucher;
  private final BrokerMetrics metrics;
  private final Deque<ByteBuf> early = new ArrayDeque<>();
  private @Nullable Channel inner;
  private boolean connectSeen;
  private @Nullable ScheduledFuture<?> connectTimer;

  /**
   * @param voucher the password by which the broker believes the name of a certificate
   */
  TlsPassage(SslHandler ssl, HostPort broker, String voucher, BrokerMetrics metrics) {
    this.ssl = ssl;
    this.broker = broker;
    this.voucher = voucher;
    this.metrics = metrics;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    connectTimer =
        ctx.executor()
            .schedule(
                () -> refuse(ctx, "connect-timeout"), CONNECT_WITHIN_SECONDS, TimeUnit.SECONDS);
    ctx.fireChannelActive();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object received) {
    Channel open = inner;
    if (received instanceof ByteBuf bytes) {
      if (open != null) {
        open.write(bytes);
      } else {
        early.add(bytes);
      }
      return;
    }
    if (received instanceof MqttConnectMessage connect
        && connect.decoderResult().isSuccess()
        && !connectSeen) {
      connectSeen = true;
      if (connectTimer != null) {
        connectTimer.cancel(false);
      }
      ctx.channel().config().setAutoRead(false);
      ctx.pipeline().remove(MqttDecoder.class); // what it has read beyond comes as bytes
      named(connect).ifPresentOrElse(named -> join(ctx, named), () -> refuse(ctx, "certificate"));
    } else {
      ReferenceCountUtil.release(received);
      refuse(ctx, "no-connect");
    }
  }

  /** The CONNECT as it goes on; empty if the certificate names no gateway. */
  private Optional<MqttConnectMessage> named(MqttConnectMessage connect) {
    X509Certificate certificate = certificate();
    // A bridge shows a certificate as well, but it is its secret that counts.
    if (certificate == null || GatewayAccess.BRIDGE_USER.equals(connect.payload().userName())) {
      return Optional.of(connect);
    }
    Optional<String> name = commonName(certificate).filter(UplinkTopics::isGateway);
    if (name.isEmpty()) {
      LOGGER
          .atWarn()
          .addKeyValue("subject", certificate.getSubjectX500Principal())
          .log("A certificate is refused: its common name cannot be a gateway's");
    }
    return name.map(gateway -> as(gateway, connect));
  }

  private MqttConnectMessage as(String gateway, MqttConnectMessage connect) {
    MqttConnectVariableHeader header = connect.variableHeader();
    MqttConnectPayload payload = connect.payload();
    return new MqttConnectMessage(
        connect.fixedHeader(),
        new MqttConnectVariableHeader(
            header.name(),
            header.version(),
            true,
            true,
            header.isWillRetain(),
            header.willQos(),
            header.isWillFlag(),
            header.isCleanSession(),
            header.keepAliveTimeSeconds(),
            header.properties()),
        new MqttConnectPayload(
            payload.clientIdentifier(),
            payload.willProperties(),
            payload.willTopic(),
            payload.willMessageInBytes(),
            gateway,
            voucher.getBytes(StandardCharsets.UTF_8)));
  }

  private @Nullable X509Certificate certificate() {
    try {
      return (X509Certificate) ssl.engine().getSession().getPeerCertificates()[0];
    } catch (SSLPeerUnverifiedException _) {
      return null;
    }
  }

  private static Optional<String> commonName(X509Certificate certificate) {
    try {
      for (Rdn rdn : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
        if (rdn.getType().equalsIgnoreCase("CN")) {
          return Optional.of(rdn.getValue().toString());
        }
      }
    } catch (InvalidNameException _) {
      // None then.
    }
    return Optional.empty();
  }

  private void join(ChannelHandlerContext ctx, MqttConnectMessage connect) {
    Channel outer = ctx.channel();
    ChannelFuture joining =
        new Bootstrap()
            .group(outer.eventLoop())
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 5_000)
            .option(ChannelOption.AUTO_READ, false)
            .handler(new Way(outer))
            .connect(broker.socketAddress());
    joining.addListener(done -> {
      if (!done.isSuccess() || !outer.isActive()) {
        joining.channel().close();
        refuse(ctx, "broker-away");
        return;
      }
      Channel joined = joining.channel();
      joined.pipeline().addFirst(MqttEncoder.INSTANCE);
      joined.write(connect);
      joined.pipeline().remove(MqttEncoder.INSTANCE);
      early.forEach(joined::write);
      early.clear();
      joined.flush();
      inner = joined;
      joined.config().setAutoRead(true);
      outer.config().setAutoRead(true);
    });
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    Channel open = inner;
    if (open != null) {
      open.flush();
      if (!open.isWritable()) {
        ctx.channel().config().setAutoRead(false); // until the other way says writable again
      }
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    Channel open = inner;
    if (open != null) {
      open.config().setAutoRead(ctx.channel().isWritable());
    }
  }

  private void refuse(ChannelHandlerContext ctx, String reason) {
    metrics.refused(reason);
    ctx.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    early.forEach(ByteBuf::release);
    early.clear();
    if (connectTimer != null) {
      connectTimer.cancel(false);
    }
    Channel open = inner;
    if (open != null) {
      open.close();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOGGER
        .atInfo()
        .addKeyValue("client", ctx.channel().remoteAddress())
        .addKeyValue("error", cause.getMessage())
        .log("A TLS connection ends");
    refuse(ctx, "tls");
  }

  /** From the broker back to the client. */
  private static final class Way extends ChannelInboundHandlerAdapter {
    private final Channel outer;

    Way(Channel outer) {
      this.outer = outer;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object bytes) {
      outer.write(bytes);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      outer.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      outer.config().setAutoRead(ctx.channel().isWritable());
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      outer.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      outer.close();
    }
  }
}
