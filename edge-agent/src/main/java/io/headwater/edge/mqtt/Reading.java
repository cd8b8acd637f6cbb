package io.headwater.edge.mqtt;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.timeout.IdleStateHandler;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Whether a connection's socket is read: only while nothing speaks against it. Confined to the
 * connection's event loop.
 *
 * <p>Its keep-alive stands still meanwhile, as no PINGREQ can be read.
 */
final class Reading {
  /** What speaks against reading. */
  enum Pause {
    /** CONNECT is not answered yet. */
    HANDSHAKE,
    /** Too much is unacknowledged, or waits for room in the log's queue. */
    BACKLOG,
    /** A packet has begun for which there is no room among the bytes in flight. */
    MEMORY
  }

  private static final String KEEP_ALIVE = "keep-alive";

  private final Set<Pause> pauses = EnumSet.noneOf(Pause.class);

  boolean isPaused() {
    return !pauses.isEmpty();
  }

  boolean isPaused(Pause why) {
    return pauses.contains(why);
  }

  void pause(ChannelHandlerContext ctx, Pause why) {
    pauses.add(why);
    ctx.channel().config().setAutoRead(false);
  }

  void resume(ChannelHandlerContext ctx, Pause why) {
    if (pauses.remove(why) && pauses.isEmpty()) {
      if (ctx.pipeline().get(KEEP_ALIVE) instanceof IdleStateHandler idle) {
        idle.resetReadTimeout();
      }
      ctx.channel().config().setAutoRead(true);
    }
  }

  /** From now on the connection is idle after 1.5 times the keep-alive; never if that is 0. */
  static void keepAlive(ChannelHandlerContext ctx, int seconds) {
    if (seconds > 0) {
      ctx.pipeline()
          .addFirst(KEEP_ALIVE, new IdleStateHandler(seconds * 1500L, 0, 0, TimeUnit.MILLISECONDS));
    }
  }
}
