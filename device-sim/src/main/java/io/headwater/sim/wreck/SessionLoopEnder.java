package io.headwater.sim.wreck;

import java.util.Comparator;

/**
 * Runs inside a bridge: ends one session thread of its embedded broker.
 *
 * <p>An interrupt is enough: the thread then leaves its loop without a word to anybody, and a share
 * of the broker's clients is not served any more, while connections stay open and others go on.
 * Uses nothing but the JDK, since the bridge has no other class of this module.
 */
public final class SessionLoopEnder {
  private static final String THREAD = "Session Executor ";

  private SessionLoopEnder() {}

  /**
   * Called by the JVM that it is loaded into.
   *
   * @throws IllegalStateException if there is no such thread, which whoever attached is told
   */
  public static void agentmain(String arguments) {
    Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(THREAD))
        .max(Comparator.comparing(Thread::getName))
        .orElseThrow(() -> new IllegalStateException("no thread is called '" + THREAD + "N'"))
        .interrupt();
  }
}
