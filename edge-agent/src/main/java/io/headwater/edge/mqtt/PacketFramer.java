package io.headwater.edge.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.mqtt.MqttMessageFactory;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what arrives into packets, and hands the decoder behind it each one whole. Confined to the
 * connection's event loop.
 *
 * <p>So a packet's size is known before it is there: one that is too large ends the connection at
 * its first bytes, and an incomplete one takes its part of the bytes in flight and has a time
 * limit. And so a packet whose content claims to be longer than it is cannot reach into the next
 * one, nor wait for more: the decoder did not make a message of it. What the decoder does not look
 * at is for {@link PacketRules}.
 */
final class PacketFramer extends ByteToMessageDecoder {
  private static final int MORE_NEEDED = -1;
  private static final int MALFORMED = -2;
  private static final int LENGTH_BYTES = 4;
  private static final long ASK_AGAIN_MILLIS = 50;

  /** Why a packet is not waited for any longer; told to the connection as an event. */
  enum Failure {
    PACKET_TIMEOUT,
    NO_ROOM
  }

  private final int mostBytes;
  private final Duration packetTimeout;
  private final Duration holdLimit;
  private final Flight flight;
  private final Reading reading;
  private final PacketRules rules = new PacketRules();

  private long handedOn;
  private long decoded;
  private boolean broken;

  /** Both end with the connection: in them it would stay in memory. */
  private @Nullable ScheduledFuture<?> timeCheck;

  private @Nullable ScheduledFuture<?> roomCheck;

  // Of the packet of which only a part is there.
  private boolean incomplete;
  private long sinceNanos;
  private long reserved;
  private boolean waitsForRoom;
  private long waitsSinceNanos;

  /**
   * @param mostBytes of a packet, its header included
   */
  PacketFramer(
      int mostBytes, Duration packetTimeout, Duration holdLimit, Flight flight, Reading reading) {
    this.mostBytes = mostBytes;
    this.packetTimeout = packetTimeout;
    this.holdLimit = holdLimit;
    this.flight = flight;
    this.reading = reading;
  }

  /** Goes behind the decoder. */
  ChannelInboundHandler decoded() {
    return new ChannelInboundHandlerAdapter() {
      @Override
      public void channelRead(ChannelHandlerContext ctx, Object message) {
        decoded++;
        ctx.fireChannelRead(message);
      }
    };
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    if (broken) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (handedOn != decoded) {
      end(in, out, new CorruptedFrameException("a packet's content is longer than the packet"));
      return;
    }
    if (!isHeader(in.getUnsignedByte(in.readerIndex()))) {
      end(in, out, new CorruptedFrameException("a packet of an unknown type or with wrong flags"));
      return;
    }
    int length = length(in);
    if (length == MALFORMED) {
      end(in, out, new CorruptedFrameException("a remaining length of more than 4 bytes"));
    } else if (length > mostBytes) {
      end(in, out, new TooLongFrameException("a packet of " + length + " bytes > " + mostBytes));
    } else if (length == MORE_NEEDED || in.readableBytes() < length) {
      waitForMore(ctx, length);
    } else {
      whole(ctx);
      hand(in, length, out);
    }
  }

