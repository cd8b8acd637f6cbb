package io.headwater.edge.benchmark;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A client of MQTT 3.1.1 that publishes and receives at QoS 1, and no more: it takes little of the
 * processors that it shares with the broker. Confined to the event loop.
 */
final class Connection extends ByteToMessageDecoder {
  /** What a connection is used for; called on the event loop. */
  interface Use {
    /** A PUBACK. */
    default void acknowledged(Connection connection, int packetId) {}

    /** A PUBLISH, acknowledged already. */
    default void delivered(ByteBuf payload) {}

    /** All that has arrived is handed over: the time to write. */
    default void handedOver(Connection connection, Channel channel) {}
  }

  /** One that only waits. */
  static final Use IDLE = new Use() {};

  private final byte[] connect;
  private final Use use;
  private final CompletableFuture<Boolean> connected = new CompletableFuture<>();
  private final CompletableFuture<Void> subscribed = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private boolean wrote;

  Connection(String clientId, boolean clean, Use use) {
    byte[] id = clientId.getBytes(StandardCharsets.UTF_8);
    this.connect = new byte[14 + id.length];
    byte[] head = {
      0x10, (byte) (12 + id.length), 0, 4, 'M', 'Q', 'T', 'T', 4, (byte) (clean ? 2 : 0), 0, 0, 0
    };
    System.arraycopy(head, 0, connect, 0, head.length);
    connect[13] = (byte) id.length;
    System.arraycopy(id, 0, connect, 14, id.length);
    this.use = use;
  }

  /** Whether the broker has a session of this client; once it has let the client in. */
  CompletableFuture<Boolean> connected() {
    return connected;
  }

  /** Completes when the connection is gone, whoever ended it. */
  CompletableFuture<Void> closed() {
    return closed;
  }

  /** Asks for QoS 1; completes with the answer. */
  CompletableFuture<Void> subscribe(Channel channel, List<String> filters) {
    ByteBuf body = channel.alloc().buffer();
    body.writeShort(1);
    for (String filter : filters) {
      byte[] bytes = filter.getBytes(StandardCharsets.UTF_8);
      body.writeShort(bytes.length).writeBytes(bytes).writeByte(1);
    }
    ByteBuf packet = channel.alloc().buffer();
    packet.writeByte(0x82);
    writeLength(packet, body.readableBytes());
    packet.writeBytes(body);
    body.release();
    channel.writeAndFlush(packet, channel.voidPromise());
    return subscribed;
  }

  /** Appends a PUBLISH at QoS 1. */
  static void publish(ByteBuf out, int packetId, byte[] topic, long first, byte[] rest) {
    out.writeByte(0x32);
    writeLength(out, topic.length + rest.length + 12);
    out.writeShort(topic.length).writeBytes(topic).writeShort(packetId);
    out.writeLong(first).writeBytes(rest);
  }

  private static void writeLength(ByteBuf out, int length) {
    int left = length;
    do {
      out.writeByte(left > 127 ? (left & 127) | 128 : left);
      left >>= 7;
    } while (left > 0);
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    ctx.writeAndFlush(ctx.alloc().buffer().writeBytes(connect), ctx.voidPromise());
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    int start = in.readerIndex();
    if (in.readableBytes() < 2) {
      return;
    }
    int first = in.readUnsignedByte();
    int length = 0;
    int shift = 0;
    int digit;
    do {
      if (!in.isReadable()) {
        in.readerIndex(start);
        return;
      }
      digit = in.readUnsignedByte();
      length |= (digit & 127) << shift;
      shift += 7;
    } while (digit > 127);
    if (in.readableBytes() < length) {
      in.readerIndex(start);
      return;
    }
    int next = in.readerIndex() + length;
    switch (first >> 4) {
      case 2 -> connectAnswered(in);
      case 3 -> published(ctx, first, in, next);
      case 4 -> use.acknowledged(this, in.readUnsignedShort());
      case 9 -> subscribed.complete(null);
      default -> throw new IllegalStateException("unexpected packet " + first);
    }
    in.readerIndex(next);
  }

  private void connectAnswered(ByteBuf in) {
    boolean present = in.readUnsignedByte() == 1;
    int code = in.readUnsignedByte();
    if (code == 0) {
      connected.complete(present);
    } else {
      connected.completeExceptionally(new IllegalStateException("CONNACK " + code));
    }
  }

  private void published(ChannelHandlerContext ctx, int first, ByteBuf in, int end) {
    in.skipBytes(in.readUnsignedShort());
    if ((first & 6) != 0) {
      int packetId = in.readUnsignedShort();
      ctx.write(
          ctx.alloc().buffer(4).writeByte(0x40).writeByte(2).writeShort(packetId),
          ctx.voidPromise());
      wrote = true;
    }
    use.delivered(in.slice(in.readerIndex(), end - in.readerIndex()));
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
    if (wrote) {
      wrote = false;
      ctx.flush();
    }
    use.handedOver(this, ctx.channel());
    super.channelReadComplete(ctx);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    super.channelInactive(ctx);
    var gone = new IllegalStateException("the broker closed the connection");
    connected.completeExceptionally(gone);
    subscribed.completeExceptionally(gone);
    closed.complete(null);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    connected.completeExceptionally(cause);
    ctx.close();
  }
}
