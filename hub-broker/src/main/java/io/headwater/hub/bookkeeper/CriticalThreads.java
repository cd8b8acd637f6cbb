package io.headwater.hub.bookkeeper;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.bookkeeper.bookie.BookieCriticalThread;

/**
 * Threads by which BookKeeper ends the JVM when they die of something unforeseen, which happens
 * also when a bookie is stopped just after its start. Here that is to end the bookie alone.
 */
final class CriticalThreads {
  /** The one that its journal starts, and so the last. */
  private static final String LAST = "ForceWriteThread";

  private static final int TRIES = 1_000;

  private CriticalThreads() {}

  /** Waits until all have been started, 5 s at most, and has them report to a handler. */
  static void handOver(Thread.UncaughtExceptionHandler handler) throws InterruptedException {
    var pause = new CountDownLatch(1);
    for (int i = 0; i < TRIES; i++) {
      if (handOverThoseThatRun(handler) || pause.await(5, TimeUnit.MILLISECONDS)) {
        return;
      }
    }
  }

  private static boolean handOverThoseThatRun(Thread.UncaughtExceptionHandler handler) {
    boolean last = false;
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      // Those of other bookies, in tests, have a handler that is not the thread itself.
      if (thread instanceof BookieCriticalThread critical
          && critical.equals(critical.getUncaughtExceptionHandler())) {
        critical.setUncaughtExceptionHandler(handler);
        last |= critical.getName().equals(LAST);
      }
    }
    return last;
  }
}
