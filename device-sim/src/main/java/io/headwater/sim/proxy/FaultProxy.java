package io.headwater.sim.proxy;

import io.headwater.process.HostPort;
import io.headwater.process.Ports;
import io.headwater.process.Threads;
import io.headwater.process.UserError;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A TCP proxy that breaks the link when it is told to. Its methods may be called by any thread. */
public final class FaultProxy implements AutoCloseable {
  static final RecvByteBufAllocator READS = new AdaptiveRecvByteBufAllocator(64, 2 << 10, 16 << 10);

  private final HostPort address;
  private final Counters counters = new Counters();
  private final Link link;
  private final MultiThreadIoEventLoopGroup loop;

  /** A fault that has begun; closing it ends the fault, once, and returns when it has ended. */
  public interface Effect extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * @param open connections of clients, half-open ones too
   * @param accepted connections of clients since the start
   * @param resetByFaults of these
   * @param bytesToTarget passed on
   * @param bytesToClient passed on
   */
  public record Counts(
      int open, long accepted, long resetByFaults, long bytesToTarget, long bytesToClient) {}

  /**
   * Listens.
   *
   * @param name what the link is called for users, and its thread
   * @param listen port 0 means any free one
   * @param seed for all that is random
   * @throws UserError that names the port and its holder if it is taken
   */
  public FaultProxy(String name, HostPort listen, HostPort target, long seed) {
    link = new Link(target.socketAddress(), seed, counters);
    loop =
        new MultiThreadIoEventLoopGroup(
            1, Threads.factory("sim-proxy-" + name), NioIoHandler.newFactory());
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, READS)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel client) {
                    client.pipeline().addLast(link.accept(client).clientEnd());
                  }
                })
            .bind(listen.socketAddress())
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      loop.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
      throw Ports.inUse(name + " proxy", listen, bound.cause());
    }
    address = listen.withPort(((InetSocketAddress) bound.channel().localAddress()).getPort());
  }

  /** Where clients connect. */
  public HostPort address() {
    return address;
  }

  /** Begins a fault, in addition to those in effect; returns when it has begun. */
  public Effect apply(LinkFault fault) {
    var effect = new Link.Effect(fault);
    onLoop(() -> link.begin(effect));
    return () -> onLoop(() -> link.end(effect));
  }

  /** Ends all faults; returns when they have ended. */
  public void clear() {
    onLoop(link::clear);
  }

  public Counts counts() {
    return new Counts(
        counters.open.get(),
        counters.accepted.sum(),
        counters.resetByFaults.sum(),
        counters.bytesToTarget.sum(),
        counters.bytesToClient.sum());
  }

  /** Frees the port and resets the connections that are open. */
  @Override
  public void close() {
    onLoop(link::close);
    loop.shutdownGracefully(0, 2_000, TimeUnit.MILLISECONDS).awaitUninterruptibly(3_000);
  }

  private void onLoop(Runnable action) {
    if (!loop.isShuttingDown()) {
      CompletableFuture.runAsync(action, loop).join();
    }
  }
}
