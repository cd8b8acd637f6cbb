package io.headwater.hub.kafka.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the stream into messages: a length of four bytes, then that many bytes.
 *
 * <p>A length that no request can have ends the connection before anything is buffered for it. A
 * frame's bytes are taken from the {@link RequestMemory} before it is read; whoever gets the frame
 * gives them back. A frame that takes far too long ends the connection, so that nobody holds memory
 * for ever.
 */
final class FrameDecoder extends ByteToMessageDecoder {
  /** API key, version, correlation id: what the shortest header holds. */
  private static final int SHORTEST = 8;

  private static final int LENGTH_AND_KEY = Integer.BYTES + Short.BYTES;
  private static final long PATIENCE_SECONDS = 30;
  private static final long SLOWEST_BYTES_PER_SECOND = 256 << 10;

  /** Only records make requests large; everything else costs many times its bytes as objects. */
  static final int LONGEST_WITHOUT_RECORDS = 8 << 20;

  private final int longest;
  private final RequestMemory memory;
  private final ReadGate gate;

  /** Of the frame that is being read; 0 between frames. */
  private int taken;

  private RequestMemory.@Nullable Waiting waiting;
  private @Nullable Future<?> deadline;

  /**
   * @param longest frame with records
   */
  FrameDecoder(int longest, RequestMemory memory, ReadGate gate) {
    this.longest = longest;
    this.memory = memory;
    this.gate = gate;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    if (waiting != null || in.readableBytes() < Integer.BYTES) {
      return;
    }
    int length = in.getInt(in.readerIndex());
    if (length < SHORTEST || length > longest) {
      refuse(in, length, longest);
    }
    if (in.readableBytes() < LENGTH_AND_KEY) {
      return;
    }
    boolean records = in.getShort(in.readerIndex() + Integer.BYTES) == ApiKeys.PRODUCE.id;
    if (!records && length > LONGEST_WITHOUT_RECORDS) {
      refuse(in, length, LONGEST_WITHOUT_RECORDS);
    }
    if (taken == 0 && !take(context, length)) {
      return;
    }
    if (in.readableBytes() < Integer.BYTES + length) {
      awaitRest(context, length);
      return;
    }
    stopWaiting();
    taken = 0; // the receiver's from here on
    in.skipBytes(Integer.BYTES);
    out.add(in.readRetainedSlice(length));
  }

  private static void refuse(ByteBuf in, int length, int most) {
    in.skipBytes(in.readableBytes());
    throw new CorruptedFrameException(
        "frame length " + length + " is not between " + SHORTEST + " and " + most);
  }

  private boolean take(ChannelHandlerContext context, int length) {
    var request =
        new RequestMemory.Waiting(length, () -> context.executor().execute(() -> granted(context)));
    if (memory.take(request)) {
      taken = length;
      return true;
    }
    waiting = request;
    gate.set(context.channel(), ReadGate.Reason.MEMORY, true);
    return false;
  }

  /** There is room: what has arrived is looked at again. */
  private void granted(ChannelHandlerContext context) {
    RequestMemory.Waiting request = waiting;
    if (request == null) {
      return; // the connection was closed, and has given it back
    }
    waiting = null;
    taken = (int) request.bytes();
    gate.set(context.channel(), ReadGate.Reason.MEMORY, false);
    try {
      channelRead(context, Unpooled.EMPTY_BUFFER);
      channelReadComplete(context);
    } catch (Exception e) {
      context.fireExceptionCaught(e);
    }
  }

  private void awaitRest(ChannelHandlerContext context, int length) {
    if (deadline == null) {
      deadline =
          context
              .executor()
              .schedule(
                  () -> tooLate(context, length),
                  PATIENCE_SECONDS + length / SLOWEST_BYTES_PER_SECOND,
                  TimeUnit.SECONDS);
    }
  }

  private void tooLate(ChannelHandlerContext context, int length) {
    deadline = null;
    if (gate.isOpen()) {
      context.fireExceptionCaught(
          new CorruptedFrameException("a frame of " + length + " bytes did not arrive in time"));
    } else {
      awaitRest(context, length); // it was we who did not read
    }
  }

  private void stopWaiting() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    super.channelInactive(context);
    stopWaiting();
    RequestMemory.Waiting request = waiting;
    waiting = null;
    if (request != null) {
      memory.giveUp(request);
    }
    int bytes = taken;
    taken = 0;
    memory.giveBack(bytes);
  }
}
