package io.headwater.hub.kafka.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AcceptingChannelTest {
  /** Fails with the first connection. */
  private static final class FailsOnce extends AcceptingChannel {
    private final AtomicInteger accepted = new AtomicInteger();

    @Override
    Channel connection(SocketChannel socket) {
      if (accepted.getAndIncrement() == 0) {
        throw new IllegalStateException("on purpose");
      }
      return super.connection(socket);
    }
  }

  @ChannelHandler.Sharable
  private static final class Greeting extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext context) {
      context.writeAndFlush(context.alloc().buffer().writeByte('h'));
    }
  }

  @Test
  void oneConnectionThatCannotBeMadeEndsNothing() throws Exception {
    var loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    try {
      Channel server =
          new ServerBootstrap()
              .group(loops)
              .channelFactory(FailsOnce::new)
              .childHandler(new Greeting())
              .bind(InetAddress.getLoopbackAddress(), 0)
              .sync()
              .channel();
      int port = ((InetSocketAddress) server.localAddress()).getPort();

      try (var first = new Socket(InetAddress.getLoopbackAddress(), port)) {
        first.setSoTimeout(10_000);
        assertThat(first.getInputStream().read()).as("it is closed").isEqualTo(-1);
      }
      try (var second = new Socket(InetAddress.getLoopbackAddress(), port)) {
        second.setSoTimeout(10_000);
        assertThat(second.getInputStream().read()).isEqualTo('h');
      }
    } finally {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
  }
}
