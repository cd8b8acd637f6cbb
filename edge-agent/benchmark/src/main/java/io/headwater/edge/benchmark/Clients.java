package io.headwater.edge.benchmark;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Makes connections, all on one event loop. Thread-safe. */
final class Clients implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 30;

  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

  /** A connection that is established. */
  record Open(Channel channel, Connection connection, boolean sessionPresent)
      implements AutoCloseable {
    void subscribe(List<String> filters) throws IOException, InterruptedException {
      await(connection.subscribe(channel, filters));
    }

    /** Cuts the connection. */
    @Override
    public void close() {
      channel.close().awaitUninterruptibly();
    }
  }

  EventLoop loop() {
    return loops.next();
  }

  Open connect(int port, String clientId, boolean clean, Connection.Use use)
      throws IOException, InterruptedException {
    var connection = new Connection(clientId, clean, use);
    Channel channel =
        new Bootstrap()
            .group(loops)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .handler(connection)
            .connect(InetAddress.getLoopbackAddress(), port)
            .syncUninterruptibly()
            .channel();
    boolean present = await(connection.connected());
    return new Open(channel, connection, present);
  }

  /** Whether a client is let in. */
  boolean isServing(int port) throws InterruptedException {
    try (Open _ = connect(port, "probe", true, Connection.IDLE)) {
      return true;
    } catch (Exception e) {
      if (e instanceof InterruptedException interrupted) {
        throw interrupted;
      }
      return false; // refused by the kernel, or not ready yet
    }
  }

  static <T> T await(java.util.concurrent.Future<T> answer)
      throws IOException, InterruptedException {
    try {
      return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("no answer within " + PATIENCE_SECONDS + " s", e);
    }
  }

  @Override
  public void close() {
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