  private void hand(ByteBuf in, int length, List<Object> out) {
    ByteBuf packet = in.readRetainedSlice(length);
    Exception violation = rules.check(packet);
    if (violation == null) {
      handedOn++;
      out.add(packet);
    } else {
      packet.release();
      end(in, out, violation);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
    if (!broken && handedOn != decoded) {
      broken = true;
      ctx.fireChannelRead(
          MqttMessageFactory.newInvalidMessage(
              new CorruptedFrameException("a packet's content is longer than the packet")));
    }
    super.channelReadComplete(ctx);
  }

  private void end(ByteBuf in, List<Object> out, Exception cause) {
    broken = true;
    in.skipBytes(in.readableBytes());
    out.add(MqttMessageFactory.newInvalidMessage(cause));
  }

  /** Whether a packet may begin so: its flags are fixed, but for PUBLISH (MQTT 5, table 2-2). */
  private static boolean isHeader(int first) {
    int flags = first & 0xF;
    return switch (first >> 4) {
      case 0 -> false;
      case 3 -> (flags & 6) != 6 && (flags & 0xE) != 8; // QoS 3; DUP at QoS 0
      case 6, 8, 10 -> flags == 2; // PUBREL, SUBSCRIBE, UNSUBSCRIBE
      default -> flags == 0;
    };
  }

  /** Of the whole packet, by its fixed header (MQTT 5, section 2.1). */
  private static int length(ByteBuf in) {
    int start = in.readerIndex();
    int remaining = 0;
    for (int i = 0; i < LENGTH_BYTES; i++) {
      if (in.readableBytes() < i + 2) {
        return MORE_NEEDED;
      }
      int digit = in.getByte(start + 1 + i);
      remaining |= (digit & 0x7F) << (7 * i);
      if (digit >= 0) {
        return remaining + i + 2;
      }
    }
    return MALFORMED;
  }

  /**
   * @param length of the packet, or that it is not known yet
   */
  private void waitForMore(ChannelHandlerContext ctx, int length) {
    if (!incomplete) {
      incomplete = true;
      sinceNanos = System.nanoTime();
      if (timeCheck == null) {
        timeCheck = schedule(ctx, this::checkTime, packetTimeout.toNanos());
      }
    }
    if (length > 0 && reserved == 0 && !waitsForRoom) {
      if (flight.reserve(length)) {
        reserved = length;
      } else {
        waitsForRoom = true;
        waitsSinceNanos = System.nanoTime();
        reading.pause(ctx, Reading.Pause.MEMORY);
        askAgain(ctx, length);
      }
    }
  }

  private void askAgain(ChannelHandlerContext ctx, int length) {
    roomCheck =
        schedule(
            ctx,
            again -> {
              if (!waitsForRoom) {
                return;
              }
              if (flight.reserve(length)) {
                reserved = length;
                readOn(again);
              } else if (System.nanoTime() - waitsSinceNanos > holdLimit.toNanos()) {
                again.fireUserEventTriggered(Failure.NO_ROOM);
              } else {
                askAgain(again, length);
              }
            },
            TimeUnit.MILLISECONDS.toNanos(ASK_AGAIN_MILLIS));
  }

  private void readOn(ChannelHandlerContext ctx) {
    if (waitsForRoom) {
      waitsForRoom = false;
      sinceNanos = System.nanoTime(); // nothing could arrive meanwhile
      reading.resume(ctx, Reading.Pause.MEMORY);
    }
  }

  private void checkTime(ChannelHandlerContext ctx) {
    timeCheck = null;
    if (!incomplete) {
      return;
    }
    if (reading.isPaused()) {
      sinceNanos = System.nanoTime();
    }
    long left = packetTimeout.toNanos() - (System.nanoTime() - sinceNanos);
    if (left <= 0) {
      ctx.fireUserEventTriggered(Failure.PACKET_TIMEOUT);
    } else {
      timeCheck = schedule(ctx, this::checkTime, left);
    }
  }

  private static ScheduledFuture<?> schedule(
      ChannelHandlerContext ctx, Consumer<ChannelHandlerContext> task, long nanos) {
    return ctx.executor()
        .schedule(
            () -> {
              if (!ctx.isRemoved()) {
                task.accept(ctx);
              }
            },
            nanos,
            TimeUnit.NANOSECONDS);
  }

  /** The packet is whole, or will never be. */
  private void whole(ChannelHandlerContext ctx) {
    incomplete = false;
    if (reserved > 0) {
      flight.release(reserved);
      reserved = 0;
    }
    readOn(ctx);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    super.channelInactive(ctx);
    end(ctx);
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext ctx) {
    end(ctx);
  }

  private void end(ChannelHandlerContext ctx) {
    whole(ctx);
    if (timeCheck != null) {
      timeCheck.cancel(false);
      timeCheck = null;
    }
    if (roomCheck != null) {
      roomCheck.cancel(false);
      roomCheck = null;
    }
  }
}
