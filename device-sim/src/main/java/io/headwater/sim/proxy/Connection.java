package io.headwater.sim.proxy;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connection and the one to the target that belongs to it. Confined to the event loop.
 */
final class Connection {
  private static final Logger LOGGER = LoggerFactory.getLogger(Connection.class);
  private static final int CONNECT_MILLIS = 5_000;

  private final Link link;
  private final SocketChannel client;
  private final SplittableRandom random;
  private final SplittableRandom lossRandom;
  private @Nullable SocketChannel target;
  private @Nullable Lane toTarget;
  private @Nullable Lane toClient;
  private int endsPassed;
  private @Nullable Future<?> loss;
  private Link.@Nullable Effect lostTargetTo;
  private boolean closed;

  Connection(Link link, SocketChannel client, SplittableRandom random) {
    this.link = link;
    this.client = client;
    this.random = random;
    lossRandom = random.split(); // however often it draws, the lanes get the same
  }

  void conditionsChanged() {
    if (closed) {
      return;
    }
    if (link.conditions().isCut()) {
      resetByFault();
      return;
    }
    scheduleLoss();
    if (lostTargetTo != null) {
      return;
    }
    if (target == null && link.conditions().isConnected()) {
      connect();
    }
    if (toTarget != null && toClient != null) {
      toTarget.pump();
      toClient.pump();
    }
  }

  private void scheduleLoss() {
    if (loss != null) {
      loss.cancel(false);
      loss = null;
    }
    if (link.conditions().resets()) {
      loss =
          client
              .eventLoop()
              .schedule(
                  this::resetByFault,
                  link.conditions().drawLifetimeNanos(lossRandom),
                  TimeUnit.NANOSECONDS);
    }
  }

  private void connect() {
    ChannelFuture connecting =
        new Bootstrap()
            .group(client.eventLoop())
            .channel(NioSocketChannel.class)
            .option(ChannelOption.AUTO_READ, false)
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
            .option(ChannelOption.RECVBUF_ALLOCATOR, FaultProxy.READS)
            .handler(new End(Direction.TO_CLIENT))
            .connect(link.target());
    var channel = (SocketChannel) connecting.channel();
    target = channel;
    connecting.addListener(done -> {
      if (closed || lostTargetTo != null) {
        return;
      }
      if (done.isSuccess()) {
        open(channel);
      } else {
        reset();
      }
    });
  }

  private void open(SocketChannel opened) {
    toTarget = new Lane(link, Direction.TO_TARGET, client, opened, random.split(), this::endPassed);
    toClient = new Lane(link, Direction.TO_CLIENT, opened, client, random.split(), this::endPassed);
    toTarget.pump();
    toClient.pump();
  }

  private void endPassed() {
    endsPassed++;
    if (endsPassed == Direction.values().length) {
      close();
    }
  }

  /** The target's side is closed, the client does not learn of it before the effect ends. */
  void loseTarget(Link.Effect effect) {
    if (lostTargetTo == null) {
      lostTargetTo = effect;
      closeLanes();
      if (target != null) {
        target.close();
      }
      client.config().setAutoRead(true); // to swallow, and to see when the client gives up
    }
  }

  void ended(Link.Effect effect) {
    if (lostTargetTo == effect) {
      resetByFault();
    }
  }

  private void resetByFault() {
    if (!closed) {
      link.counters().resetByFaults.increment();
      reset();
    }
  }

  /** Both peers get a RST. */
  void reset() {
    resetOnClose(client);
    if (target != null) {
      resetOnClose(target);
    }
    close();
  }

  private static void resetOnClose(Channel channel) {
    if (channel.isOpen()) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
    }
  }

  private void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (loss != null) {
      loss.cancel(false);
    }
    link.closed(this); // before the peers can know
    closeLanes();
    client.close();
    if (target != null) {
      target.close();
    }
  }

  private void closeLanes() {
    if (toTarget != null && toClient != null) {
      toTarget.close();
      toClient.close();
    }
  }

  private @Nullable Lane lane(Direction direction) {
    return direction == Direction.TO_TARGET ? toTarget : toClient;
  }

  /** The handler for the client's channel. */
  End clientEnd() {
    return new End(Direction.TO_TARGET);
  }

  /** The same at both ends: what comes in goes into one lane, what has gone out moves the other. */
  final class End extends ChannelInboundHandlerAdapter {

    private final Direction reads;

    End(Direction reads) {
      this.reads = reads;
    }

    private boolean isClients() {
      return reads == Direction.TO_TARGET;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      if (isClients()) {
        conditionsChanged();
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object bytes) {
      Lane in = lane(reads);
      if (in == null) {
        ReferenceCountUtil.release(bytes); // half-open before it was connected
      } else {
        in.take((ByteBuf) bytes);
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      Lane in = lane(reads);
      if (event == ChannelInputShutdownEvent.INSTANCE) {
        if (lostTargetTo != null) {
          close();
        } else if (in != null) {
          in.takeEnd();
        }
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      Lane out = lane(reads.opposite());
      if (out != null) {
        ctx.executor().execute(out::pump); // later: this may be called from within a write
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      if (!(cause instanceof IOException)) {
        LOGGER.atError().setCause(cause).log("A proxied connection failed");
      }
      reset();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      if (isClients() || lostTargetTo == null) {
        reset();
      }
    }
  }
}
