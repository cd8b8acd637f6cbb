package io.headwater.hub.kafka.net;

import io.netty.channel.Channel;
import java.util.EnumSet;
import java.util.Set;

/** Whether a connection is read, as long as no reason speaks against it. On its event loop. */
final class ReadGate {
  private final NetMetrics metrics;
  private final Set<Reason> shut = EnumSet.noneOf(Reason.class);
  private final long[] since = new long[Reason.values().length];
  private boolean closed;
  private Runnable opened = () -> {};

  /** Why a connection is not read. */
  enum Reason {
    /** Too many of its requests are unanswered. */
    IN_FLIGHT,
    /** It does not take its answers. */
    OUTBOUND,
    /** The hub's memory for requests is used up. */
    MEMORY
  }

  ReadGate(NetMetrics metrics) {
    this.metrics = metrics;
  }

  /**
   * @param listener called whenever a reason has gone, on the event loop, in the midst of whatever
   *     made it go
   */
  void onOpened(Runnable listener) {
    opened = listener;
  }

  void set(Channel channel, Reason reason, boolean isShut) {
    if (!closed && (isShut ? shut.add(reason) : shut.remove(reason))) {
      count(reason, isShut);
      channel.config().setAutoRead(shut.isEmpty());
      if (!isShut) {
        opened.run();
      }
    }
  }

  private void count(Reason reason, boolean isShut) {
    long now = System.nanoTime();
    if (isShut) {
      since[reason.ordinal()] = now;
      metrics.paused(reason);
    } else {
      metrics.resumed(reason, now - since[reason.ordinal()]);
    }
  }

  /**
   * Whether one more request may begin of those that have been read: a single read brings thousands
   * of small ones. Appends may, while they are taken, as their answers are as small as they are.
   */
  boolean admits(boolean isAppend) {
    return !shut.contains(Reason.OUTBOUND) && (isAppend || !shut.contains(Reason.IN_FLIGHT));
  }

  boolean isOpen() {
    return shut.isEmpty();
  }

  /** The connection is closed: it waits for nothing any more. */
  void close() {
    closed = true;
    shut.forEach(reason -> count(reason, false));
  }
}
