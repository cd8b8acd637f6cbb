package io.headwater.hub.kafka.net;

import io.netty.channel.Channel;
import java.util.EnumSet;
import java.util.Set;

/** Whether a connection is read, as long as no reason speaks against it. On its event loop. */
final class ReadGate {
  private final Set<Reason> shut = EnumSet.noneOf(Reason.class);

  /** Why a connection is not read. */
  enum Reason {
    /** Too many of its requests are unanswered. */
    IN_FLIGHT,
    /** The hub's memory for requests is used up. */
    MEMORY
  }

  void set(Channel channel, Reason reason, boolean isShut) {
    if (isShut ? shut.add(reason) : shut.remove(reason)) {
      channel.config().setAutoRead(shut.isEmpty());
    }
  }

  boolean isOpen() {
    return shut.isEmpty();
  }
}
