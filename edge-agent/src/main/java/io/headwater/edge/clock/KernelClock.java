package io.headwater.edge.clock;

import java.util.OptionalLong;

/** What the kernel knows of time. */
interface KernelClock {
  /** This boot; never 0. */
  long boot();

  /** Since the boot, suspended time too. */
  long uptimeNanos();

  /**
   * The most that the wall clock is wrong, in milliseconds; empty while nothing synchronises it.
   */
  OptionalLong maxErrorMs();
}
