package io.headwater.sim.proxy;

import java.time.Duration;

/** What can be wrong with a link. Several faults may be in effect together, equal ones too. */
public sealed interface LinkFault {

  /** Connections are reset (RST), new ones too as soon as they are accepted. */
  record Cut() implements LinkFault {}

  /**
   * Strikes the connections that are open when it begins, and no later ones: the target's side is
   * closed, and the client is not told. What the client sends is swallowed and nothing ever comes,
   * until it closes the connection, or the fault ends, which resets it.
   */
  record HalfOpen() implements LinkFault {}

  /**
   * Nothing passes, ends of connections neither. New connections are accepted, which a router that
   * drops everything would not do, but reach nobody. What the proxy has written before counts as
   * arrived. When the fault ends, all that was held passes on.
   */
  record BlackHole() implements LinkFault {}

  /**
   * A {@link BlackHole} in one direction. New connections reach nobody either, because TCP's
   * handshake needs both.
   *
   * @param passes the direction that still works
   */
  record OneWay(Direction passes) implements LinkFault {}

  /**
   * Each chunk is passed on later, in order. What is under way when the fault ends still takes its
   * time. Delays in effect together add up.
   *
   * @param by what every chunk waits, in each direction
   * @param jitter up to this much is added, uniformly distributed
   */
  record Delay(Duration by, Duration jitter) implements LinkFault {
    public Delay {
      requireNotNegative("delay", by);
      requireNotNegative("jitter", jitter);
    }
  }

  /**
   * Each connection is reset at random times: what packet loss does to users of TCP at its worst.
   *
   * @param every mean time until a connection is reset, exponentially distributed
   */
  record Loss(Duration every) implements LinkFault {
    public Loss {
      if (!every.isPositive()) {
        throw new IllegalArgumentException("mean time until a reset " + every + " is not positive");
      }
    }
  }

  /**
   * All connections together get no more in each direction. Of several in effect the smallest
   * counts.
   */
  record Bandwidth(long bytesPerSecond) implements LinkFault {
    public Bandwidth {
      if (bytesPerSecond <= 0) {
        throw new IllegalArgumentException("bandwidth " + bytesPerSecond + " B/s is not positive");
      }
    }
  }

  private static void requireNotNegative(String what, Duration duration) {
    if (duration.isNegative()) {
      throw new IllegalArgumentException(what + " " + duration + " is negative");
    }
  }
}
