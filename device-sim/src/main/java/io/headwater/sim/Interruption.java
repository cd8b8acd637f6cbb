package io.headwater.sim;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets Ctrl-C and SIGTERM end a run in order: the JVM's end is held back until the run has given
 * its verdict, or for some time.
 */
final class Interruption implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(45);

  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch done = new CountDownLatch(1);
  private final Runnable atLast;
  private final Thread hook = new Thread(this::hold, "sim-interruption-0");

  /**
   * @param atLast run when the JVM ends, after the run or instead of what it has left of its time
   */
  Interruption(Runnable atLast) {
    this.atLast = atLast;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void hold() {
    asked.countDown();
    try {
      done.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    atLast.run();
  }

  boolean wasAsked() {
    return asked.getCount() == 0;
  }

  /** Waits for the end of the time; true if the run shall end before. */
  boolean awaitAsked(long nanos) {
    try {
      return asked.await(Math.max(0, nanos), TimeUnit.NANOSECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** The run is over: the JVM may end. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // The JVM is ending, and waits for this.
    }
    done.countDown();
  }
}
