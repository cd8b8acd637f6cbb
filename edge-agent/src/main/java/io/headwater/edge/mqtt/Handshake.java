package io.headwater.edge.mqtt;

import io.headwater.edge.mqtt.Admission.Login;
import io.headwater.edge.mqtt.Admission.Reason;
import io.headwater.edge.mqtt.Admission.Refused;
import io.headwater.edge.mqtt.Admission.Verdict;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time between CONNECT and CONNACK. What a client has sent behind its CONNECT waits here, so
 * that nothing of it is looked at before the client is let in, and is then handled in order; of a
 * refused client it is thrown away. Confined to the connection's event loop.
 *
 * <p>The socket is not read meanwhile: what waits is bounded by what one read gives.
 */
final class Handshake {
  private static final Logger LOGGER = LoggerFactory.getLogger(Handshake.class);

  private final Admission admission;
  private final Reading reading;
  private final Queue<Object> behind = new ArrayDeque<>();
  private boolean waiting;

  Handshake(Admission admission, Reading reading) {
    this.admission = admission;
    this.reading = reading;
  }

  /**
   * Stops reading and asks whether the client may connect.
   *
   * @param judged told on the event loop, perhaps before this returns, unless {@link #discard} or
   *     the end of the connection came first; then comes {@link #end} or {@link #discard}
   */
  void begin(
      ChannelHandlerContext ctx,
      MqttConnectMessage connect,
      String clientId,
      Consumer<Verdict> judged) {
    waiting = true;
    reading.pause(ctx, Reading.Pause.HANDSHAKE);
    admission
        .check(login(ctx, connect, clientId))
        .whenComplete((verdict, failure) -> {
          if (ctx.executor().inEventLoop()) {
            judge(verdict, failure, judged);
          } else {
            try {
              ctx.executor().execute(() -> judge(verdict, failure, judged));
            } catch (RejectedExecutionException _) {
              // The listener is closed, and with it the connection.
            }
          }
        });
  }

  private void judge(
      @Nullable Verdict verdict, @Nullable Throwable failure, Consumer<Verdict> judged) {
    if (!waiting) {
      return;
    }
    if (verdict == null) {
      LOGGER.atError().setCause(failure).log("A login cannot be judged");
      judged.accept(new Refused(Reason.BUSY, "the login cannot be judged now"));
    } else {
      judged.accept(verdict);
    }
  }

  /** Keeps what has arrived, if CONNACK is still to come; otherwise it is the caller's. */
  boolean hold(Object received) {
    if (waiting) {
      behind.add(received);
    }
    return waiting;
  }

  /** CONNACK is written: what waits goes to the connection, in order, and reading goes on. */
  void end(ChannelHandlerContext ctx, Consumer<Object> connection) {
    waiting = false;
    while (!behind.isEmpty()) {
      connection.accept(behind.remove());
    }
    reading.resume(ctx, Reading.Pause.HANDSHAKE);
  }

  /** The client is refused or gone. */
  void discard() {
    waiting = false;
    behind.forEach(ReferenceCountUtil::release);
    behind.clear();
  }

  private static Login login(
      ChannelHandlerContext ctx, MqttConnectMessage connect, String clientId) {
    Channel channel = ctx.channel();
    return new Login(
        clientId,
        connect.payload().userName(),
        connect.payload().passwordInBytes(),
        certificate(ctx),
        channel.remoteAddress(),
        channel.parent() != null
            && channel.parent().localAddress() instanceof InetSocketAddress bound
            && bound.getAddress().isLoopbackAddress());
  }

  private static @Nullable X509Certificate certificate(ChannelHandlerContext ctx) {
    SslHandler tls = ctx.pipeline().get(SslHandler.class);
    if (tls == null) {
      return null;
    }
    try {
      return tls.engine().getSession().getPeerCertificates()[0] instanceof X509Certificate shown
          ? shown
          : null;
    } catch (SSLPeerUnverifiedException _) {
      return null; // it showed none
    }
  }
}
