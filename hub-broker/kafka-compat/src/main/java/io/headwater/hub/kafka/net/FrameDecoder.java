package io.headwater.hub.kafka.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.CorruptedFrameException;
import java.util.List;

/**
 * Cuts the stream into messages: a length of four bytes, then that many bytes.
 *
 * <p>A length that no request can have ends the connection before anything is buffered for it.
 */
final class FrameDecoder extends ByteToMessageDecoder {
  /** API key, version, correlation id: what the shortest header holds. */
  private static final int SHORTEST = 8;

  private final int longest;

  FrameDecoder(int longest) {
    this.longest = longest;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    if (in.readableBytes() < Integer.BYTES) {
      return;
    }
    int length = in.getInt(in.readerIndex());
    if (length < SHORTEST || length > longest) {
      in.skipBytes(in.readableBytes());
      throw new CorruptedFrameException(
          "frame length " + length + " is not between " + SHORTEST + " and " + longest);
    }
    if (in.readableBytes() < Integer.BYTES + length) {
      return;
    }
    in.skipBytes(Integer.BYTES);
    out.add(in.readRetainedSlice(length));
  }
}
