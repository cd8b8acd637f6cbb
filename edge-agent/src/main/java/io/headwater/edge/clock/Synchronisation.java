package io.headwater.edge.clock;

import java.util.OptionalLong;

/**
 * Whether this machine's clock is kept right at the moment.
 *
 * @param maxErrorMs the most that it is wrong; empty while nothing synchronises it
 */
public record Synchronisation(OptionalLong maxErrorMs) {
  /** Asks the kernel. */
  public static Synchronisation ofThisMachine() {
    return new Synchronisation(new LinuxClock().maxErrorMs());
  }
}
