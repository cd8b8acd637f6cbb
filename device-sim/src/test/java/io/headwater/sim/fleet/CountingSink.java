package io.headwater.sim.fleet;

import io.headwater.process.HostPort;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * A broker that only counts: acknowledges whatever is published, at QoS 0, 1 and 2, over MQTT 3.1.1
 * and 5, and keeps nothing. It reads bytes instead of messages, so that next to it on the same
 * machine the fleet can be measured.
 */
final class CountingSink implements AutoCloseable {
  private static final int CONNECT = 1;
  private static final int PUBLISH = 3;
  private static final int PUBREL = 6;
  private static final int PINGREQ = 12;
  private static final int DISCONNECT = 14;

  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Channel listener;
  private final LongAdder published = new LongAdder();

  CountingSink() {
    listener =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 4_096)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new Answers());
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
  }

  /** Runs until its input ends, which is when the process that started it has died. */
  static void main() throws java.io.IOException {
    try (var sink = new CountingSink()) {
      System.out.println("ready sink mqtt=" + sink.address());
      while (System.in.read() >= 0) {
        // Nobody says anything.
      }
    }
  }

  HostPort address() {
    return new HostPort("127.0.0.1", ((InetSocketAddress) listener.localAddress()).getPort());
  }

  long published() {
    return published.sum();
  }

  @Override
  public void close() {
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
  }

  private final class Answers extends ByteToMessageDecoder {
    private boolean version5;

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
      ByteBuf answers = null;
      while (true) {
        int start = in.readerIndex();
        int body = bodyLength(in);
        if (body < 0 || in.readableBytes() < body) {
          in.readerIndex(start);
          break;
        }
        int first = in.getUnsignedByte(start);
        int next = in.readerIndex() + body;
        if (answers == null) {
          answers = ctx.alloc().buffer(64);
        }
        answer(first, in, answers, ctx);
        in.readerIndex(next);
      }
      if (answers != null) {
        ctx.writeAndFlush(answers, ctx.voidPromise());
      }
    }

    /** Reads the fixed header; -1 if it is not complete. */
    private static int bodyLength(ByteBuf in) {
      if (in.readableBytes() < 2) {
        return -1;
      }
      in.skipBytes(1);
      int length = 0;
      for (int shift = 0; in.isReadable(); shift += 7) {
        int digit = in.readUnsignedByte();
        length |= (digit & 0x7F) << shift;
        if (digit < 0x80) {
          return length;
        }
      }
      return -1;
    }

    private void answer(int first, ByteBuf in, ByteBuf answers, ChannelHandlerContext ctx) {
      switch (first >> 4) {
        case CONNECT -> {
          version5 = in.getByte(in.readerIndex() + 6) == 5;
          answers.writeByte(0x20).writeByte(version5 ? 3 : 2).writeShort(0);
          if (version5) {
            answers.writeByte(0);
          }
        }
        case PUBLISH -> {
          published.increment();
          int qos = (first >> 1) & 3;
          if (qos > 0) {
            in.skipBytes(in.readUnsignedShort());
            answers.writeByte(qos == 1 ? 0x40 : 0x50).writeByte(2).writeShort(in.readShort());
          }
        }
        case PUBREL -> answers.writeByte(0x70).writeByte(2).writeShort(in.readShort());
        case PINGREQ -> answers.writeShort(0xD000);
        case DISCONNECT -> ctx.close();
        default -> throw new IllegalStateException("packet type " + (first >> 4));
      }
    }
  }
}
