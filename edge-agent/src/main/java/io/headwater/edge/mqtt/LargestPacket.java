package io.headwater.edge.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.StacklessClosedChannelException;
import io.netty.handler.codec.mqtt.MqttEncoder;

/**
 * Keeps to the Maximum Packet Size of a client: what is larger is not sent, and the connection ends
 * (MQTT-3.1.2-24). Publishes that are too large never come here: they are passed over one by one.
 */
final class LargestPacket extends ChannelOutboundHandlerAdapter {
  private final long bytes;
  private final MqttMetrics metrics;

  private LargestPacket(long bytes, MqttMetrics metrics) {
    this.bytes = bytes;
    this.metrics = metrics;
  }

  /**
   * Puts it behind the encoder of a connection.
   *
   * @param bytes that the client takes
   */
  static void keep(ChannelHandlerContext ctx, long bytes, MqttMetrics metrics) {
    String encoder = ctx.pipeline().context(MqttEncoder.class).name();
    ctx.pipeline().addBefore(encoder, null, new LargestPacket(bytes, metrics));
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    if (message instanceof ByteBuf packet && packet.readableBytes() > bytes) {
      int size = packet.readableBytes();
      packet.release();
      metrics.refused(
          "client-maximum-packet-size",
          size + " bytes are due to a client that takes " + bytes + "; its connection is closed");
      promise.tryFailure(StacklessClosedChannelException.newInstance(LargestPacket.class, "write"));
      ctx.close();
    } else {
      ctx.write(message, promise);
    }
  }
}
