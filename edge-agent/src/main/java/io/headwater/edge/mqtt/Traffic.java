package io.headwater.edge.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts packets and bytes of all connections. It stands where each buffer is one MQTT packet.
 * Thread-safe.
 */
@Sharable
final class Traffic extends ChannelDuplexHandler {
  private final LongAdder packetsIn = new LongAdder();
  private final LongAdder bytesIn = new LongAdder();
  private final LongAdder packetsOut = new LongAdder();
  private final LongAdder bytesOut = new LongAdder();

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof ByteBuf packet) {
      packetsIn.increment();
      bytesIn.add(packet.readableBytes());
    }
    ctx.fireChannelRead(message);
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    if (message instanceof ByteBuf packet) {
      packetsOut.increment();
      bytesOut.add(packet.readableBytes());
    }
    ctx.write(message, promise);
  }

  long packetsIn() {
    return packetsIn.sum();
  }

  long bytesIn() {
    return bytesIn.sum();
  }

  long packetsOut() {
    return packetsOut.sum();
  }

  long bytesOut() {
    return bytesOut.sum();
  }
}
