package io.headwater.hub.kafka.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.util.concurrent.Future;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the stream into messages: a length of four bytes, then that many bytes.
 *
 * <p>A length that no request can have ends the connection before anything is buffered for it. A
 * frame's bytes are taken from the {@link RequestMemory} before it is read; whoever gets the frame
 * gives them back. What has been read is cut only as far as the {@link ReadGate} admits requests. A
 * frame that takes far too long ends the connection, so that nobody holds memory for ever.
 */
final class FrameDecoder extends ChannelInboundHandlerAdapter {
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

  /**
   * What has arrived and is not yet in a frame: more than one only while something is waited for.
   */
  private final Deque<ByteBuf> arrived = new ArrayDeque<>();

  /** The length and the API key of the next frame, as far as they have arrived. */
  private final ByteBuffer start = ByteBuffer.allocate(LENGTH_AND_KEY);

  /** What is being read; as long as it has to be, so that its bytes are moved only once. */
  private @Nullable ByteBuf frame;

  private RequestMemory.@Nullable Waiting waiting;
  private @Nullable Future<?> deadline;

  /** The start of a frame has arrived that the gate does not admit yet. */
  private boolean held;

  private boolean broken;

  /**
   * @param longest frame with records
   */
  FrameDecoder(int longest, RequestMemory memory, ReadGate gate) {
    this.longest = longest;
    this.memory = memory;
    this.gate = gate;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    // Later: it opens in the midst of an answer, or of a request that this hands on.
    gate.onOpened(() -> {
      if (held) {
        context.executor().execute(() -> goOn(context));
      }
    });
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    if (broken) {
      in.release();
      return;
    }
    arrived.add(in);
    cut(context);
  }

  private boolean isStopped() {
    return held || waiting != null;
  }

  /** Moves what has arrived into frames, as far as they are admitted and there is memory. */
  private void cut(ChannelHandlerContext context) {
    try {
      while (!arrived.isEmpty() && !isStopped()) {
        ByteBuf in = arrived.getFirst();
        while (in.isReadable() && !isStopped()) {
          if (frame == null) {
            begin(context, in);
          } else {
            fill(context, frame, in);
          }
        }
        if (!in.isReadable()) {
          arrived.removeFirst().release();
        }
      }
    } catch (CorruptedFrameException e) {
      broken = true;
      dropArrived();
      context.fireExceptionCaught(e);
    }
  }

  private void begin(ChannelHandlerContext context, ByteBuf in) {
    while (start.hasRemaining() && in.isReadable()) {
      start.put(in.readByte());
      if (start.position() == Integer.BYTES) {
        check(start.getInt(0), longest);
      }
    }
    if (start.hasRemaining()) {
      return;
    }
    if (!isAppend()) {
      check(start.getInt(0), LONGEST_WITHOUT_RECORDS);
    }
    admit(context);
  }

  private boolean isAppend() {
    return start.getShort(Integer.BYTES) == ApiKeys.PRODUCE.id;
  }

  /** Begins the frame whose start has arrived, or has it wait. */
  private void admit(ChannelHandlerContext context) {
    if (!gate.admits(isAppend())) {
      held = true;
      return;
    }
    int length = start.getInt(0);
    var request =
        new RequestMemory.Waiting(length, () -> context.executor().execute(() -> granted(context)));
    if (memory.take(request)) {
      allocate(context, length);
    } else {
      waiting = request;
      gate.set(context.channel(), ReadGate.Reason.MEMORY, true);
    }
  }

  private static void check(int length, int most) {
    if (length < SHORTEST || length > most) {
      throw new CorruptedFrameException(
          "frame length " + length + " is not between " + SHORTEST + " and " + most);
    }
  }

  private void allocate(ChannelHandlerContext context, int length) {
    frame = context.alloc().ioBuffer(length, length).writeShort(start.getShort(Integer.BYTES));
    start.clear();
  }

  private void fill(ChannelHandlerContext context, ByteBuf current, ByteBuf in) {
    in.readBytes(current, Math.min(in.readableBytes(), current.writableBytes()));
    if (current.isWritable()) {
      awaitRest(context, current.capacity());
    } else {
      stopWaiting();
      frame = null; // the receiver's from here on, and so is what was taken for it
      context.fireChannelRead(current);
    }
  }

  /** The gate has opened a little: what has arrived is looked at again. */
  private void goOn(ChannelHandlerContext context) {
    if (!held) {
      return; // done by another task, or the connection was closed
    }
    held = false;
    admit(context);
    cut(context);
    context.fireChannelReadComplete();
  }

  /** There is room: what has arrived is looked at again. */
  private void granted(ChannelHandlerContext context) {
    RequestMemory.Waiting request = waiting;
    if (request == null) {
      return; // the connection was closed, and has given it back
    }
    waiting = null;
    allocate(context, (int) request.bytes());
    gate.set(context.channel(), ReadGate.Reason.MEMORY, false);
    cut(context);
    context.fireChannelReadComplete();
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

  private void dropArrived() {
    arrived.forEach(ByteBuf::release);
    arrived.clear();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    stopWaiting();
    held = false;
    dropArrived();
    RequestMemory.Waiting request = waiting;
    waiting = null;
    if (request != null) {
      memory.giveUp(request);
    }
    ByteBuf partial = frame;
    frame = null;
    if (partial != null) {
      memory.giveBack(partial.capacity());
      partial.release();
    }
    context.fireChannelInactive();
  }
}
