package io.headwater.edge.mqtt;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Answers a connection for which there is no room: reads its CONNECT, says so, closes. */
final class NoRoom extends ChannelInboundHandlerAdapter {
  private final Duration patience;

  NoRoom(Duration patience) {
    this.patience = patience;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    var timer =
        ctx.executor().schedule(() -> ctx.close(), patience.toMillis(), TimeUnit.MILLISECONDS);
    ctx.channel()
        .closeFuture()
        .addListener(_ -> timer.cancel(false)); // it would keep the connection
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object received) {
    try {
      if (received instanceof MqttConnectMessage connect
          && connect.decoderResult().isSuccess()
          && ctx.channel().config().isAutoRead()) {
        ctx.channel().config().setAutoRead(false); // nothing more is looked at
        ctx.writeAndFlush(
                Replies.refused(
                    Admission.Reason.QUOTA_EXCEEDED.code(ConnectRules.isV5(connect)),
                    Reasons.of(connect),
                    "there are too many connections"))
            .addListener(ChannelFutureListener.CLOSE);
      } else if (ctx.channel().config().isAutoRead()) {
        ctx.close();
      }
    } finally {
      ReferenceCountUtil.release(received);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close(); // it was to be closed in any case
  }
}
