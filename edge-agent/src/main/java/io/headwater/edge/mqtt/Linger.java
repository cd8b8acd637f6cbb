package io.headwater.edge.mqtt;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;

/**
 * Says a last word and ends a connection so that it is heard: a socket that is closed while its
 * client still sends is reset, and what the client has not read yet is lost. So what comes is
 * thrown away for a while. Confined to the connection's event loop.
 */
final class Linger extends ChannelInboundHandlerAdapter {
  private static final long MILLIS = 1000;

  private Linger() {}

  /**
   * Sends a message, and nothing behind it; the client may close, or is closed in a second.
   *
   * @param last a packet, or its bytes
   */
  static void close(ChannelHandlerContext ctx, Object last) {
    ChannelFuture written = ctx.writeAndFlush(last);
    if (!(ctx.channel() instanceof SocketChannel socket)
        || ctx.pipeline().get(WebSocketServerProtocolHandler.class) != null) {
      written.addListener(ChannelFutureListener.CLOSE); // a WebSocket has a handshake for that
      return;
    }
    ctx.pipeline().addFirst(new Linger());
    socket.config().setAutoRead(true);
    SslHandler tls = ctx.pipeline().get(SslHandler.class);
    written.addListener(_ -> {
      ChannelFuture said = tls == null ? written : tls.closeOutbound();
      said.addListener(_ -> socket.shutdownOutput());
    });
    var timer = ctx.executor().schedule(() -> socket.close(), MILLIS, TimeUnit.MILLISECONDS);
    socket.closeFuture().addListener(_ -> timer.cancel(false)); // it would keep the connection
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object received) {
    ReferenceCountUtil.release(received);
  }
}
