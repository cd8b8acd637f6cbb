package io.headwater.hub.kafka.net;

import io.headwater.hub.kafka.api.Dispatcher;
import io.headwater.process.HostPort;
import io.headwater.process.Ports;
import io.headwater.process.Threads;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens for Kafka clients. */
public final class KafkaListener implements AutoCloseable {
  /**
   * Keeps the memory of frames for the next ones. Netty's default takes new memory for frames of
   * some hundred kilobytes again and again, and to make that zero costs more than their records do.
   */
  static final PooledByteBufAllocator BUFFERS = PooledByteBufAllocator.DEFAULT;

  private static final Logger LOGGER = LoggerFactory.getLogger(KafkaListener.class);
  private static final long MOST_BYTES_IN_FLIGHT = 32L << 20;

  /**
   * What a connection may have of answers that its socket does not take, until it is not read any
   * more, and until it is read again. It is in the hub's memory for each client that stands still,
   * so it is little; but so much that a client that has sent its next requests finds the socket
   * full all the time. One answer may be larger, and records that go from files do not count.
   */
  private static final WriteBufferWaterMark UNTAKEN =
      new WriteBufferWaterMark(128 << 10, 256 << 10);

  private static final long DRAIN_SECONDS = 5;

  /** Clients that stand still do not keep the process. */
  private static final Duration MOST_FOR_DRAIN = Duration.ofMillis(1_500);

  private final MultiThreadIoEventLoopGroup loops;
  private final ThreadPoolExecutor workers;
  private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final Channel server;
  private final HostPort address;

  private volatile @Nullable Dispatcher dispatcher;

  /**
   * Binds; connections wait in the backlog until {@link #serve}.
   *
   * @param longestFrame bytes of the largest request with records
   * @throws io.headwater.process.UserError if the port is taken
   */
  public KafkaListener(
      HostPort listen, int longestFrame, NetSettings settings, NetMetrics metrics) {
    var memory = new RequestMemory(settings.requestMemory().bytes());
    metrics.watch(memory, settings.requestMemory().bytes());
    var limits = new ConnectionLimits(settings, metrics);
    int threads = Math.max(2, Runtime.getRuntime().availableProcessors());
    loops =
        new MultiThreadIoEventLoopGroup(
            threads, Threads.factory("hub-net"), NioIoHandler.newFactory());
    workers =
        new ThreadPoolExecutor(
            threads * 2,
            threads * 2,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Threads.factory("hub-api"),
            (task, _) -> task.run()); // closing: who would hand on goes on itself
    metrics.watch(workers);
    var bind =
        new ServerBootstrap()
            .group(loops)
            .channelFactory(AcceptingChannel::new)
            .option(ChannelOption.SO_BACKLOG, 256)
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.ALLOCATOR, BUFFERS)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, UNTAKEN)
            .childOption(ChannelOption.SO_SNDBUF, (int) settings.sendBuffer().bytes())
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    if (!limits.admit(channel)) {
                      channel.close();
                      return;
                    }
                    channels.add(channel);
                    var gate = new ReadGate(metrics);
                    channel
                        .pipeline()
                        .addLast(
                            new IdleStateHandler(
                                0, 0, settings.idleTimeout().toMillis(), TimeUnit.MILLISECONDS))
                        .addLast(new FrameDecoder(longestFrame, memory, gate))
                        .addLast(
                            new ConnectionHandler(
                                Objects.requireNonNull(dispatcher, "serve comes first"),
                                workers,
                                metrics,
                                memory,
                                gate,
                                MOST_BYTES_IN_FLIGHT));
                  }
                })
            .bind(listen.socketAddress())
            .awaitUninterruptibly();
    if (!bind.isSuccess()) {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      workers.shutdownNow();
      throw Ports.inUse("Kafka", listen, bind.cause());
    }
    server = bind.channel();
    address = listen.withPort(((InetSocketAddress) server.localAddress()).getPort());
  }

  /** Begins to accept. */
  public void serve(Dispatcher newDispatcher) {
    dispatcher = newDispatcher;
    server.config().setAutoRead(true);
    server.read();
  }

  /** The address really bound. */
  public HostPort address() {
    return address;
  }

  /**
   * Stops accepting, answers the appends that have come, closes the connections, waits for what the
   * workers have begun, ends the threads. Closing twice is allowed.
   */
  @Override
  public void close() {
    server.close().awaitUninterruptibly();
    drain();
    channels.close().awaitUninterruptibly();
    workers.shutdown();
    try {
      // Never interrupted: an interrupt within a file's channel would close the log's segment.
      if (!workers.awaitTermination(DRAIN_SECONDS, TimeUnit.SECONDS)) {
        LOGGER.atWarn().log("Requests are still being handled; closing the log below them");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private void drain() {
    long end = System.nanoTime() + MOST_FOR_DRAIN.toNanos();
    try {
      while (!channels.isEmpty() && System.nanoTime() - end < 0) {
        channels.forEach(
            channel -> channel.pipeline().fireUserEventTriggered(ConnectionHandler.Drain.INSTANCE));
        TimeUnit.MILLISECONDS.sleep(10);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
